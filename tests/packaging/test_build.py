"""What the builder reads, and what it writes: looked at without a system to install it in."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tomllib

import build_deb
import pytest
from debian_tree import CHECKOUT

BRANCH_OF_RELEASE = [("bookworm", "3.11"), ("trixie", "3.13")]


def names(lines):
    return {line.partition("#")[0].partition(";")[0].partition("==")[0].partition(">=")[0].strip() for line in lines}


def carried():
    lines = (CHECKOUT / "packaging/requirements.txt").read_text("utf-8").splitlines()
    return names(line for line in lines if not line.startswith("#"))


@pytest.fixture
def project():
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture
def tree(tmp_path):
    """A package's tree with papers, and with two files instead of a hundred megabytes of wheels."""
    place = tmp_path / "tree/opt/hingecue/bin"
    place.mkdir(parents=True)
    shutil.copy(CHECKOUT / "packaging/hingecue", place / "hingecue")
    (place.parent / "notes.txt").write_text("x\n", "utf-8")
    (tmp_path / "tree/etc/hingecue").mkdir(parents=True)
    shutil.copy(CHECKOUT / "hardware/pins.toml", tmp_path / "tree/etc/hingecue")
    build_deb.describe(tmp_path / "tree", "1.2.3", "trixie", "arm64")
    return tmp_path / "tree"


def control(tree, name):
    return (tree / "DEBIAN" / name).read_text("utf-8")


def test_it_carries_what_the_project_needs_but_numpy(project) -> None:
    needed = names(project["dependencies"]) | names(project["optional-dependencies"]["pi"])
    assert needed - carried() == {"numpy"}


def test_every_file_of_the_service_has_a_place() -> None:
    placed = {source for source, _, _ in build_deb.layout()}
    files = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "systemd").rglob("*") if path.is_file()}
    assert files - placed == {"systemd/README.md"}
    assert all((CHECKOUT / source).is_file() for source in placed)


def test_what_the_user_may_change_is_below_etc_and_nothing_else() -> None:
    places = [packaged for _, packaged, _ in build_deb.layout()]
    assert [place for place in places if place.startswith("etc/")] == ["etc/hingecue/pins.toml"]
    assert all(local.startswith("etc/") for _, _, local in build_deb.layout())


@pytest.mark.parametrize(("release", "python"), BRANCH_OF_RELEASE)
def test_a_marker_is_for_one_python(release, python) -> None:
    target = build_deb.RELEASES[release]
    assert target.python == python
    assert build_deb._wish("smbus2==0.6.1", target) == "smbus2==0.6.1"
    assert build_deb._wish("# a comment", target) == ""
    wish = build_deb._wish('lgpio==0.2.2.0; python_version < "3.12"  # why', target)
    assert wish == ("lgpio==0.2.2.0" if release == "bookworm" else "")


def test_its_papers_name_the_python_it_is_for(tree) -> None:
    text = control(tree, "control")
    assert "Version: 1.2.3~trixie\n" in text
    assert "Architecture: arm64\n" in text
    assert "python3 (>= 3.13), python3 (<< 3.14), python3-numpy" in text
    assert "picamera2" in text.split("Recommends:")[1].splitlines()[0]


def test_a_release_s_package_gives_way_to_the_next_release_s() -> None:
    for lower, higher in (("0.1.0~bookworm", "0.1.0~trixie"), ("0.1.0~trixie", "0.1.1~bookworm")):
        done = subprocess.run(["dpkg", "--compare-versions", lower, "lt", higher], check=False)  # noqa: S607
        assert done.returncode == 0


def test_its_scripts_need_no_file_of_the_package(tree) -> None:
    for script in ("postinst", "prerm", "postrm"):
        text = control(tree, script)
        assert "#SYSTEM#" not in text
        assert not [line for line in text.splitlines() if line.strip().startswith(". ")]
        done = subprocess.run(["sh", "-n"], input=text, text=True, check=False)  # noqa: S607
        assert done.returncode == 0


def test_its_sums_are_those_of_its_files(tree) -> None:
    sums = dict(reversed(line.split("  ")) for line in control(tree, "md5sums").splitlines())
    assert {"opt/hingecue/bin/hingecue", "opt/hingecue/notes.txt", "usr/share/doc/hingecue/copyright"} <= set(sums)
    for name, told in sums.items():
        assert hashlib.md5((tree / name).read_bytes(), usedforsecurity=False).hexdigest() == told


def test_the_same_commit_gives_the_same_bytes(tree, tmp_path) -> None:
    first, second = tmp_path / "a/one.deb", tmp_path / "b/two.deb"
    build_deb.build(tree, first, "zstd")
    for path in tree.rglob("*"):
        path.touch()
    build_deb.build(tree, second, "zstd")
    assert first.read_bytes() == second.read_bytes()


def test_files_belong_to_root_and_only_programs_run(tree, tmp_path) -> None:
    (tree / "opt/hingecue/notes.txt").chmod(0o777)
    build_deb.build(tree, tmp_path / "one.deb", "none")
    listed = subprocess.run(
        ["dpkg-deb", "--contents", str(tmp_path / "one.deb")],  # noqa: S607
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    modes = {line.split()[-1]: line.split()[0:2] for line in listed}
    assert modes["./opt/hingecue/notes.txt"] == ["-rw-r--r--", "root/root"]
    assert modes["./opt/hingecue/bin/hingecue"] == ["-rwxr-xr-x", "root/root"]
