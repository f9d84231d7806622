"""A whole system as a Pi has it, with the package in it: Debian 13, systemd, udev, D-Bus, polkit, picamera2."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.packaging.debian_tree import CHECKOUT, Tree, made, own_arch

if TYPE_CHECKING:
    from collections.abc import Sequence

RELEASE: Final = "trixie"
OWN: Final = Path(__file__).with_name("pi_os.sh")
PACKAGES: Final = (
    *("systemd-sysv", "udev", "dbus", "polkitd", "kmod", "init-system-helpers", "passwd"),
    *("python3", "python3-numpy", "python3-libcamera", "libcamera-ipa"),
    *("python3-prctl", "python3-piexif", "python3-pil", "python3-jsonschema", "python3-libarchive-c", "python3-tqdm"),
)
"""What HingeCue's package and picamera2's want from Debian."""


def system() -> Path:
    """Give the system without HingeCue, made when it is not in the cache: two minutes."""
    os.environ |= {"PYTHON": sys.executable, "PI_OS": str(OWN)}  # not in the words: where they are is no other system
    own = sha256(OWN.read_bytes()).hexdigest()[:8]
    words = ["--variant=apt", "--skip=cleanup/apt", f"--include={','.join(PACKAGES)}"]
    return made(f"{RELEASE}-{own_arch()}-pi-{own}", [*words, '--customize-hook="$PI_OS" "$1"', RELEASE])


def with_package(folder: Path) -> Sequence[Path]:
    """Install the checkout's package in it; give the folders of the whole, the topmost first."""
    debs = folder / "debs"
    command = [sys.executable, str(CHECKOUT / "packaging/build_deb.py"), "--release", RELEASE, "--arch", own_arch()]
    subprocess.run([*command, "--compression", "none", "--out", str(debs)], check=True, capture_output=True)
    (package,) = debs.glob("*.deb")
    tree = Tree([system()], folder / "top", debs)
    tree.sh("echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/quick")
    tree.install(package.name, "--no-install-recommends")
    return [tree.folder / "upper", *tree.layers]
