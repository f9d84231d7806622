"""A Pi's own camera, through picamera2: one small stream, the newest frame, every wait with an end.

One stream is enough: the camera's own processor scales and colours it, on every board to four bytes a pixel, as the
crop is cut from. A second, smaller stream would need the first one's memory as well. What another camera grants
instead is converted here.
"""

from __future__ import annotations

from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import cv2
import numpy as np

from hingecue.clock import monotonic_ns
from hingecue.sense.base import SourceInfo
from hingecue.sense.exposure import Exposure
from hingecue.sense.libcamera import OPEN_WITHIN_S, WANTED, cameras, leave_behind, library, missing, start, within
from hingecue.sense.live import SILENT_AFTER_S, LiveCamera
from hingecue.sense.stamps import STALE_NS, Stamps
from hingecue.types import Frame

if TYPE_CHECKING:
    from hingecue.types import U8

COLOURS: Final = {
    WANTED: None,
    "BGR888": cv2.COLOR_RGB2RGBA,
    "RGB888": cv2.COLOR_BGR2RGBA,
    "XRGB8888": cv2.COLOR_BGRA2RGBA,
    "YUV420": cv2.COLOR_YUV2RGBA_I420,
    "NV12": cv2.COLOR_YUV2RGBA_NV12,
    "YUYV": cv2.COLOR_YUV2RGBA_YUY2,
}
"""What a camera may grant instead, and how OpenCV makes R, G, B of it. libcamera names formats from the last byte."""
LOOK_UP_S: Final = 0.2
"""How often the thread that waits for a picture looks whether it shall stop, s."""


class PiCamera(LiveCamera):
    """Frames of camera `number`, RGB with a fourth byte.

    Raises `DeviceFault` (2 blinks): `camera_library`, `camera_numpy` when picamera2 cannot be loaded;
    `camera_missing`, `camera_denied`, `camera_busy`, `camera_format`, `camera_memory`, `camera_unopened` when opened;
    `camera_silent` when it does not open within `OPEN_WITHIN_S`, or when no frame comes for `silent_after_s` seconds.

    Once silent, it is not stopped: libcamera 0.4, whose camera was taken away, either waited for ever for the frames
    that it owed, or ended the whole process over them. `close` leaves it behind, and `stuck` says that only a new
    process can open it again; whoever ends this one looks at `libcamera.left_behind`.
    """

    def __init__(
        self,
        number: int = 0,
        width: int = 640,
        height: int = 480,
        fps: float = 30.0,
        *,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> None:
        name = f"pi:{number}"
        picamera2 = library()
        found = cameras()
        if number >= len(found):
            raise missing(name, found)
        self._picam2 = within(OPEN_WITHIN_S, name, lambda: start(picamera2, number, (width, height), fps, COLOURS))
        granted = self._picam2.camera_configuration()["main"]
        self._colour = COLOURS[granted["format"]]
        self._size: tuple[int, int] = granted["size"]
        super().__init__(
            SourceInfo(
                kind="camera",
                name=f"{name} ({found[number].model})",
                duration_s=None,
                frames_total=None,
                fps=fps,
                width=self._size[0],
                height=self._size[1],
            ),
            silent_after_s=silent_after_s,
        )
        self._exposure = Exposure(self._picam2.camera_controls)
        self._stamps = Stamps()
        self._job: Any = None
        self._heard_ns = monotonic_ns()
        self._begin()

    @property
    def stale(self) -> int:
        """How many frames were old, or not newer than the last, when they came; they were not given."""
        return self._stamps.stale

    def close(self) -> None:
        """Stop the thread and let go of the camera; `warnings` names one that is left behind."""
        super().close()
        if self._thread.is_alive():
            leave_behind(self._picam2)

    def _read(self) -> None:
        """Run in the thread. What was borrowed of the camera's buffers goes back before the frame is handed on."""
        index = 0
        while not self._stop.is_set():
            request = self._next()
            if request is None:
                continue
            self._heard_ns = monotonic_ns()
            try:
                told = request.get_metadata()
                t_ns = self._stamps.take(told.get("SensorTimestamp"), self._heard_ns)
                pixels = None if t_ns is None else request.make_array("main")
            finally:
                request.release()
            if settings := self._exposure.see(told):
                self._picam2.set_controls(settings)
            if t_ns is not None and pixels is not None:
                self._mailbox.put(Frame(index, t_ns, self._rgb(pixels), dark=self._exposure.dark))
                index += 1
        if monotonic_ns() - self._heard_ns >= self._silent_after_s * 1e9:
            self._stuck = True
            self._warnings.append(f"{self.info.name} does not stop; it is let go when the program ends")
            leave_behind(self._picam2)
            return
        self._let_go()

    def _why_silent(self) -> tuple[str, str]:
        if monotonic_ns() - self._heard_ns >= self._silent_after_s * 1e9:
            return super()._why_silent()
        what = f"for {self._silent_after_s:g} s its pictures came later than {STALE_NS / 1e9:g} s, or not in order"
        return what, "end what else keeps this machine busy"

    def _next(self) -> Any:
        """Give the next finished request, which must be released; None when there is none for a while."""
        if self._job is None:
            self._job = self._picam2.capture_request(wait=False)
        try:
            request = self._picam2.wait(self._job, timeout=LOOK_UP_S)
        except TimeoutError:
            return None
        self._job = None
        return request

    def _rgb(self, pixels: U8) -> U8:
        """Give R, G, B and a byte for every pixel; rows that were padded for the camera's sake are cut."""
        width, height = self._size
        rgb = pixels if self._colour is None else cv2.cvtColor(pixels, self._colour)
        return cast("U8", np.ascontiguousarray(rgb[:height, :width]))

    def _let_go(self) -> None:
        self._picam2.cancel_all_and_flush()
        if self._job is not None:
            with suppress(CancelledError, TimeoutError):  # it may have been finished a moment before
                self._picam2.wait(self._job, timeout=LOOK_UP_S).release()
        self._picam2.close()
