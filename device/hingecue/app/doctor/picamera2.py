"""The library of the ribbon camera: whether it is the system's, whether it loads, and which cameras it sees."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import numpy as np

from hingecue.app.doctor.finding import ABSENT, FAULT, OK, Finding, of_fault
from hingecue.app.doctor.origin import folder_of, of_system, version_of
from hingecue.boards import is_pi
from hingecue.errors import DeviceFault
from hingecue.sense.libcamera import cameras

if TYPE_CHECKING:
    from hingecue.config import Settings

PART: Final = "picamera2"
APT: Final = "sudo apt install --no-install-recommends python3-picamera2"


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Load it and let it list the cameras; none is opened, so a running service is not disturbed."""
    del settings, served
    where, version, pi = folder_of(PART), version_of(PART), is_pi()
    if where is None:
        return [Finding(PART, ABSENT, "not installed: only a ribbon camera needs it", APT if pi else "")]
    if pi and not of_system(where):
        advice = f"`{sys.executable} -m pip uninstall picamera2`, then {APT}"
        return [Finding(PART, FAULT, "it is not the system's, and breaks when that is updated", advice, version, where)]
    try:
        seen = ", ".join(camera.model for camera in cameras())
    except DeviceFault as fault:
        return [of_fault(PART, fault)]
    return [Finding(PART, OK, f"it fits numpy {np.__version__} and sees {seen or 'no camera'}", "", version, where)]
