"""Holding a film back to the speed of life."""

from __future__ import annotations

import time


class Pace:
    """Holds a film back to the speed of life; with `speed` 0 it lets it run."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began: float | None = None

    def wait_for(self, t_s: float) -> None:
        """Sleep until the film's time `t_s` has come."""
        if self._speed <= 0:
            return
        now = time.monotonic()
        if self._began is None:
            self._began = now - t_s / self._speed
        delay = self._began + t_s / self._speed - now
        if delay > 0:
            time.sleep(delay)
