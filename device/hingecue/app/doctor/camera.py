"""Whether the camera gives a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hingecue.app.doctor.finding import FAULT, OK, Finding, of_fault
from hingecue.errors import DeviceFault
from hingecue.sense.open_camera import AUTO, open_camera

if TYPE_CHECKING:
    from hingecue.config import Settings

PART: Final = "camera"
ABSENT_CODES: Final = frozenset({"camera_missing"})


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Take one picture, which stays in memory; a camera that the service has is left alone, unless it is named."""
    theirs = Finding(PART, OK, "the running service has it")
    if served and settings.camera == AUTO:
        return [theirs]
    chosen: list[str] = []
    try:
        with open_camera(settings, chosen.append) as camera:
            name = camera.info.name
            frame = next(iter(camera), None)
    except DeviceFault as fault:
        if served and fault.code == "camera_busy":
            return [theirs]
        return [of_fault(PART, fault, ABSENT_CODES)]
    if frame is None:
        return [Finding(PART, FAULT, f"{name} ends before its first picture", "name another camera")]
    height, width = frame.rgb.shape[:2]
    # `auto` says why it has taken this one.
    why = "".join(f" ({sentence})" for sentence in chosen)
    return [Finding(PART, OK, f"{name} gives {width}×{height}{why}")]
