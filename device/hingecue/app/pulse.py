"""What a running loop tells the outside: systemd at every moment, the status file once a second. Without a thread."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Protocol, Self

from hingecue import __version__
from hingecue.app.coldstart import COLD_START
from hingecue.app.health import read_health
from hingecue.app.notify import Notify, Progress, watchdog_ns
from hingecue.app.status import Status, StatusFile
from hingecue.clock import monotonic_ns
from hingecue.errors import Fault
from hingecue.pose.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from hingecue.app.coldstart import ColdStart
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
    """Call `beat` for every judged moment, `idle` now and then while nothing is judged. Neither raises.

    `folder` is where sessions are kept, for the free space of its disk; `clock` gives ns. Without systemd nothing is
    done at all.
    """

    def __init__(
        self,
        folder: Path,
        tell: Callable[[str], None],
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], int] = monotonic_ns,
        start: ColdStart = COLD_START,
    ) -> None:
        self._folder = folder
        self._camera: Frames | None = None
        self._sensors: Sequence[Sensor] = ()
        self._clock = clock
        self._notify = Notify.of(environ)
        self._progress = Progress(self._notify, watchdog_ns(environ))
        self._file = StatusFile.of(tell, environ)
        self._before: tuple[int, int] | None = None
        self._start = start
        self._versions = {"hingecue": __version__, "python": platform.python_version()}

    @property
    def served(self) -> bool:
        """Tell whether a service manager listens, who would start this again."""
        return self._notify.address is not None

    def watch(self, camera: Frames | None, sensors: Sequence[Sensor] = ()) -> None:
        """Tell from now on of these parts; None without a camera."""
        self._camera, self._sensors, self._before = camera, sensors, None
        if camera is not None or sensors:
            self._start.reached("parts")
        if camera is not None:  # sensors alone need no model
            self._versions["runtime"] = str(runtime())

    def beat(self, faults: Sequence[Fault] = ()) -> None:
        """Say that a moment was judged just now; `faults`: those that are there."""
        now_ns = self._clock()
        self._start.reached("first_moment")
        self._progress.beat(now_ns)
        if self._file.due(now_ns):
            self._write(now_ns, "coaching", faults)

    def idle(self, state: str, faults: Sequence[Fault] = ()) -> None:
        """Say that the device is well and judges nothing; `state`: one word for why."""
        now_ns = self._clock()
        self._progress.beat(now_ns)
        self._notify.status(str(faults[0]) if faults else state)
        if self._file.due(now_ns):
            self._write(now_ns, state, faults)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._notify.stopping()
        self._write(self._clock(), "stopped", [error] if isinstance(error, Fault) else ())

    def _write(self, now_ns: int, state: str, faults: Sequence[Fault]) -> None:
        status = Status(
            state,
            fps=self._fps(now_ns),
            drops=None if self._camera is None else self._camera.drops,
            sensors={str(sensor.role): str(sensor.health.state) for sensor in self._sensors},
            faults=faults,
            versions=self._versions,
            start_ms=self._start.parts_ms,
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
