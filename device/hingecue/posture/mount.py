"""The sensor in the camera's case: which way is down for the picture, and whether somebody knocked against it.

Its axes are the camera's: x to the right in the picture, y down, z away from the camera. At rest an upright camera
feels (0, −1, 0) g.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hingecue.posture.tilt import Vector, dot, length, plus, scaled, unit

if TYPE_CHECKING:
    from hingecue.types import ImuSample

SETTLE_S: Final = 1.0
"""Time constant of the case's direction: it does not move, so the mean over a second is better than a sample."""
KNOCK_G: Final = 0.3
"""A blow to the case; bars set down on the rack's own feet stay under it (our judgement) …"""
MOVED_DEG: Final = 2.0
"""… and a case that hangs differently by this much has been moved, however gently."""
QUIET_G: Final = 0.05
"""Only forces this near to 1 g tell the vertical."""


class Mount:
    """Follows the case. `known`: its direction is settled; `knocks`: how often it was struck or moved."""

    def __init__(self) -> None:
        self.knocks = 0
        self._up: Vector | None = None
        self._home: Vector | None = None
        self._struck = False
        self._settled_s = 0.0
        self._last_s: float | None = None

    @property
    def known(self) -> bool:
        """Tell whether the direction is settled."""
        return self._home is not None

    @property
    def roll_deg(self) -> float:
        """How far the camera is turned clockwise about its axis, deg; 0 while it is not known."""
        if self._home is None:
            return 0.0
        x, y, _ = self._home
        return math.degrees(math.atan2(-x, -y))

    @property
    def pitch_deg(self) -> float:
        """How far the camera looks down (+) or up (−), deg; 0 while it is not known."""
        if self._home is None:
            return 0.0
        x, y, z = self._home
        return math.degrees(math.atan2(-z, math.hypot(x, y)))

    def add(self, sample: ImuSample) -> None:
        """Take the next sample of the case's sensor."""
        dt = 0.0 if self._last_s is None else max(0.0, min(sample.t_s - self._last_s, SETTLE_S))
        self._last_s = sample.t_s
        size = length(sample.accel_g)
        if abs(size - 1.0) > KNOCK_G:
            if not self._struck:
                self.knocks += 1
            self._struck = True
            self._unsettle()
            return
        if abs(size - 1.0) > QUIET_G:
            return
        self._struck = False
        direction = scaled(sample.accel_g, 1.0 / size)
        share = dt / (SETTLE_S + dt)
        self._up = (
            direction if self._up is None else unit(plus(scaled(self._up, 1.0 - share), scaled(direction, share)))
        )
        self._settled_s += dt
        if self._settled_s < SETTLE_S:
            return
        if self._home is None:
            self._home = self._up
        elif math.degrees(math.acos(max(-1.0, min(1.0, dot(self._up, self._home))))) > MOVED_DEG:
            self.knocks += 1
            self._unsettle()

    def _unsettle(self) -> None:
        self._up = self._home = None
        self._settled_s = 0.0
