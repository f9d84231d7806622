"""The library of the ribbon camera: loaded, its cameras listed and opened, and what can go wrong with each.

picamera2 and the libcamera below it come from the system's packages, never from pip, so they are looked for only when
such a camera is asked for.
"""

from __future__ import annotations

import atexit
import errno
import logging
import os
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from hingecue.sense.exposure import opening_controls
from hingecue.sense.live import camera_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from hingecue.errors import DeviceFault

BUFFERS: Final = 3
"""One is filled, one waits, one is looked at. More cost memory that a Pi takes from a small pool (CMA)."""
WANTED: Final = "XBGR8888"
"""libcamera's name for bytes in the order R, G, B, and one that means nothing."""
OPEN_WITHIN_S: Final = 10.0
"""Opening takes about a second; libcamera waits without an end for a sensor that does not answer (our judgement)."""
_DEV: Final = Path("/dev")
_HEAPS: Final = ("vidbuf_cached", "linux,cma")
"""Where picamera2 takes the memory for pictures from, below /dev/dma_heap."""
_APT: Final = "sudo apt install python3-picamera2"
_RIBBON: Final = "shut down, seat the ribbon at both ends, its contacts as the sockets want them, and start"

T = TypeVar("T")
_left_behind: list[Any] = []
"""Cameras that will not stop. Python would close them when it forgets them, and wait for ever."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera that libcamera lists: its number for picamera2, its model, and its place on the board."""

    number: int
    model: str
    place: str


def cameras() -> list[Seen]:
    """Give the cameras that libcamera lists; without one, none. Raises `DeviceFault`: those of the library."""
    listed = within(OPEN_WITHIN_S, "libcamera", library().global_camera_info)
    return [Seen(n, str(told.get("Model", "camera")), str(told.get("Id", ""))) for n, told in enumerate(listed)]


def leave_behind(picam2: Any) -> None:
    """Keep a camera that will not stop from being closed by Python."""
    atexit.unregister(picam2.close)
    _left_behind.append(picam2)


def left_behind() -> bool:
    """Tell whether a camera would hold up the end of this process: then it must end by `os._exit`."""
    return bool(_left_behind)


def library() -> Any:
    """Give picamera2's class, with its own talk and libcamera's turned off: a user is shown one sentence."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:FATAL")
    logging.getLogger("picamera2").setLevel(logging.CRITICAL + 1)
    try:
        from picamera2 import Picamera2  # noqa: PLC0415 - a laptop has none, and loading takes a second
    except (ImportError, ValueError, AttributeError) as error:
        text = str(error)
        # What compiled modules say when numpy's binary layout is another: "numpy.dtype size changed", "_ARRAY_API".
        if "numpy" in text or "_ARRAY_API" in text:
            raise camera_fault(
                "camera_numpy",
                "pi",
                f"picamera2 was built for another numpy than the one that is loaded, {np.__version__} ({text})",
                "pip uninstall numpy, so that the system's own takes its place",
            ) from error
        raise camera_fault(
            "camera_library",
            "pi",
            f"picamera2 cannot be loaded ({text})",
            f"{_APT}; in a virtual environment, make it with: python3 -m venv --system-site-packages",
        ) from error
    return Picamera2


def start(library: Any, number: int, size: tuple[int, int], fps: float, formats: Collection[str]) -> Any:
    """Open, configure and start a camera that gives pictures in one of `formats`. Raises `DeviceFault`."""
    name = f"pi:{number}"
    picam2 = library.__new__(library)  # known before it is whole: one that fails half-way may hold the camera
    try:
        picam2.__init__(number)
    except (RuntimeError, OSError) as error:
        with suppress(AttributeError, RuntimeError, OSError):  # what it has not come to cannot be closed
            picam2.close()
        raise _not_opened(name, error) from error
    try:
        granted = _configure(picam2, size, fps)
        if granted in formats:
            picam2.start()
            return picam2
    except (RuntimeError, OSError) as error:
        picam2.close()
        raise _not_opened(name, error) from error
    picam2.close()
    raise camera_fault(
        "camera_format",
        name,
        f"it gives pictures as {granted}, which I cannot read",
        f"name one that gives {WANTED}, or a V4L2 device, such as --camera /dev/video0",
    )


def _configure(picam2: Any, size: tuple[int, int], fps: float) -> str:
    """Ask for one small stream; give the format that is granted."""
    config = picam2.create_video_configuration(
        main={"format": WANTED, "size": size},
        raw=None,
        sensor=_sensor_mode(picam2.camera_properties),
        buffer_count=BUFFERS,
        queue=False,  # the picture it would keep for us is an old one
        controls=opening_controls(picam2.camera_controls, fps),
    )
    picam2.configure(config)
    return str(picam2.camera_configuration()["main"]["format"])


def _sensor_mode(properties: dict[str, Any]) -> dict[str, Any]:
    """Ask for every second pixel of the whole sensor: left alone, a small stream takes a mode that sees its middle.

    Every Pi camera up to now has that mode, of the whole view and at 30 frames a second or more; picamera2 takes the
    nearest where one does not.
    """
    width, height = properties.get("PixelArraySize", (0, 0))
    return {"output_size": (width // 2, height // 2)} if width and height else {}


def _not_opened(name: str, error: Exception) -> DeviceFault:
    """Give the fault for what picamera2 says; it wraps what libcamera said."""
    said: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        said.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    if any("busy" in text for text in said):
        return _busy(name)
    if any("ermission denied" in text for text in said):
        return _denied(name)
    if any("dmaHeap" in text for text in said):
        heaps = [_DEV / "dma_heap" / heap for heap in _HEAPS]
        if any(heap.exists() for heap in heaps):
            return _denied(name)
        what = f"this system has no memory for cameras (neither {' nor '.join(map(str, heaps))} is there)"
        return camera_fault("camera_memory", name, what, "sudo apt full-upgrade, and start again")
    if any("llocate" in text for text in said):
        what = f"there is no memory for its pictures ({said[-1]})"
        return camera_fault("camera_memory", name, what, "try --width 320 --height 240, or end other camera programs")
    return camera_fault("camera_unopened", name, f"the camera cannot be opened ({said[-1]})", _RIBBON)


def missing(name: str, found: Sequence[Seen]) -> DeviceFault:
    """Give the fault for a camera that is not among those that were `found`."""
    if found:
        listed = ", ".join(f"pi:{seen.number} ({seen.model})" for seen in found)
        return camera_fault("camera_missing", name, "there is no such camera", f"name one of these: {listed}")
    places = sorted(_DEV.glob("media*"))
    if any(not os.access(path, os.R_OK | os.W_OK) for path in places):
        return _denied(name)
    if any(_held(path) for path in places):
        return _busy(name)
    return camera_fault("camera_missing", name, "libcamera sees no camera", _RIBBON)


def _held(path: Path) -> bool:
    """Tell whether another program has this media device: libcamera locks it, and may then list no camera at all."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        os.lockf(descriptor, os.F_TEST, 0)
    except OSError as error:
        return error.errno in {errno.EACCES, errno.EAGAIN}
    finally:
        os.close(descriptor)
    return False


def _busy(name: str) -> DeviceFault:
    try_this = "close the program that uses it, or stop the service with: sudo systemctl stop hingecue"
    return camera_fault("camera_busy", name, "another program has this camera", try_this)


def _denied(name: str) -> DeviceFault:
    return camera_fault(
        "camera_denied",
        name,
        "no permission to use this camera",
        'join the group "video" with: sudo usermod -aG video $USER, and log in again',
    )


def within(limit_s: float, name: str, do: Callable[[], T]) -> T:
    """Let a thread do it, and wait at most so many seconds; what it raises is raised here."""
    if _left_behind:  # every further thread would hang as well
        again = "start the program again: only that lets go of it"
        raise camera_fault("camera_silent", name, "a camera fell silent and still hangs in its driver", again)
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(do())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=run, name=f"camera {name} opening", daemon=True).start()
    try:
        return done.result(limit_s)
    except TimeoutError as error:
        if not done.done():
            _left_behind.append(done)
        raise camera_fault("camera_silent", name, f"it did not open within {limit_s:g} s", _RIBBON) from error
