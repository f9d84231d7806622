"""The person's own standing pose: the zero of every angle (CONTRACT §1)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hingecue.posture.constants import (
    STANDING_HIP_MAX_DEG,
    STANDING_RATE_MAX_DEG_S,
    STANDING_TRUNK_MAX_DEG,
)

if TYPE_CHECKING:
    from hingecue.posture.angles import Angles
    from hingecue.types import SpineReading

LEARN_S: Final = 1.0
"""Time constant with which the zero follows the standing trunk."""
SETTLED_S: Final = 0.3
"""So much standing has to be seen before the zero is used."""


READINGS_MIN: Final = 3
"""So many readings of the standing spine make a zero."""
READINGS_KEPT: Final = 60
"""The zero is a mean of the first so many readings, then a slow average of about as many."""
SPINE_ZERO_SHARE: Final = 0.5
"""So much of the standing reading is taken off. A reader errs in standing and in bending alike only in part (research:
a full zero cuts the mean error of a bend from 7.0° to 6.5°, with people behind not at all), so half of it is the better
zero until a calibration says more."""
SPINE_ZERO_MAX_DEG: Final = 15.0
"""A standing spine that reads further off than this is a misreading, not a person (our judgement: a pronounced
kyphosis reads about 15° on rendered bodies)."""


class SpineZero:
    """Learns what the spine reader says of this person standing, and takes it off every reading."""

    def __init__(self) -> None:
        self._mean = 0.0
        self._count = 0

    @property
    def zero_deg(self) -> float:
        """What is taken off every reading, deg; 0 until standing is known."""
        if self._count < READINGS_MIN:
            return 0.0
        return SPINE_ZERO_SHARE * max(-SPINE_ZERO_MAX_DEG, min(SPINE_ZERO_MAX_DEG, self._mean))

    def learn(self, reading: SpineReading) -> None:
        """Take a reading of the standing person."""
        if reading.flexion_deg is None:
            return
        self._count = min(self._count + 1, READINGS_KEPT)
        self._mean += (reading.flexion_deg - self._mean) / self._count

    def corrected(self, reading: SpineReading) -> SpineReading:
        """Give the reading with its flexion from standing."""
        if reading.flexion_deg is None:
            return reading
        return replace(reading, flexion_deg=reading.flexion_deg - self.zero_deg)


class StandingZero:
    """Learns the trunk's inclination in quiet standing; until it is known the vertical is the zero."""

    def __init__(self) -> None:
        self._zero = 0.0
        self._seen_s = 0.0
        self._last: tuple[float, float] | None = None

    @property
    def zero_deg(self) -> float:
        """Trunk inclination in standing, deg against gravity."""
        return self._zero if self.settled else 0.0

    @property
    def settled(self) -> bool:
        """Tell whether enough standing was seen."""
        return self._seen_s >= SETTLED_S

    def update(self, t_s: float, angles: Angles) -> bool:
        """Take one frame; learn from it and say True if the person stands still in it."""
        trunk = angles.trunk_deg
        last, self._last = self._last, None if trunk is None else (t_s, trunk)
        if trunk is None or last is None or abs(trunk) > STANDING_TRUNK_MAX_DEG:
            return False
        if angles.hip_deg is not None and abs(angles.hip_deg) > STANDING_HIP_MAX_DEG:
            return False
        dt = t_s - last[0]
        if dt <= 0 or abs(trunk - last[1]) / dt > STANDING_RATE_MAX_DEG_S:
            return False
        dt = min(dt, LEARN_S)
        self._seen_s += dt
        # A plain mean at first, then a slow average.
        share = max(dt / self._seen_s, 1.0 - math.exp(-dt / LEARN_S) if self._seen_s > LEARN_S else 0.0)
        self._zero += share * (trunk - self._zero)
        return True
