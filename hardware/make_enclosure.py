"""Makes what is printed from hardware/enclosure/*.scad: `python hardware/make_enclosure.py [--pictures]`.

Needs OpenSCAD 2021.01 or newer; for the pictures a screen, or `xvfb-run`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = HERE / "enclosure"
TARGET: Final = HERE.parent / "build" / "enclosure"

PARTS: Final = (
    ("case", "back", ()),
    ("case", "front", ()),
    ("camera", "foot", ()),
    ("camera", "head", ()),
    ("pod", "base", ()),
    ("pod", "lid", ()),
    ("pod", "base", ("with_plug=false",)),
    ("pod", "lid", ("with_plug=false",)),
)
"""File, part and settings of everything that is printed. The pod without a plug is the one on the ribs."""

PICTURES: Final = {"case": "0,0,0,60,0,25,500", "pod": "0,0,0,55,0,25,500"}
"""What the README shows, and where the eye stands."""

SIZE: Final = "800,620"  # px
TOO_LONG_S: Final = 300.0
"""The slowest part takes a few seconds on a laptop; this is for a Pi."""


def openscad(source: Path, part: str, target: Path, *settings: str) -> str:
    """Render one part into the file `target` and give what OpenSCAD said, which is nothing when all is well.

    Raises `FileNotFoundError` without OpenSCAD, `RuntimeError` with its words where it fails.
    """
    variables = [word for setting in (f'part="{part}"', *settings) for word in ("-D", setting)]
    command = ["openscad", "-q", "--hardwarnings", *variables, "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TOO_LONG_S, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        raise RuntimeError(f"{source.name}, {part}: {done.stderr.strip() or 'there is nothing in it'}")
    return done.stderr.strip()


def name_of(source: str, part: str, settings: tuple[str, ...]) -> str:
    """Give the name of the file that is printed: `pod-base-thorax.stl`."""
    return "-".join((source, part, *(("thorax",) if settings else ()))) + ".stl"


def stls(target: Path = TARGET) -> list[Path]:
    """Make everything that is printed, and give the files."""
    target.mkdir(parents=True, exist_ok=True)
    made = []
    for source, part, settings in PARTS:
        made.append(target / name_of(source, part, settings))
        openscad(SOURCES / f"{source}.scad", part, made[-1], *settings)
    return made


def pictures(target: Path = SOURCES) -> list[Path]:
    """Make the pictures for the README."""
    screen = ("xvfb-run", "-a") if shutil.which("xvfb-run") else ()
    view = ("--imgsize", SIZE, "--viewall", "--autocenter", "--colorscheme", "Tomorrow", "--camera")
    made = []
    for source, eye in PICTURES.items():
        made.append(target / f"{source}.png")
        command = [*screen, "openscad", "-q", *view, f"{eye}", "-D", 'part="all"', "-o", str(made[-1])]
        subprocess.run([*command, str(SOURCES / f"{source}.scad")], check=True, timeout=TOO_LONG_S)  # noqa: S603 - ours
    return made


def main(words: list[str]) -> int:
    """Make the files for the printer, or the pictures."""
    if shutil.which("openscad") is None:
        sys.stderr.write("There is no OpenSCAD here: sudo apt install openscad\n")
        return 1
    for path in pictures() if "--pictures" in words else stls():
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
