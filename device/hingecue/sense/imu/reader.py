"""The one thread that looks at all sensors of a bus and hands their samples over."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from hingecue.clock import monotonic_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from hingecue.sense.imu.sensor import Sensor
    from hingecue.types import ImuSample

# A sample waits in its chip for one burst at most, so that the decision comes 50 ms plus some 5 ms for the wire and
# the judgement after it was taken: half the 100 ms in which a cue is still felt as part of the movement. Looking more
# often gains little and wakes the processor; the smallest FIFO (ADXL345, 32 samples) has six times this.
BURST_S = 0.05
# Samples that wait for `take`: ten seconds of two sensors. A loop that is away longer has lost the bend anyway.
WAITING = 2048
# How long the thread may need to come out of a transfer: the kernel gives up on a stuck wire after a second, and one
# look at each of two sensors may be under way.
_JOIN_S = 4.0
# A wait that ends though nothing came lets the loop see that it is to stop.
_WAIT_S = 1.0


class ImuReader:
    """Polls `sensors` every `burst_s` seconds in a thread of its own, from now on until `close`.

    `on_burst` is called in that thread after every look at all of them.

    The bus belongs to this thread while it runs: two chips share the wire by taking turns.
    """

    def __init__(
        self, sensors: Sequence[Sensor], burst_s: float = BURST_S, *, on_burst: Callable[[], None] | None = None
    ) -> None:
        self.sensors = tuple(sensors)
        self._burst_s = burst_s
        self._lock = threading.Lock()
        self._waiting: deque[ImuSample] = deque(maxlen=WAITING)
        self._drops = 0
        self._warnings: list[str] = []
        self._on_burst = on_burst
        self._news = threading.Event()
        self._stop = threading.Event()
        names = " and ".join(sensor.role for sensor in self.sensors)
        self._thread = threading.Thread(target=self._read, name=f"sensors {names}".rstrip(), daemon=True)
        self._thread.start()

    @property
    def drops(self) -> int:
        """How many samples were replaced by newer ones before anybody took them."""
        with self._lock:
            return self._drops

    @property
    def running(self) -> bool:
        """Whether the thread is there; False before `close` is a fault of the program."""
        return self._thread.is_alive()

    @property
    def warnings(self) -> list[str]:
        """Plain sentences on what was odd; complete after `close`."""
        return list(self._warnings)

    def wait(self) -> bool:
        """Wait for the next burst, at most a second; False once the reader is closed."""
        self._news.wait(_WAIT_S)
        self._news.clear()
        return not self._stop.is_set()

    def take(self) -> list[ImuSample]:
        """All samples that came since the last call; never waits. Each sensor's own are in the order of time."""
        with self._lock:
            samples = list(self._waiting)
            self._waiting.clear()
        return samples

    def close(self) -> None:
        """Stop the thread; `warnings` names one that will not come back. The bus can be closed after it."""
        self._stop.set()
        self._news.set()
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            self._warnings.append(f'the thread "{self._thread.name}" would not stop')

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> None:
        due_ns = monotonic_ns()
        while not self._stop.is_set():
            for sensor in self.sensors:
                self._hand_over(sensor.poll())
            self._news.set()
            if self._on_burst is not None:
                self._on_burst()
            # The looks themselves take their time: the beat is kept from the first one on, and not caught up.
            due_ns = max(due_ns + round(self._burst_s * 1e9), monotonic_ns())
            self._stop.wait((due_ns - monotonic_ns()) / 1e9)

    def _hand_over(self, samples: list[ImuSample]) -> None:
        with self._lock:
            self._drops += max(0, len(self._waiting) + len(samples) - WAITING)
            self._waiting.extend(samples)
