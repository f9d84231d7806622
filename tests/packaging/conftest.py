from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))

from debian_tree import CHECKOUT, Tree, missing, own_arch, unpacked

RELEASES = ("bookworm", "trixie")
TIMES = pytest.StashKey[dict]()


def pytest_addoption(parser) -> None:
    parser.addoption("--trees", action="store_true", help="install the package in whole systems (minutes)")
    parser.addoption("--debs", type=Path, help="a folder of packages to test, instead of building them")


def pytest_configure(config) -> None:
    config.stash[TIMES] = {}


def pytest_terminal_summary(terminalreporter, config) -> None:
    """Say how long the steps took that a user waits for."""
    for step, seconds in config.stash[TIMES].items():
        terminalreporter.write_line(f"{step}: {seconds:.1f} s")


@pytest.fixture(scope="session")
def timed(request):
    """Run something and keep how long it took for the summary; no test looks at it."""

    def run(step, what):
        began_s = time.monotonic()
        result = what()
        request.config.stash[TIMES][step] = time.monotonic() - began_s
        return result

    return run


@pytest.fixture(scope="session")
def build(request, tmp_path_factory, timed):
    """Build a package for a release and an architecture, once; give its path."""
    folder = tmp_path_factory.mktemp("debs")
    given = request.config.getoption("--debs", default=None)

    def built(release, arch):
        found = list((given or folder).glob(f"hingecue_*_{release}_{arch}.deb"))
        if not found:
            command = [sys.executable, str(CHECKOUT / "packaging/build_deb.py"), "--release", release, "--arch", arch]
            command += ["--out", str(folder), "--compression", "none"]
            timed(f"build {release} {arch}", lambda: subprocess.run(command, check=True, capture_output=True))
            found = list(folder.glob(f"hingecue_*_{release}_{arch}.deb"))
        assert len(found) == 1
        return found[0]

    return built


@pytest.fixture(scope="session")
def trees(request):
    """Skip where whole systems are not asked for, or cannot be."""
    if not request.config.getoption("--trees", default=False):
        pytest.skip("whole systems take minutes; `make packaging-test` installs in them")
    if sentence := missing():
        pytest.skip(sentence)


@pytest.fixture(scope="session", params=RELEASES)
def release(request):
    return request.param


@pytest.fixture(scope="session")
def shared(release, trees, build, tmp_path_factory):
    """A folder with the package as hingecue.deb, and with the same one of a higher version as newer.deb."""
    folder = tmp_path_factory.mktemp(f"shared-{release}")
    package = folder / "hingecue.deb"
    shutil.copyfile(build(release, own_arch()), package)
    newer(package, folder / "newer.deb", folder / "tree")
    return folder


def newer(package, place, work) -> None:
    """Pack it again as a later version that has one library less and says its new version in its papers."""
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(work)], check=True)  # noqa: S607
    control = work / "DEBIAN/control"
    control.write_text(control.read_text("utf-8").replace("\nVersion: ", "\nVersion: 9."), "utf-8")
    (gone,) = work.glob("opt/hingecue/lib/*/site-packages/gpiozerocli")
    shutil.rmtree(gone)
    sums = work / "DEBIAN/md5sums"
    kept = [line for line in sums.read_text("utf-8").splitlines(keepends=True) if "/gpiozerocli/" not in line]
    sums.write_text("".join(kept), "utf-8")
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(work), str(place)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(work)


@pytest.fixture(scope="session")
def bare(release, shared, timed, tmp_path_factory):
    """The release without HingeCue."""
    base = timed(f"{release}: system unpacked or found", lambda: unpacked(release))
    tree = Tree([base], tmp_path_factory.mktemp(f"bare-{release}") / "top", shared)
    tree.sh("echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/quick")  # these systems need not outlive a power cut
    return tree


@pytest.fixture(scope="session")
def installing(release, bare, timed, tmp_path_factory):
    """(the release with HingeCue, what apt and the package said)."""
    tree = bare.on_top(tmp_path_factory.mktemp(f"installed-{release}") / "top")
    return tree, timed(f"{release}: apt install", lambda: tree.install("hingecue.deb"))


@pytest.fixture
def installed(installing, tmp_path):
    """The release with HingeCue, as it was after the installation."""
    yield (tree := installing[0].on_top(tmp_path / "top"))
    shutil.rmtree(tree.folder)
