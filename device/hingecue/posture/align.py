"""Camera and sensors beside each other: how far their clocks are apart, and whether they follow the same person.

Both see the same trunk. Where one curve, shifted by a little, fits the other, the shift is the lag of the clocks; where
no shift fits, the camera is looking at somebody else (biomechanics E2).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from hingecue.types import F64

WINDOW_S: Final = 12.0
"""So much of both curves is compared: a few repetitions."""
LAG_MAX_S: Final = 0.3
"""Clocks further apart than this are not corrected (biomechanics E2)."""
STEP_S: Final = 0.02
"""Step of the shifts that are tried, and of the curves."""
MOVED_DEG: Final = 20.0
"""Curves that span less than this say nothing of either."""
SAME_MIN: Final = 0.8
"""A lag is believed from this correlation on …"""
OTHER_MAX: Final = 0.5
"""… and below this one it is another person (biomechanics C16 asks 0.8 over 2 s of one's own)."""
LAG_SHARE: Final = 0.5
"""So much of a new lag is taken at once."""


class ClockAlign:
    """Learns the lag set by set. `lag_s`: what to add to a camera time to find the same moment on the sensors' clock.

    `same_person`: False while the camera's trunk does not move as the sensors' does.
    """

    def __init__(self) -> None:
        self.lag_s = 0.0
        self.same_person = True
        self._camera: deque[tuple[float, float]] = deque()
        self._worn: deque[tuple[float, float]] = deque()

    def restart(self) -> None:
        """Forget the curves: from now on the camera follows another person."""
        self.same_person = True
        self._camera.clear()
        self._worn.clear()

    def add(self, t_s: float, camera_deg: float | None, worn_deg: float | None) -> None:
        """Take the trunk's inclination by either, as they were stamped."""
        for track, value in ((self._camera, camera_deg), (self._worn, worn_deg)):
            if value is not None:
                track.append((t_s, value))
            while track and t_s - track[0][0] > WINDOW_S:
                track.popleft()

    def learn(self) -> None:
        """Compare the curves: call it when a bend is over."""
        if len(self._camera) < 10 or len(self._worn) < 10:
            return
        camera, worn = np.array(self._camera), np.array(self._worn)
        start = max(camera[0, 0], worn[0, 0]) + LAG_MAX_S
        end = min(camera[-1, 0], worn[-1, 0]) - LAG_MAX_S
        grid = np.arange(start, end, STEP_S)
        if len(grid) < 1.0 / STEP_S:
            return
        seen = np.interp(grid, camera[:, 0], camera[:, 1])
        if np.ptp(np.interp(grid, worn[:, 0], worn[:, 1])) < MOVED_DEG:
            return
        lags = np.arange(-LAG_MAX_S, LAG_MAX_S + STEP_S / 2, STEP_S)
        fits = [correlation(seen, np.interp(grid + lag, worn[:, 0], worn[:, 1])) for lag in lags]
        best = int(np.argmax(fits))
        if fits[best] >= SAME_MIN:
            self.lag_s += LAG_SHARE * (float(lags[best]) - self.lag_s)
            self.same_person = True
        elif fits[best] < OTHER_MAX:
            self.same_person = False


def correlation(a: F64, b: F64) -> float:
    """Give Pearson's correlation, 0 where one of the two does not move."""
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0
