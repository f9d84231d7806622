"""Sagittal angles from landmarks (CONTRACT §1), from the side of the body that is nearer to the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hingecue.posture.constants import VISIBLE_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hingecue.types import F32, Pose

# BlazePose's indices; "a" and "b" are the two sides, whatever the model calls them.
SHOULDER: Final = (11, 12)
HIP: Final = (23, 24)
KNEE: Final = (25, 26)
ANKLE: Final = (27, 28)
LIMBS: Final = ((11, 13, 23, 25, 27), (12, 14, 24, 26, 28))

NEAR_MEMORY: Final = 0.9
"""How much of the vote for the near side is kept from frame to frame: about ten frames decide."""


@dataclass(frozen=True, slots=True)
class Angles:
    """Angles of one frame in degrees, against gravity, not yet against standing; None where a joint is not seen."""

    trunk_deg: float | None
    hip_deg: float | None
    knee_deg: float | None
    legs_seen: bool


def wrap_deg(angle: float) -> float:
    """Bring an angle into (−180, 180]."""
    wrapped = math.fmod(angle + 180.0, 360.0)
    return wrapped + 180.0 if wrapped <= 0.0 else wrapped - 180.0


def lean_deg(low: Sequence[float], high: Sequence[float], forward: int) -> float:
    """Give the forward lean of the line low → high against the vertical, in degrees.

    `low`, `high`: picture points (x, y), y down. `forward`: +1 where the person faces growing x, else −1.
    """
    dx = (high[0] - low[0]) * forward
    dy = low[1] - high[1]
    return math.degrees(math.atan2(dx, dy))


class NearSide:
    """Locks which of the two sides is nearer; the labels left and right are not to be trusted from the side."""

    def __init__(self) -> None:
        self._vote = 0.0

    def update(self, landmarks: F32) -> int:
        """Take a frame's landmarks (33, 4); give 0 or 1, the column of SHOULDER, HIP … that is nearer."""
        lm = landmarks.tolist()  # for so few numbers plain floats are ten times as quick as arrays
        depth, seen = ([sum(lm[i][k] for i in side) / len(side) for side in LIMBS] for k in (2, 3))
        span = math.hypot(lm[11][0] - lm[23][0], lm[11][1] - lm[23][1]) + 1.0
        vote = (depth[0] - depth[1]) / span + 2.0 * (seen[1] - seen[0])
        self._vote = NEAR_MEMORY * self._vote + (1 - NEAR_MEMORY) * vote
        return 1 if self._vote >= 0 else 0


def measure(pose: Pose, near: int) -> Angles:
    """Measure trunk, hip and knee of one frame.

    The trunk runs from the middle of the hips to the middle of the shoulders; hip and knee are the near side's:
    hip flexion = trunk lean + forward swing of the thigh, knee flexion = thigh swing − shank swing. Signed sums, so
    that they neither fold at 0° nor at 180°.
    """
    lm = pose.landmarks.tolist()
    forward = pose.facing.sign
    size = pose.picture_size
    if not (_seen(lm[SHOULDER[near]], size) and _seen(lm[HIP[near]], size)):
        return Angles(None, None, None, legs_seen=False)
    trunk = lean_deg(_middle(lm, HIP), _middle(lm, SHOULDER), forward)
    hip, knee, ankle = HIP[near], KNEE[near], ANKLE[near]
    thigh_seen = _seen(lm[knee], size)
    shank_seen = thigh_seen and _seen(lm[ankle], size)
    # The thigh hangs down from the hip: its swing is the lean of the line knee → hip, seen from below.
    thigh = -lean_deg(lm[knee], lm[hip], forward)
    shank = -lean_deg(lm[ankle], lm[knee], forward)
    return Angles(
        trunk_deg=trunk,
        hip_deg=wrap_deg(trunk + thigh) if thigh_seen else None,
        knee_deg=wrap_deg(thigh - shank) if shank_seen else None,
        legs_seen=shank_seen,
    )


def _middle(lm: Sequence[Sequence[float]], pair: tuple[int, int]) -> tuple[float, float]:
    """Give the point half-way between two landmarks."""
    a, b = lm[pair[0]], lm[pair[1]]
    return 0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])


def _seen(joint: Sequence[float], size: tuple[int, int]) -> bool:
    """Tell whether a joint (x, y, z, visibility) is visible and inside the picture, width and height."""
    x, y, _, visibility = joint
    if visibility < VISIBLE_MIN:
        return False
    width, height = size
    return -0.05 * width <= x <= 1.05 * width and -0.05 * height <= y <= 1.05 * height
