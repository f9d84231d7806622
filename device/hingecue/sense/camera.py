"""A live camera of a laptop or on USB (V4L2), or a film that stands in for one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2

from hingecue.clock import monotonic_ns
from hingecue.sense.base import SourceInfo
from hingecue.sense.live import SILENT_AFTER_S, LiveCamera, camera_fault
from hingecue.sense.video import hush
from hingecue.types import Frame

if TYPE_CHECKING:
    from hingecue.errors import DeviceFault
    from hingecue.types import U8

_RETRY_S = 0.02
_DEV = Path("/dev")


class CameraSource(LiveCamera):
    """Frames of a V4L2 camera; `device` is a path or a number (0 is /dev/video0).

    Raises `DeviceFault` (2 blinks): `camera_missing`, `camera_denied`, `camera_busy` when opened,
    `camera_silent` when no frame comes for `silent_after_s` seconds.
    """

    def __init__(
        self,
        device: str | Path | int = "/dev/video0",
        width: int = 640,
        height: int = 480,
        fps: float = 30.0,
        *,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> None:
        self._path = _DEV / f"video{device}" if isinstance(device, int) else Path(device)
        capture = self._capture = _open(self._path, width, height, fps)
        told_fps = capture.get(cv2.CAP_PROP_FPS)
        super().__init__(
            SourceInfo(
                kind="camera",
                name=str(self._path),
                duration_s=None,
                frames_total=None,
                fps=told_fps if told_fps > 0 else None,
                width=int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                height=int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            ),
            silent_after_s=silent_after_s,
        )
        # A film may stand in for a camera: it is played at its own rate, and it ends.
        self._film_step_s = 1.0 / (told_fps if told_fps > 0 else fps) if _is_film(self._path) else None
        self._begin()

    def _read(self) -> None:
        """Run in the thread, which alone touches the capture: a camera released while it is read crashes."""
        capture = self._capture
        index = began_ns = 0
        try:
            while not self._stop.is_set():
                grabbed = capture.grab()
                t_ns = monotonic_ns()
                ok, bgr = capture.retrieve() if grabbed else (False, None)
                if not ok or bgr is None:
                    if self._film_step_s is not None:
                        break
                    self._stop.wait(_RETRY_S)
                    continue
                rgb = cast("U8", cv2.cvtColor(bgr, cv2.COLOR_BGR2RGBA))
                self._mailbox.put(Frame(index, t_ns, rgb))
                index += 1
                if self._film_step_s is not None:
                    began_ns = t_ns if index == 1 else began_ns
                    self._stop.wait(max(0.0, index * self._film_step_s - (monotonic_ns() - began_ns) / 1e9))
            self._mailbox.close()
        finally:
            capture.release()


def _is_film(path: Path) -> bool:
    return not path.is_char_device()


def _open(path: Path, width: int, height: int, fps: float) -> cv2.VideoCapture:
    if not path.exists():
        raise _fault("camera_missing", path, "there is no such camera", _what_is_there())
    if not os.access(path, os.R_OK if _is_film(path) else os.R_OK | os.W_OK):
        raise _fault(
            "camera_denied",
            path,
            "no permission to use this camera",
            'join the group "video" with: sudo usermod -aG video $USER, and log in again',
        )
    hush()
    live = path.is_char_device()
    capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_V4L2 if live else cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise _fault(
            "camera_busy",
            path,
            "the camera cannot be opened",
            f"close the program that uses it (fuser {path} names it), or name another camera",
        )
    if live:  # pragma: no cover - needs a camera
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        capture.set(cv2.CAP_PROP_FPS, fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _what_is_there() -> str:
    found = sorted(str(path) for path in _DEV.glob("video*"))
    if found:
        return f"name one of these: {', '.join(found)}"
    return "plug in a camera; none is seen as /dev/video*"


def _fault(code: str, path: Path, what: str, try_this: str) -> DeviceFault:
    return camera_fault(code, str(path), what, try_this)
