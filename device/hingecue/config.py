"""Settings: frozen values, each with its meaning and unit; from the command line and the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from hingecue.boards import spare_cores, this_board

SERVICE_HOME: Final = Path("/var/lib/hingecue")
"""Where the service keeps its sessions, for itself and for root alone."""


def home() -> Path:
    """Give the folder where HingeCue keeps sessions: $HINGECUE_HOME, else the service's, else the user's data folder.

    The service's is taken by whoever may write there: `sudo hingecue sessions` shows what was lifted before the wall.
    """
    own = os.environ.get("HINGECUE_HOME")
    if own:
        return Path(own)
    if os.access(SERVICE_HOME, os.W_OK):
        return SERVICE_HOME
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "hingecue"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the device runs. Model, size and rate are those of the board's table (`boards.py`) unless told."""

    model: Literal["lite", "full"] = field(default_factory=lambda: this_board().model)
    """Landmark model: `full` is more exact, `lite` takes about two thirds of the time."""

    threads: int = field(default_factory=spare_cores)
    """Threads of the models."""

    camera: str = "auto"
    """The live camera: `auto`, a Pi's own (`pi`, `pi:1`), a V4L2 device or its number, or a film that stands in."""

    width: int = field(default_factory=lambda: this_board().width)
    """Width of the live picture, px."""

    height: int = field(default_factory=lambda: this_board().height)
    """Height of the live picture, px."""

    fps: float = field(default_factory=lambda: this_board().fps)
    """Frames a second asked of the live camera."""

    i2c_bus: int = 1
    """The I2C bus of the motion sensors: /dev/i2c-1 is the one on pins 3 and 5 of a Pi."""

    profile: str = "guest"
    """Whose calibration is used."""

    database: Path = field(default_factory=lambda: home() / "sessions.db")
    """Where sessions are kept."""
