"""How far the pelvis has gone down, from its sensor alone: a squat may leave its tilt where it was.

The vertical force less 1 g is integrated twice; both integrals leak, so that the little that is off in each sample does
not pile up. Good for a repetition of a few seconds, not for a staircase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hingecue.posture.tilt import dot

if TYPE_CHECKING:
    from hingecue.posture.tilt import Vector

G_M_S2: Final = 9.80665
LEAK_S: Final = 2.0
"""Time constant of the leak: about the length of a repetition."""
STILL_LEAK_S: Final = 0.2
"""Who stands still neither moves nor is down."""
BLOW_G: Final = 1.5
"""Larger forces are blows and tell nothing of the way (our judgement)."""
LONGEST_STEP_S: Final = 0.25


class Drop:
    """Follows one sensor. `down_m`: how far below its usual place it is, m; negative above it."""

    def __init__(self) -> None:
        self.down_m = 0.0
        self._speed = 0.0

    def update(self, accel_g: Vector, up: Vector, one_g: float, dt_s: float, *, still: bool) -> None:
        """Take the next sample: the force, which way is up, and what the chip reads as 1 g."""
        dt = min(dt_s, LONGEST_STEP_S)
        upward_g = dot(accel_g, up) - one_g
        if abs(upward_g) > BLOW_G:
            upward_g = 0.0
        leak = dt / (STILL_LEAK_S if still else LEAK_S)
        self._speed += upward_g * G_M_S2 * dt - min(leak, 1.0) * self._speed
        self.down_m += -self._speed * dt - min(leak, 1.0) * self.down_m
