"""What a running loop tells the outside: systemd at every moment, the status file once a second. Without a thread."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Protocol, Self

from hingecue import __version__
from hingecue.app.health import read_health
from hingecue.app.notify import Notify, Progress, watchdog_ns
from hingecue.app.status import Status, StatusFile
from hingecue.clock import monotonic_ns
from hingecue.pose.runtime import runtime
from hingecue.sense.imu.sensor import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from hingecue.sense.imu.sensor import Sensor


class Frames(Protocol):
    """What is asked of a camera: how many frames it gave, and how many it had to drop."""

    @property
    def frames_analyzed(self) -> int:
        """How many frames were given out."""

    @property
    def drops(self) -> int:
        """How many were replaced by newer ones."""


class Pulse:
    """Call `beat` for every judged moment. It never raises; without systemd it does nothing at all.

    `folder` is where sessions are kept, for the free space of its disk; `camera` is None without one; `clock` gives ns.
    """

    def __init__(
        self,
        folder: Path,
        camera: Frames | None,
        sensors: Sequence[Sensor],
        tell: Callable[[str], None],
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._folder = folder
        self._camera = camera
        self._sensors = sensors
        self._clock = clock
        self._notify = Notify.of(environ)
        self._progress = Progress(self._notify, watchdog_ns(environ))
        self._file = StatusFile.of(tell, environ)
        self._before: tuple[int, int] | None = None
        self._versions = {"hingecue": __version__, "python": platform.python_version()}
        if camera is not None:  # sensors alone need no model
            self._versions["runtime"] = str(runtime())

    def beat(self) -> None:
        """Say that a moment was judged just now."""
        now_ns = self._clock()
        self._progress.beat(now_ns)
        if self._file.due(now_ns):
            self._write(now_ns, "coaching")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._notify.stopping()
        self._write(self._clock(), "stopped")

    def _write(self, now_ns: int, state: str) -> None:
        healths = {sensor.role: sensor.health for sensor in self._sensors}
        faults = [h.fault for h in healths.values() if h.fault is not None and h.state is not State.OK]
        status = Status(
            state,
            fps=self._fps(now_ns),
            drops=None if self._camera is None else self._camera.drops,
            sensors={str(role): str(h.state) for role, h in healths.items()},
            faults=faults,
            versions=self._versions,
        )
        self._file.write(now_ns, status, read_health(self._folder))

    def _fps(self, now_ns: int) -> float | None:
        """Give the frames a second since the last writing; None for the first, and without a camera."""
        if self._camera is None:
            return None
        before, self._before = self._before, (now_ns, self._camera.frames_analyzed)
        if before is None or now_ns <= before[0]:
            return None
        return (self._before[1] - before[1]) / (now_ns - before[0]) * 1e9
