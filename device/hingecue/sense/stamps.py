"""Times of a driver's pictures on the one clock of the device."""

from __future__ import annotations

import time
from typing import Final

STALE_NS: Final = 500_000_000
"""A picture older than this is not given, ns: a cue half a second late is for another moment (our judgement)."""
AHEAD_NS: Final = 20_000_000
"""A stamp may lie so far in front of the clock, ns: drivers round, and may stamp the end of a picture."""
OFFSET_EVERY_NS: Final = 1_000_000_000
"""How often the distance of the two clocks is measured again, ns."""


def boottime_ahead_ns() -> int:
    """Give how far CLOCK_BOOTTIME is in front of CLOCK_MONOTONIC, in ns: how long the machine has slept so far."""
    before = time.monotonic_ns()
    boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return boot - (before + time.monotonic_ns()) // 2


class Stamps:
    """Brings libcamera's `SensorTimestamp` to CLOCK_MONOTONIC.

    libcamera documents CLOCK_BOOTTIME, and its drivers hand on what the kernel's video drivers stamp: CLOCK_MONOTONIC.
    On a machine that never sleeps, as a Pi, both are the same. On one that has slept, only one of the two readings is
    of this moment, and that one is taken. A stamp that is old in both, or not after the last one, is counted as
    `stale`.
    """

    def __init__(self) -> None:
        self.stale = 0
        self._last_ns: int | None = None
        self._ahead_ns = 0
        self._measured_ns: int | None = None

    def take(self, stamp_ns: int | None, now_ns: int) -> int | None:
        """Give the picture's time, or None for one that must not be used. `now_ns` is CLOCK_MONOTONIC.

        `stamp_ns` is None where the driver tells no time: the picture is as old as it is in our hands, then.
        """
        if self._measured_ns is None or now_ns - self._measured_ns >= OFFSET_EVERY_NS:
            self._ahead_ns, self._measured_ns = boottime_ahead_ns(), now_ns
        told_ns = now_ns if stamp_ns is None else stamp_ns
        for t_ns in (told_ns, told_ns - self._ahead_ns):
            if -AHEAD_NS <= now_ns - t_ns <= STALE_NS:
                taken = min(t_ns, now_ns)  # nothing has been seen in the future
                if self._last_ns is None or taken > self._last_ns:
                    self._last_ns = taken
                    return taken
                break
        self.stale += 1
        return None
