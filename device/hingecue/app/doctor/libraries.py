"""The libraries that everything else stands on. A numpy that does not fit ends the child here, and is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hingecue.app.doctor.finding import OK, Finding
from hingecue.app.doctor.origin import folder_of, of_system, version_of
from hingecue.sense.picture import shrink

if TYPE_CHECKING:
    from hingecue.config import Settings


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Load numpy and OpenCV, and let both touch the same picture."""
    del settings, served
    shrink(np.zeros((4, 4, 3), np.uint8), 2, 2)
    where = folder_of("numpy")
    origin = "of the system" if of_system(where) else "of pip"
    others = "".join(f", {name} {version_of(name)}" for name in ("smbus2", "rich"))
    return [Finding("libraries", OK, f"numpy {np.__version__} {origin}, OpenCV {_opencv()}{others}", where=where)]


def _opencv() -> str:
    """Give its own three numbers; the fourth is that of the package, and makes it look like an address."""
    version = version_of("opencv-python-headless", "opencv-python", "opencv-contrib-python")
    return "of the system" if version is None else ".".join(version.split(".")[:3])
