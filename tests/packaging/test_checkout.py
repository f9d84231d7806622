"""`make install` from a checkout puts in place what the package does, and `make uninstall` takes it away."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from build_deb import MACHINES, RELEASES, _wish, layout
from debian_tree import CHECKOUT, Tree, own_arch
from test_install import SERVICE, looked_at
from test_remove import BACKUPS, ELSEWHERE

FOLDERS = ("device", "hardware", "models", "packaging", "systemd")
FILES = ("Makefile", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/mnt/wheels", "PIP_ROOT_USER_ACTION": "ignore"}


@pytest.fixture(scope="module")
def system(release, trees, bare, tmp_path_factory):
    """The release with apt's numpy, a checkout in /mnt/checkout and the wheels that pip would fetch in /mnt/wheels."""
    shared = tmp_path_factory.mktemp(f"checkout-{release}")
    for name in FOLDERS:
        leave = shutil.ignore_patterns("recipe", "__pycache__")
        shutil.copytree(CHECKOUT / name, shared / "checkout" / name, ignore=leave)
    for name in FILES:
        shutil.copy(CHECKOUT / name, shared / "checkout")
    target = RELEASES[release]
    lines = (CHECKOUT / "packaging/requirements.txt").read_text("utf-8").splitlines()
    wanted = [*filter(None, (_wish(line, target) for line in lines))]
    fetch = [sys.executable, "-m", "pip", "--quiet", "download", "--dest", str(shared / "wheels")]
    fetch += [f"--python-version={target.python}", "--only-binary=:all:"]
    platforms = [f"--platform=manylinux_2_{minor}_{MACHINES[own_arch()]}" for minor in (17, 27, 28, 34)]
    subprocess.run([*fetch, *platforms, "--no-deps", *wanted], check=True)
    subprocess.run([*fetch, "hatchling"], check=True)
    tree = Tree(bare.layers, tmp_path_factory.mktemp(f"system-{release}") / "top", shared)
    tree.run("apt-get", "install", "--quiet", "--yes", "python3-numpy", "polkitd")
    return tree


def test_it_comes_and_goes(system, tmp_path, release, timed) -> None:
    tree = system.on_top(tmp_path / "top")
    make = "cp -r /mnt/checkout /root/ && cd /root/checkout && make"
    done = timed(f"{release}: make install", lambda: tree.sh(f"{make} install", **OFFLINE))
    assert "✓ models" in done.stdout
    found = looked_at(tree, *SERVICE)
    assert {found[part]["state"] for part in ("libraries", "runtime", "models", "store")} == {"ok"}
    assert found["libraries"]["where"] == "/usr/lib/python3/dist-packages/numpy"
    assert found["pins"]["where"] == "/etc/hingecue/pins.toml"
    for source, _, place in layout():
        assert tree.ask("cmp", f"/mnt/checkout/{source}", f"/{place}") == ""
    assert tree.ask("readlink", "-f", "/etc/systemd/system/multi-user.target.wants/hingecue.service") == (
        "/etc/systemd/system/hingecue.service"
    )
    tree.sh(f"{make} uninstall")
    left = tree.paths(*ELSEWHERE) - system.paths(*ELSEWHERE) - BACKUPS
    folders = {str(parent) for _, _, place in layout() for parent in Path(f"/{place}").parents}
    assert "/etc/systemd/system/hingecue.service.d" not in left
    assert {path for path in left - folders if not path.startswith("/var/lib/hingecue")} == {"/etc/hingecue/pins.toml"}


def test_beside_the_package_it_does_not_come(installed) -> None:
    script = (CHECKOUT / "packaging/install.sh").read_text("utf-8")
    installed.sh("mkdir -p /root/c/packaging && cat > /root/c/packaging/install.sh", stdin=script)
    installed.sh("cat > /root/c/packaging/system.sh", stdin=(CHECKOUT / "packaging/system.sh").read_text("utf-8"))
    done = installed.run("sh", "/root/c/packaging/install.sh", check=False)
    assert done.returncode == 1
    told = "hingecue: the package hingecue is installed; remove it first with: sudo apt remove hingecue\n"
    assert done.stderr == told
