"""Settings: frozen values, each with its meaning and unit; from the command line and the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


def home() -> Path:
    """Give the folder where HingeCue keeps sessions: $HINGECUE_HOME, else the user's data folder."""
    own = os.environ.get("HINGECUE_HOME")
    if own:
        return Path(own)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "hingecue"


def spare_cores() -> int:
    """Give the number of threads for the models: all cores but one, at least one."""
    return max(1, (os.cpu_count() or 1) - 1)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the device runs."""

    model: Literal["lite", "full"] = "full"
    """Landmark model: `full` is more exact, `lite` takes about two thirds of the time."""

    threads: int = field(default_factory=spare_cores)
    """Threads of the models."""

    camera: str = "/dev/video0"
    """The live camera: a V4L2 device, its number, or a film that stands in for it."""

    width: int = 640
    """Width of the live picture, px."""

    height: int = 480
    """Height of the live picture, px."""

    fps: float = 30.0
    """Frames a second asked of the live camera."""

    i2c_bus: int = 1
    """The I2C bus of the motion sensors: /dev/i2c-1 is the one on pins 3 and 5 of a Pi."""

    profile: str = "guest"
    """Whose calibration is used."""

    database: Path = field(default_factory=lambda: home() / "sessions.db")
    """Where sessions are kept."""
