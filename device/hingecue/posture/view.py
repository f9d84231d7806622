"""From where the camera sees the person, judged from the landmarks alone."""

from __future__ import annotations

import math
from typing import Final

from hingecue.posture.constants import VIEW_FRONT_MIN_DEG, VIEW_SIDE_MAX_DEG
from hingecue.types import Pose, View

DEPTH_SCALE: Final = 0.28
"""The landmark model's depth is drawn out: a person seen exactly from the side has shoulders 2.7 torso lengths apart
in z, and about 0.75 in life (our clips)."""


def view_angle_deg(pose: Pose) -> float:
    """Estimate the angle off the side view, 0…90°, from how shoulders and hips spread over picture and depth.

    tan(view) = spread across the picture ÷ spread in depth. Both shrink alike when the trunk is foreshortened, so
    no torso length is needed. Averaged over shoulders and hips by their spread.
    """
    across = depth = 0.0
    for pair in (slice(11, 13), slice(23, 25)):
        (ax, ay, az, _), (bx, by, bz, _) = pose.landmarks[pair].tolist()
        across += math.hypot(ax - bx, ay - by)
        depth += abs(az - bz) * DEPTH_SCALE
    return math.degrees(math.atan2(across, depth + 1e-6))


def name_view(view_deg: float | None, *, front_side: bool) -> View:
    """Name a view angle (deg off the side); `front_side`: the face is turned towards the camera."""
    if view_deg is None:
        return View.UNKNOWN
    if view_deg <= VIEW_SIDE_MAX_DEG:
        return View.SIDE
    if view_deg < VIEW_FRONT_MIN_DEG:
        return View.OBLIQUE
    return View.FRONT if front_side else View.BACK


def faces_camera(pose: Pose) -> bool:
    """Tell whether the front of the body is turned to the camera: the model's left shoulder is on the right then.

    In the mirrored crop the sides swap together with the picture, so the test is made in the crop's own order.
    """
    lm = pose.landmarks
    order = float(lm[11, 0] - lm[12, 0] + lm[23, 0] - lm[24, 0]) * pose.facing.sign
    return order > 0
