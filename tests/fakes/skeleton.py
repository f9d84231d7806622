"""A stick figure with known angles, as a `Pose` in a picture."""

from __future__ import annotations

import math

import numpy as np

from hingecue.types import Facing, Pose, Roi, SpineReading

WIDTH, HEIGHT = 1280, 960
TORSO, THIGH, SHANK, FOOT = 100.0, 80.0, 80.0, 30.0


def _step(start: tuple[float, float], length: float, lean_deg: float) -> tuple[float, float]:
    """Go `length` px upwards, leaning forward (to the right) by `lean_deg`."""
    a = math.radians(lean_deg)
    return start[0] + length * math.sin(a), start[1] - length * math.cos(a)


def pose(
    trunk: float = 0.0,
    hip: float = 0.0,
    knee: float = 0.0,
    *,
    facing: Facing = Facing.RIGHT,
    near: int = 1,
    visibility: float = 1.0,
    offset: tuple[float, float] = (0.0, 0.0),
) -> Pose:
    """Give the pose of a person with these angles (deg, CONTRACT §1), seen from the side; `near`: the nearer column."""
    thigh = hip - trunk  # forward swing of the thigh
    shank = thigh - knee
    ankle = (640.0 + offset[0], 520.0 + offset[1])
    knee_at = _step(ankle, SHANK, -shank)
    hip_at = _step(knee_at, THIGH, -thigh)
    shoulder = _step(hip_at, TORSO, trunk)
    head = _step(shoulder, 30.0, trunk)
    lm = np.zeros((33, 4), np.float32)
    lm[:, 3] = visibility
    for rows, at in (
        (range(11), head),
        ((11, 12), shoulder),
        ((13, 14), (shoulder[0], shoulder[1] + 40)),
        (range(15, 23), (shoulder[0], shoulder[1] + 75)),
        ((23, 24), hip_at),
        ((25, 26), knee_at),
        ((27, 28, 29, 30), ankle),
        ((31, 32), (ankle[0] + FOOT, ankle[1])),
    ):
        for row in rows:
            lm[row, :2] = at
    odd = np.arange(33) % 2 == 1
    lm[odd, 2] = -100.0 if near == 0 else 100.0
    lm[~odd, 2] = -lm[1, 2]
    crop = np.array([[2.0, 0.0, 64.0], [0.0, 2.0, -16.0]])
    if facing is Facing.LEFT:
        lm[:, 0] = WIDTH - lm[:, 0]
        crop[0] = [-2.0, 0.0, WIDTH - 64.0]
    return Pose(
        landmarks=lm,
        presence=0.99,
        facing=facing,
        facing_confidence=1.0,
        roi=Roi(320.0, 240.0, 512.0, 0.0),
        crop_to_picture=crop,
        mask=None,
        brightness=0.5,
        people=1,
        picture_size=(WIDTH, HEIGHT),
    )


def reading(flexion: float | None, sd: float | None = 4.0, view: float | None = 5.0, *reasons) -> SpineReading:
    """Give what a spine reader would say."""
    return SpineReading(flexion, sd, view, tuple(reasons))
