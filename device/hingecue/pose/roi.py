"""The rotated square that is cut out for the landmark model, and the maps between it and the picture.

Conventions are MediaPipe's: a point (x, y) is a pixel index, the crop has no half-pixel term, and the
square is turned so that the line hip centre → head end stands upright in the crop.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from hingecue.types import F32, F64, Roi

CROP: Final = 256
"""Edge of the crop in pixels: the input of the landmark models."""

ROI_SCALE: Final = 1.25
"""The square's edge over the diameter of the circle around the body (MediaPipe's pose_landmark graphs)."""

MIN_SIZE_PX: Final = 2.0
"""A smaller square holds no person; the floor keeps the geometry finite."""

GRID: Final = 64
"""Squares lie on 1/64 px: finer than anything seen, coarse enough that `width − 1 − x` is exact."""

ANGLE_GRID: Final = 16384
"""Angles lie on 1/(64 · 16384) rad, for the same reason."""

MARGIN_PX: Final = 2
"""Bilinear interpolation reads one pixel around the square; one more for rounding."""


def roi_from_points(cx: float, cy: float, ex: float, ey: float) -> Roi:
    """Give the square around a body from its hip centre (cx, cy) and a point (ex, ey) on its circle, in px."""
    dx, dy = ex - cx, ey - cy
    size = max(2.0 * math.hypot(dx, dy) * ROI_SCALE, MIN_SIZE_PX)
    return snapped(Roi(cx, cy, size, math.atan2(dx, -dy)))


def snapped(roi: Roi) -> Roi:
    """Give the square with its numbers rounded to `GRID`, so that mirroring it twice changes no bit."""
    cx, cy, size, angle = (round(v * GRID) / GRID for v in (roi.cx, roi.cy, roi.size, roi.angle_rad * ANGLE_GRID))
    return Roi(cx, cy, max(size, MIN_SIZE_PX), angle / ANGLE_GRID)


def mean_roi(a: Roi, b: Roi, weight_a: float, weight_b: float) -> Roi:
    """Mix two squares by weight; the same to the bit when both are mirrored and change places."""
    total = weight_a + weight_b
    turn = math.remainder(b.angle_rad - a.angle_rad, math.tau)
    return snapped(
        Roi(
            (a.cx * weight_a + b.cx * weight_b) / total,
            (a.cy * weight_a + b.cy * weight_b) / total,
            (a.size * weight_a + b.size * weight_b) / total,
            math.remainder(a.angle_rad + turn * weight_b / total, math.tau),
        )
    )


def gap(a: Roi, b: Roi) -> float:
    """Tell how far two squares lie apart: the distance of their centres in edges of the larger one."""
    return math.hypot(a.cx - b.cx, a.cy - b.cy) / max(a.size, b.size)


def span(roi: Roi, width: int, height: int) -> tuple[int, int, int, int]:
    """Give the part of a picture that the square touches: x0, y0, x1, y1 with the ends outside; empty if none."""
    reach = roi.size / 2 * (abs(math.cos(roi.angle_rad)) + abs(math.sin(roi.angle_rad))) + MARGIN_PX
    x0, y0 = max(0, math.floor(roi.cx - reach)), max(0, math.floor(roi.cy - reach))
    x1, y1 = min(width, math.ceil(roi.cx + reach)), min(height, math.ceil(roi.cy + reach))
    return x0, y0, max(x0, x1), max(y0, y1)


def mirrored_roi(roi: Roi, width: int) -> Roi:
    """Give the same square in the mirror image of a picture that is `width` pixels wide."""
    return Roi(width - 1 - roi.cx, roi.cy, roi.size, -roi.angle_rad)


def crop_affine(roi: Roi, *, mirrored: bool) -> F64:
    """Give the map crop pixel (u, v, 1) → picture pixel: float64 (2, 3).

    `mirrored` cuts the crop as from the mirror image: the determinant is then negative, and
    `crop_affine(roi, mirrored=True)` sees exactly what `crop_affine(mirrored_roi(roi), mirrored=False)`
    sees in the mirror image.
    """
    k = roi.size / CROP
    c, s = math.cos(roi.angle_rad) * k, math.sin(roi.angle_rad) * k
    ux, uy = (-c, -s) if mirrored else (c, s)
    half = CROP / 2
    return np.array(
        [
            [ux, -s, roi.cx - half * (ux - s)],
            [uy, c, roi.cy - half * (uy + c)],
        ],
        dtype=np.float64,
    )


def to_picture(points: F32 | F64, affine: F64) -> F64:
    """Map points (n, 2) from the crop to the picture with `affine` (2, 3)."""
    exact: F64 = points.astype(np.float64, copy=False)
    mapped: F64 = exact @ affine[:, :2].T + affine[:, 2]
    return mapped


def to_crop(points: F32 | F64, affine: F64) -> F64:
    """Map points (n, 2) from the picture to the crop: the inverse of `to_picture`."""
    mapped: F64 = np.linalg.solve(affine[:, :2], (points - affine[:, 2]).T).T.astype(np.float64, copy=False)
    return mapped


def letterbox_affine(width: int, height: int, edge: int, *, mirrored: bool = False, share: float = 1.0) -> F64:
    """Give the map picture pixel → pixel of the detector's `edge` × `edge` input: float64 (2, 3).

    The picture is centred, keeps its shape, and its longer edge fills `share` of the input; `mirrored` gives the map
    into the mirror image's input.
    """
    whole = max(width, height) / share
    k = edge / whole
    x0, y0 = k * (whole - width) / 2, k * (whole - height) / 2
    if mirrored:
        return np.array([[-k, 0.0, k * (width - 1) + x0], [0.0, k, y0]], dtype=np.float64)
    return np.array([[k, 0.0, x0], [0.0, k, y0]], dtype=np.float64)
