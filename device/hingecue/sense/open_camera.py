"""From the setting to the driver: which camera is opened is decided by what is there, before anything is opened."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue.sense.camera import CameraSource
from hingecue.sense.libcamera import cameras
from hingecue.sense.live import camera_fault
from hingecue.sense.picamera import PiCamera

if TYPE_CHECKING:
    from collections.abc import Callable

    from hingecue.config import Settings
    from hingecue.sense.live import LiveCamera

AUTO: Final = "auto"
FIRST_VIDEO: Final = "/dev/video0"
_PI: Final = re.compile(r"pi(?::(\d+))?")
_USB_PLACE: Final = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}$")
"""libcamera ends the place of a webcam with its vendor and product. A webcam is better off without libcamera."""
_RIBBON: Final = ("unicam", "rp1-cfe")
"""Names of the kernel's drivers for a camera on the ribbon. What they give is raw, of use to libcamera only."""


def open_camera(settings: Settings, tell: Callable[[str], None] = lambda _sentence: None) -> LiveCamera:
    """Open the camera that the settings name. `auto` is told in one line; the part that is named opens, or faults.

    Raises `DeviceFault`: those of `PiCamera` or of `CameraSource`.
    """
    name = settings.camera
    if name == AUTO:
        name, why = what_is_there()
        tell(f"camera {name}: {why}")
    size = settings.width, settings.height
    if (pi := _PI.fullmatch(name)) is not None:
        return PiCamera(int(pi[1] or 0), *size, settings.fps)
    return CameraSource(int(name) if name.isdigit() else name, *size, settings.fps)


def what_is_there(prefix: Path = Path("/")) -> tuple[str, str]:
    """Give the camera that `auto` means on this machine, and why. Nothing is opened.

    A camera on the ribbon goes first, a webcam second. Raises `DeviceFault`: picamera2 is there and cannot be loaded,
    or it is missing where the ribbon needs it.
    """
    if find_spec("picamera2") is not None:
        for seen in cameras():
            if not _USB_PLACE.search(seen.place):
                return f"pi:{seen.number}", f"libcamera lists {seen.model}"
        return webcam(prefix), "libcamera lists no camera on the ribbon"
    driver = _name_of_video0(prefix)
    if driver.startswith(_RIBBON):
        raise camera_fault(
            "camera_library",
            "pi",
            f"there is a camera on the ribbon ({driver}), but picamera2 is not installed here",
            "sudo apt install python3-picamera2; a virtual environment must be made with --system-site-packages",
        )
    return webcam(prefix), "picamera2 is not installed, so a webcam is taken"


def webcam(prefix: Path = Path("/")) -> str:
    """Give the first webcam's device: one that was pulled out while it was open comes back under another number.

    /dev/video0 where it is there, or where there is none at all. A Pi's codecs are video devices too, and not meant.
    """
    if not (prefix / FIRST_VIDEO.lstrip("/")).exists():
        for folder in sorted((prefix / "sys/class/video4linux").glob("video*"), key=lambda f: (len(f.name), f.name)):
            # The second node of a webcam tells of its pictures and gives none.
            if (folder / "device/driver").resolve().name == "uvcvideo" and _text(folder / "index") == "0":
                return f"/dev/{folder.name}"
    return FIRST_VIDEO


def _name_of_video0(prefix: Path) -> str:
    return _text(prefix / "sys/class/video4linux/video0/name")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
