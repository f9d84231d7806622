"""The live motion sensors: opened when they are there, and heard between the camera's frames."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hingecue.clock import monotonic_ns
from hingecue.errors import DeviceFault
from hingecue.sense.imu import find
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.reader import ImuReader
from hingecue.types import Frame, ImuSample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hingecue.app.sensors import Moment
    from hingecue.config import Settings
    from hingecue.sense.framelog import FrameLogWriter
    from hingecue.sense.live import LiveCamera
    from hingecue.sense.momentlog import MomentLogWriter

ABSENT: Final = frozenset({"i2c_missing", "i2c_denied", "sensor_missing"})
"""Faults that say that there are no sensors here: a camera can do without."""


@contextmanager
def open_sensors(settings: Settings, on_burst: Callable[[], None] | None = None) -> Iterator[ImuReader]:
    """Open the sensors on the bus and read them in a thread; `on_burst` is called there after every burst.

    Raises `DeviceFault`: `sensor_missing` where none answers, and those of the bus.
    """
    with Bus(settings.i2c_bus) as bus:
        sensors = find.open_sensors(bus)
        if not sensors:
            raise DeviceFault(
                "sensor_missing",
                where=bus.name,
                what="no motion sensor answers",
                try_this="check its four wires, and that it lights up; 0x68 is the pelvis, 0x69 the ribs",
                blinks=3,
            )
        with ImuReader(sensors, on_burst=on_burst) as reader:
            yield reader


class LiveFlow:
    """Frames and bursts of samples as they come, on a clock that begins with the first of either.

    `camera` or `reader` may be missing, not both. `frames` and `moments` keep what was consumed. `taken_ns`: when the
    newest moment was taken, CLOCK_MONOTONIC.
    """

    def __init__(
        self,
        camera: LiveCamera | None,
        reader: ImuReader | None,
        frames: FrameLogWriter | None = None,
        moments: MomentLogWriter | None = None,
    ) -> None:
        self._camera = camera
        self._reader = reader
        self._writer = frames
        self._moments = moments
        self._first_ns: int | None = None
        self._frames = 0
        self.taken_ns = 0

    def latency_ms(self) -> float:
        """Give how long ago the newest moment was taken, in ms."""
        return (monotonic_ns() - self.taken_ns) / 1e6

    def __iter__(self) -> Iterator[Moment]:
        """Give every moment: the samples since the last, and a frame or the time of a tick; kept first, if asked."""
        for samples, moment in self._taken():
            if self._writer is not None and isinstance(moment, Frame):
                moment = self._writer.write(moment)  # noqa: PLW2901 - a replay will see this one
            if self._moments is not None:
                self._moments.write(samples, moment)
            yield samples, moment

    def _taken(self) -> Iterator[Moment]:
        for frame in self._frames_and_pokes():
            felt = [] if self._reader is None else self._reader.take()
            if self._first_ns is None and (frame is not None or felt):
                self._first_ns = felt[0].t_ns if frame is None else frame.t_ns
            first_ns = self._first_ns or 0
            samples = [ImuSample(s.role, s.t_ns - first_ns, s.accel_g, s.gyro_dps) for s in felt]
            if frame is not None:
                self.taken_ns = frame.t_ns
                yield samples, replace(frame, index=self._frames, t_ns=frame.t_ns - first_ns)
                self._frames += 1
            elif samples:
                newest = max(s.t_ns for s in samples)
                self.taken_ns = newest + first_ns
                yield samples, newest / 1e9

    def _frames_and_pokes(self) -> Iterator[Frame | None]:
        if self._camera is not None:
            yield from self._camera.frames_and_pokes()
        elif self._reader is not None:
            while self._reader.wait():
                yield None
