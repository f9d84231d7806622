"""A live camera of a laptop (V4L2): its own thread reads, the newest frame wins, every wait has an end."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2

from hingecue.clock import monotonic_ns
from hingecue.errors import DeviceFault
from hingecue.mailbox import Mailbox, MailboxClosedError, MailboxPokedError
from hingecue.sense.base import CountedSource, SourceInfo
from hingecue.sense.video import hush
from hingecue.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hingecue.types import U8

BLINKS = 2
# A webcam in the dark gives 5 frames a second; three seconds without one is a fault (our judgement).
SILENT_AFTER_S = 3.0
# How long the thread may need to come out of a driver's wait (OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT is 3 s).
_JOIN_S = 4.0
_RETRY_S = 0.02
_DEV = Path("/dev")


class CameraSource(CountedSource):
    """Frames of a camera on CLOCK_MONOTONIC; `device` is a path or a number (0 is /dev/video0).

    A frame that is not fetched before the next one is dropped: `drops` counts them, `Frame.index` skips them.
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
        self._silent_after_s = silent_after_s
        capture = _open(self._path, width, height, fps)
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
            )
        )
        # A film may stand in for a camera: it is played at its own rate, and it ends.
        self._film_step_s = 1.0 / (told_fps if told_fps > 0 else fps) if _is_film(self._path) else None
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(capture,), name=f"camera {self._path}", daemon=True)
        self._thread.start()

    @property
    def drops(self) -> int:
        """How many frames were replaced by a newer one before they were fetched."""
        return self._mailbox.drops

    def __iter__(self) -> Iterator[Frame]:
        """Give the newest frame, again and again, until `close`. Raises `DeviceFault` `camera_silent`."""
        return (frame for frame in self.frames_and_pokes() if frame is not None)

    def poke(self) -> None:
        """Let who waits for a frame look up: `frames_and_pokes` gives None."""
        self._mailbox.poke()

    def frames_and_pokes(self) -> Iterator[Frame | None]:
        """Give what iterating gives, and None whenever `poke` was called while no frame was there."""
        first_ns: int | None = None
        since_ns = monotonic_ns()
        while True:
            try:
                frame = self._mailbox.get(max(0.0, self._silent_after_s - (monotonic_ns() - since_ns) / 1e9))
                since_ns = monotonic_ns()
            except MailboxClosedError:
                return
            except MailboxPokedError:
                yield None
                continue
            except TimeoutError as error:
                raise _fault(
                    "camera_silent",
                    self._path,
                    f"no picture came for {self._silent_after_s:g} s",
                    "check the cable, and whether another program took the camera",
                ) from error
            first_ns = frame.t_ns if first_ns is None else first_ns
            self._length_s = (frame.t_ns - first_ns) / 1e9
            self._frames = frame.index + 1
            self._frames_analyzed += 1
            yield frame

    def close(self) -> None:
        """Stop the thread and let go of the camera; `warnings` names a thread that will not come back."""
        self._stop.set()
        self._mailbox.close()
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            self._warnings.append(f'the thread "{self._thread.name}" would not stop')

    def _read(self, capture: cv2.VideoCapture) -> None:
        """Run in the thread, which alone touches `capture`: a camera released while it is read crashes."""
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
    if not os.access(path, os.R_OK | os.W_OK):
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
    return DeviceFault(code, where=f"camera {path}", what=what, try_this=try_this, blinks=BLINKS)
