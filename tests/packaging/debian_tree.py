"""A Debian below a folder: unpacked once and kept, then seen through overlays, so that no test leaves anything in it.

The overlay, /proc and the package's folder are mounted in a namespace of each command's own and end with it. A command
has no network: what is installed has to be in the tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
TOOLS: Final = ("mmdebstrap", "dpkg-deb", "unshare", "chroot")
LIMIT_S: Final = 600.0
"""Longest command in a tree, s: an installation on a busy machine takes one or two minutes."""
BASE: Final = ("systemd", "udev", "python3", "python3-venv", "make")
"""What a Raspberry Pi OS has before HingeCue comes. Not numpy: it must be drawn in."""
FETCHED: Final = ("python3-numpy", "polkitd", "init-system-helpers", "passwd")
"""What apt may draw in with the package: fetched when the tree is made, not installed."""
ENVIRON: Final = {
    "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "OPENBLAS_NUM_THREADS": "1",
}
_INSIDE: Final = """
set -eu
if [ -n "$DISK_MB" ]; then mount -t tmpfs -o size="${DISK_MB}M" disk "$TOP"; fi
mkdir -p "$TOP/upper" "$TOP/work" "$TOP/merged"
mount -t overlay overlay -o lowerdir="$LOWER",upperdir="$TOP/upper",workdir="$TOP/work" "$TOP/merged"
mkdir -p "$TOP/merged/proc" "$TOP/merged/mnt"
mount -t proc proc "$TOP/merged/proc"
mount --bind -o ro "$SHARED" "$TOP/merged/mnt"
if [ -e "$TOP/merged/cpuinfo" ]; then mount --bind "$TOP/merged/cpuinfo" "$TOP/merged/proc/cpuinfo"; fi
exec chroot "$TOP/merged" "$@"
"""


def cache() -> Path:
    """Give where unpacked systems are kept: outside the checkout, which may be cleaned at any time."""
    own = os.environ.get("XDG_CACHE_HOME")
    return (Path(own) if own else Path.home() / ".cache") / "hingecue" / "packaging"


def missing(*more: str) -> str:
    """Give one sentence that says why no tree can be used here; empty where one can."""
    if os.geteuid() != 0:
        return "a system below a folder needs root: sudo make packaging-test"
    absent = [tool for tool in (*TOOLS, *more) if shutil.which(tool) is None]
    packages = {"qemu-aarch64-static": "qemu-user-static", "dpkg-deb": "dpkg", "unshare": "util-linux"}
    if absent:
        return f"{', '.join(absent)} missing: sudo apt-get install {' '.join(packages.get(t, t) for t in absent)}"
    return ""


def own_arch() -> str:
    """Give Debian's name of this machine's architecture."""
    done = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


def unpacked(release: str) -> Path:
    """Give a system of this machine's architecture, made when it is not in the cache."""
    # As on a user's system: mmdebstrap itself leaves out what is only recommended.
    apt = 'chroot "$1" apt-get install --quiet --yes --option APT::Install-Recommends=true --download-only'
    fetch = f"{apt} {' '.join(FETCHED)}"
    options = ["--variant=apt", f"--include={','.join(BASE)}", f"--customize-hook={fetch}"]
    return made(f"{release}-{own_arch()}", [*options, "--skip=cleanup/apt", release])


def unpacked_arm64(release: str, packages: list[str]) -> Path:
    """Give an arm64 system with these packages: unpacked only, since nothing of it runs while it is made."""
    include = f"--include={','.join(packages)}"
    place = made(f"{release}-arm64", ["--variant=extract", "--architectures=arm64", include, release])
    for name in ("bin", "sbin", "lib"):
        if not (place / name).exists():
            (place / name).symlink_to(f"usr/{name}")
    return place


def made(name: str, words: list[str]) -> Path:
    """Make it once by mmdebstrap's `words`; its name tells from which, so that other words make another one."""
    place = cache() / f"{name}-{sha256(' '.join(words).encode()).hexdigest()[:8]}"
    if not place.exists():
        part = place.with_name(place.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mmdebstrap", "--quiet", "--mode=root", *words, str(part)], check=True)  # noqa: S607
        part.rename(place)
    return place


class Tree:
    """A system seen through an overlay: `layers`, the topmost first, are only read; `folder` takes what is written.

    `shared` is seen in it as /mnt, read-only.
    """

    def __init__(self, layers: list[Path], folder: Path, shared: Path) -> None:
        self.layers = layers
        self.folder = folder
        self.shared = shared
        (folder / "upper").mkdir(parents=True)

    def on_top(self, folder: Path) -> Tree:
        """Give a tree that begins as this one is now."""
        return Tree([self.folder / "upper", *self.layers], folder, self.shared)

    def run(self, *words: str, check: bool = True, disk_mb: int | None = None, stdin: str = "", **more: str):
        """Run a command in it as root; `stdin` is its input, and `more` is added to the environment.

        With `disk_mb` what is written goes onto a disk of that size, which is gone when the command ends.
        """
        paths = {"LOWER": ":".join(map(str, self.layers)), "TOP": str(self.folder), "SHARED": str(self.shared)}
        command = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
        done = subprocess.run(
            [*command, "sh", "-c", _INSIDE, "sh", *words],
            env=ENVIRON | paths | {"DISK_MB": str(disk_mb or "")} | more,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        if check and done.returncode != 0:
            said = f"{' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
            raise AssertionError(said)
        return done

    def sh(self, script: str, **more):
        """Run a shell script in it as root."""
        return self.run("sh", "-c", script, **more)

    def ask(self, *words: str) -> str:
        """Give what a command prints."""
        return self.run(*words).stdout.strip()

    def install(self, name: str, *options: str, **more):
        """Let apt install one of the shared packages, with what it wants from Debian."""
        return self.run("apt-get", "install", "--quiet", "--yes", *options, f"/mnt/{name}", **more)

    def paths(self, *but: str) -> set[str]:
        """Give every path in it, below none of `but`."""
        prune = " -o ".join(f"-path '{path}'" for path in ("/proc", "/mnt", *but))
        return set(self.ask("sh", "-c", f"find / -xdev \\( {prune} \\) -prune -o -print").splitlines())
