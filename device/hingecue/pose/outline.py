"""The outline of the back, in a frame of its own: hip to shoulder stands upright and measures one torso length.

Aligned frame: 96 × 96 px, one torso length = 48 px, mid hip at (44, 72), mid shoulder at (44, 24), back to the left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from hingecue.types import F32, F64, U8, Pose

SIZE: Final = 96
TORSO_PX: Final = 48.0
HIP_X: Final = 44.0
HIP_Y: Final = 72.0
TORSO_MIN_PX: Final = 6.0
"""Hip and shoulder closer than this, px of the crop, give the trunk no direction."""
FLIP: Final = np.array([[1.0], [-1.0]])
"""From y down to y up."""
EDGE: Final = 0.5
"""Where the person ends: half of the mask's probability."""
ROW_FIRST: Final = 14
ROW_LAST: Final = 84
STATIONS: Final[F32] = ((HIP_Y - np.arange(ROW_LAST, ROW_FIRST - 1, -2)) / TORSO_PX).astype(np.float32)
"""Heights along the trunk at which the back is measured: 0 hip, 1 shoulder, from −0.25 to 1.2 (36 of them)."""
COLUMNS: Final = np.arange(SIZE)
LOOK_DORSAL_PX: Final = 26
"""How far towards the back the body is looked for when the hip–shoulder line runs outside the mask."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """One person in the aligned frame.

    `mask`: float32 (96, 96), 0…1. `landmarks`: float32 (33, 4): ventral, up, depth in torso lengths from the mid hip,
    visibility. `inclination_deg`: of the trunk against gravity, forward +. `grey`: uint8 (96, 96), the picture in the
    same frame, None when it was not kept.
    """

    mask: F32
    landmarks: F32
    inclination_deg: float
    torso_px: float
    grey: U8 | None = None


class Aligner:
    """Brings the mask and the landmarks of a pose into the aligned frame, through buffers made once."""

    def __init__(self) -> None:
        self._mask = np.zeros((SIZE, SIZE), np.float32)
        self._grey = np.zeros((SIZE, SIZE), np.uint8)

    def align(self, pose: Pose) -> Aligned | None:
        """Align a pose; None without a mask or when hip and shoulder fall together.

        Mask and grey picture in the result are views that the next call overwrites.
        """
        if pose.mask is None:
            return None
        crop = to_crop(pose)
        hip, up, torso = trunk(crop)
        if torso < TORSO_MIN_PX:
            return None
        matrix = frame(hip, up, torso)
        cv2.warpAffine(pose.mask, matrix, (SIZE, SIZE), dst=self._mask, flags=cv2.INTER_LINEAR)
        if pose.image is not None:
            grey = cv2.cvtColor(pose.image, cv2.COLOR_RGB2GRAY)
            cv2.warpAffine(grey, matrix, (SIZE, SIZE), dst=self._grey, flags=cv2.INTER_LINEAR)
        landmarks = np.empty((33, 4), np.float32)
        landmarks[:, :2] = (crop - hip) @ (matrix[:, :2] / TORSO_PX * FLIP).T
        pixel = math.hypot(*pose.crop_to_picture[:, 0].tolist())
        landmarks[:, 2:] = pose.landmarks[:, 2:]
        landmarks[:, 2] /= torso * pixel
        _, (across, down), _ = trunk(pose.landmarks)
        lean = math.degrees(math.atan2(across * pose.facing.sign, -down))
        return Aligned(self._mask, landmarks, lean, torso * pixel, None if pose.image is None else self._grey)


def trunk(points: F32 | F64) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Give mid hip (x, y), the vector from it to mid shoulder, and its length, from landmarks (33, ≥ 2)."""
    left, right = points[23, :2].tolist(), points[24, :2].tolist()
    above_left, above_right = points[11, :2].tolist(), points[12, :2].tolist()
    hip_x, hip_y = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
    up_x, up_y = (above_left[0] + above_right[0]) / 2 - hip_x, (above_left[1] + above_right[1]) / 2 - hip_y
    return (hip_x, hip_y), (up_x, up_y), math.hypot(up_x, up_y)


def frame(hip: tuple[float, float], up: tuple[float, float], torso: float) -> F64:
    """Give the map (2, 3) from the crop to the aligned frame, from what `trunk` gives of the crop."""
    # Turns `up` into the frame's upwards, and scales it to TORSO_PX.
    c, s = -TORSO_PX * up[1] / torso**2, TORSO_PX * up[0] / torso**2
    return np.array([[c, s, HIP_X - c * hip[0] - s * hip[1]], [-s, c, HIP_Y + s * hip[0] - c * hip[1]]])


def to_crop(pose: Pose) -> F64:
    """Give the landmarks in the crop that the model saw: float64 (33, 2), px of 256."""
    inverse = cv2.invertAffineTransform(pose.crop_to_picture)
    return pose.landmarks[:, :2].astype(np.float64) @ inverse[:, :2].T + inverse[:, 2]


def back_profile(mask: F32) -> F32:
    """Measure the back: how far it stands off the hip–shoulder line at each of STATIONS, in torso lengths.

    `mask`: float32 (96, 96) aligned. Walks from the line (or from the nearest body within reach) towards the back
    until the mask ends; NaN where there is no body. Sub-pixel by linear interpolation.
    """
    rows = mask[ROW_LAST : ROW_FIRST - 1 : -2]
    axis = int(HIP_X)
    inside = rows >= EDGE
    start = np.full(len(rows), axis)
    outside = ~inside[:, axis]
    if outside.any():
        reach = inside[:, axis - LOOK_DORSAL_PX : axis][:, ::-1]
        found = reach.any(axis=1)
        start = np.where(outside & found, axis - 1 - reach.argmax(axis=1), start)
        start = np.where(outside & ~found, -1, start)
    # The first column on the way from the start towards the back that is outside.
    beyond = ~inside & (start[:, None] >= COLUMNS)
    gap = SIZE - 1 - beyond[:, ::-1].argmax(axis=1)
    index = np.arange(len(rows))
    known = (start >= 0) & beyond[index, gap]
    edge = np.minimum(gap, SIZE - 2)
    out_value, in_value = rows[index, edge], rows[index, edge + 1]
    fraction = (in_value - EDGE) / np.maximum(in_value - out_value, 1e-3)
    height = (HIP_X - (edge + 1 - np.clip(fraction, 0.0, 1.0))) / TORSO_PX
    return np.where(known, height, np.nan).astype(np.float32)
