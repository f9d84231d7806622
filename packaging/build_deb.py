"""Build the Debian package of one release and architecture.

    python packaging/build_deb.py --release trixie --arch arm64

The wheels are unpacked here and not on the Pi: what dpkg owns it can check, repair and take away, and nothing is
downloaded or compiled while it installs. /opt/hingecue is a virtual environment that sees apt's packages, so numpy and
picamera2 are the system's own.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGING: Final = ROOT / "packaging"
PREFIX: Final = "opt/hingecue"


@dataclass(frozen=True)
class Release:
    """One release of Debian, on which Raspberry Pi OS stands: its Python, and the newest glibc a wheel may ask for."""

    python: str
    next_python: str
    glibc_minor: int


RELEASES: Final = {
    "bookworm": Release("3.11", "3.12", 36),
    "trixie": Release("3.13", "3.14", 41),
}
DEPENDS: Final = (
    *("python3-numpy", "systemd", "init-system-helpers", "passwd"),
    *("libc6 (>= 2.28)", "libgcc-s1", "libstdc++6", "zlib1g"),  # what the wheels' compiled parts ask of the system
)
MACHINES: Final = {"arm64": "aarch64", "amd64": "x86_64"}


def main() -> int:
    """Build what the command line names; tell where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--release", choices=RELEASES, required=True)
    parser.add_argument("--arch", choices=MACHINES, required=True)
    parser.add_argument("--version", help="instead of the project's own")
    parser.add_argument("--compression", choices=("zstd", "none"), default="zstd", help="none: quick, for tests")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    version = options.version or project_version()
    if shutil.which("dpkg-deb") is None:
        sys.exit("build_deb.py: dpkg-deb is missing; build on Debian, Ubuntu or Raspberry Pi OS")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        fill(tree, options.release, options.arch)
        describe(tree, version, options.release, options.arch)
        package = options.out / f"hingecue_{version}_{options.release}_{options.arch}.deb"
        build(tree, package, options.compression)
        print(package)  # noqa: T201
    return 0


def project_version() -> str:
    """Give the version that pyproject.toml names."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return str(content["project"]["version"])


def fill(tree: Path, release: str, arch: str) -> None:
    """Put every file of the package into its place below `tree`."""
    base = tree / PREFIX
    python = RELEASES[release].python
    site = base / f"lib/python{python}/site-packages"
    site.mkdir(parents=True)
    unpack_wheels(site, release, arch)
    (base / "pyvenv.cfg").write_text(
        "home = /usr/bin\ninclude-system-site-packages = true\n"
        f"version = {python}\nexecutable = /usr/bin/python{python}\n",
        "utf-8",
    )
    (base / "bin").mkdir()
    (base / "bin/python3").symlink_to(f"/usr/bin/python{python}")
    (base / "bin/python").symlink_to("python3")
    shutil.copy(PACKAGING / "hingecue", base / "bin/hingecue")
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/hingecue").symlink_to("/opt/hingecue/bin/hingecue")
    for source, packaged, _ in layout():
        place = tree / packaged
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, place)


def layout() -> list[tuple[str, str, str]]:
    """Give (file of the repository, place in the package, place of `make install`) for every file of the system."""
    lines = (PACKAGING / "layout.txt").read_text("utf-8").splitlines()
    rows = [[part.strip() for part in line.split("|")] for line in lines if line and not line.startswith("#")]
    return [(source, packaged, local) for source, packaged, local in rows]


def unpack_wheels(site: Path, release: str, arch: str) -> None:
    """Fetch the wheels for that machine and that Python, and unpack them with HingeCue's own."""
    target = RELEASES[release]
    platforms = [f"manylinux_2_{minor}_{MACHINES[arch]}" for minor in range(target.glibc_minor, 16, -1)]
    flags = [f"--platform={name}" for name in (*platforms, f"manylinux2014_{MACHINES[arch]}", "any")]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    into = ["--target", str(site), "--no-deps", "--no-compile"]
    wanted = [
        wish
        for line in (PACKAGING / "requirements.txt").read_text("utf-8").splitlines()
        if (wish := _wish(line, target))
    ]
    python = ["--implementation=cp", f"--python-version={target.python}", "--only-binary=:all:"]
    subprocess.run([*pip, "install", *into, *python, *flags, *wanted], check=True)  # noqa: S603
    shutil.rmtree(site / "bin")  # entry points with this machine's Python in them
    with tempfile.TemporaryDirectory() as wheels:
        # Not straight from the checkout: pip would write its path into the package.
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, str(ROOT)], check=True)  # noqa: S603
        own = ["--no-index", "--find-links", wheels, "hingecue"]
        subprocess.run([*pip, "install", *into, *own], check=True)  # noqa: S603
    shutil.rmtree(site / "bin")


def _wish(line: str, target: Release) -> str:
    """Give one requirement without its comment; none where its marker is for another Python."""
    wish, _, marker = line.partition("#")[0].strip().partition(";")
    return "" if "<" in marker and target.python >= marker.split('"')[1] else wish.strip()


def describe(tree: Path, version: str, release: str, arch: str) -> None:
    """Write the package's papers: control, scripts, conffiles, sums, changelog and copyright."""
    target = RELEASES[release]
    papers = tree / "usr/share/doc/hingecue"
    papers.mkdir(parents=True)
    shutil.copyfile(PACKAGING / "debian/copyright", papers / "copyright")
    shutil.copyfile(ROOT / "NOTICE", papers / "NOTICE")
    when = format_datetime(datetime.fromtimestamp(epoch(), UTC))
    signed = f" -- HingeCue <root@localhost>  {when}\n"
    entry = f"hingecue ({version}) {release}; urgency=medium\n\n  * See CHANGELOG.md.\n\n{signed}"
    (papers / "changelog.gz").write_bytes(gzip.compress(entry.encode(), mtime=0))
    control = tree / "DEBIAN"
    control.mkdir()
    depends = f"python3 (>= {target.python}), python3 (<< {target.next_python}), {', '.join(DEPENDS)}"
    recommends = "python3-picamera2, python3-lgpio, polkitd, udev"
    size_kb = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink()) // 1024
    (control / "control").write_text(
        f"Package: hingecue\nVersion: {version}~{release}\nArchitecture: {arch}\n"
        "Maintainer: HingeCue <root@localhost>\n"
        f"Installed-Size: {size_kb}\nDepends: {depends}\nRecommends: {recommends}\nSection: misc\nPriority: optional\n"
        "Description: posture coach on the wall\n"
        " Watches a lifter from the side, tells a hip hinge from a rounded back, and gives a cue in time.\n"
        " No account, no cloud, no picture leaves the box.\n",
        "utf-8",
    )
    conffiles = [f"/{packaged}" for _, packaged, _ in layout() if packaged.startswith("etc/")]
    (control / "conffiles").write_text("".join(f"{path}\n" for path in conffiles), "utf-8")
    # In the scripts, not beside them: a damaged /opt/hingecue must not keep the package from being mended or removed.
    system = (PACKAGING / "system.sh").read_text("utf-8")
    for script in ("postinst", "prerm", "postrm"):
        text = (PACKAGING / "debian" / script).read_text("utf-8")
        (control / script).write_text(text.replace("#SYSTEM#\n", system), "utf-8")
        (control / script).chmod(0o755)
    files = sorted(p for p in tree.rglob("*") if p.is_file() and not p.is_symlink() and control not in p.parents)
    sums = (f"{hashlib.md5(p.read_bytes(), usedforsecurity=False).hexdigest()}  {p.relative_to(tree)}\n" for p in files)
    (control / "md5sums").write_text("".join(sums), "utf-8")


def build(tree: Path, package: Path, compression: str) -> None:
    """Pack the tree: the same bytes from the same commit."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or (os.access(path, os.X_OK) and path.parent.name in {"bin", "DEBIAN"})
            path.chmod(0o755 if runs else 0o644)
    package.parent.mkdir(parents=True, exist_ok=True)
    how = ["-Zzstd", "-z12"] if compression == "zstd" else ["-Znone"]
    command = ["dpkg-deb", "--root-owner-group", *how, "--build", str(tree), str(package)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch())})  # noqa: S603


def epoch() -> int:
    """Give when the last commit was made; without git now, and the package is not the same twice."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    return int(told.stdout) if told.returncode == 0 else int(datetime.now(UTC).timestamp())


if __name__ == "__main__":
    sys.exit(main())
