"""The boards that HingeCue runs on, and the settings that suit each.

Nothing in this table was measured on the boards: the choices are our judgement from what the makers tell of their
processors, and the command line overrules every one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

MODEL_FILE: Final = "proc/device-tree/model"
"""Where the firmware tells the board's name, ended by a zero byte."""
_CPU_FILE: Final = "proc/cpuinfo"
_CPU_MODEL: Final = "Model"
"""On a Pi its last line is the board's name; other machines' `model name` is that of the processor."""


@dataclass(frozen=True, slots=True)
class Board:
    """One kind of board. `fps`, `width` (px) and `height` (px) are asked of the camera."""

    name: str
    model: Literal["lite", "full"] = "full"
    fps: float = 30.0
    width: int = 640
    height: int = 480


PI_5: Final = Board("Raspberry Pi 5")
"""Four Cortex-A76 at 2.4 GHz. Compute Module 5 and Pi 500 carry the same."""
PI_4: Final = Board("Raspberry Pi 4", model="lite")
"""Four Cortex-A72 at 1.5 to 1.8 GHz, about a third of a Pi 5: the lite model keeps the cue early. The camera still
gives 30 frames a second: the newest wins, and newer is better than fewer."""
ZERO_2_W: Final = Board("Raspberry Pi Zero 2 W", model="lite", fps=15.0)
"""Four Cortex-A53 at 1 GHz and 512 MB. Half of the frames: they could not be looked at, and carrying them costs too.
The Pi 3 has the same cores."""
OTHER: Final = Board("another machine")
"""A laptop or a mini PC: faster than any Pi."""

_NAMES: Final = (
    ("Raspberry Pi 5", PI_5),
    ("Raspberry Pi Compute Module 5", PI_5),
    ("Raspberry Pi 4", PI_4),
    ("Raspberry Pi Compute Module 4", PI_4),
    ("Raspberry Pi 3", ZERO_2_W),
    ("Raspberry Pi Compute Module 3", ZERO_2_W),
    ("Raspberry Pi Zero", ZERO_2_W),
    ("Raspberry Pi 2", ZERO_2_W),
)
"""Beginnings of what a board says of itself; `Raspberry Pi 400` and `500` begin like their siblings."""
UNKNOWN_PI: Final = Board("a Raspberry Pi that is not in the table", model="lite")
"""Careful: it may be newer than this table, or too old for it."""


def board_name(prefix: Path = Path("/")) -> str | None:
    """Give the board's own name, such as `Raspberry Pi 5 Model B Rev 1.0`; None where the machine tells none."""
    for file, key in ((MODEL_FILE, None), (_CPU_FILE, _CPU_MODEL)):
        try:
            text = (prefix / file).read_text("utf-8").strip("\0\n ")
        except (OSError, ValueError):
            continue
        if key is None and text:
            return text
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip() or None
    return None


def is_pi(prefix: Path = Path("/")) -> bool:
    """Tell whether this is a Raspberry Pi."""
    return "Raspberry Pi" in (board_name(prefix) or "")


def board_of(name: str | None) -> Board:
    """Give the board that calls itself `name`."""
    for beginning, board in _NAMES:
        if name is not None and name.startswith(beginning):
            return board
    return UNKNOWN_PI if name is not None and name.startswith("Raspberry Pi") else OTHER


@cache
def this_board() -> Board:
    """Give the board that this is; it does not change while the program runs."""
    return board_of(board_name())


def board_line(prefix: Path = Path("/")) -> str:
    """Tell in one line what board this is and what it gets, for `hingecue check`."""
    name = board_name(prefix)
    board = board_of(name)
    chosen = f"{board.model} model, {spare_cores()} threads, {board.width}×{board.height} at {board.fps:g} a second"
    return f"{name or board.name}: {chosen}"


def spare_cores() -> int:
    """Give the number of threads for the models: all cores but one, which the camera and the loop need."""
    return max(1, (os.cpu_count() or 1) - 1)
