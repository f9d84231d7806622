"""What the models saw in one frame, drawn onto that frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hingecue.pose.outline import STATIONS, Aligner, back_profile, to_crop
from hingecue.pose.roi import to_picture
from hingecue.pose.silhouette import SilhouetteSpine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hingecue.types import F64, U8, Pose

BONES: Final = (
    (11, 12), (23, 24), (11, 13), (13, 15), (12, 14), (14, 16), (23, 25), (25, 27), (24, 26), (26, 28), (27, 31),
    (28, 32), (0, 7), (0, 8),
)  # fmt: skip
"""Pairs of landmarks that a line joins."""

BACK: Final = (255, 140, 0)
OUTLINE: Final = (0, 200, 255)
SKELETON: Final = (60, 220, 90)
CHORD: Final = (255, 255, 255)
SPINE: Final = (240, 90, 220)
INK, PAPER = (255, 255, 255), (20, 20, 20)
"""Colours, RGB."""

LINES_PER_HEIGHT: Final = 28
"""So many lines of writing would fill the picture's height."""


def draw_sight(rgb: U8, pose: Pose, lines: Sequence[str]) -> U8:
    """Draw skeleton, outline, the back that is measured, the spine, and `lines` of text onto a copy of `rgb`.

    `rgb`: uint8 (height, width, 3 or 4), as in a `Frame`. Without a mask, no outline, no back and no spine.
    """
    picture = rgb[..., :3].copy()
    thick = max(1, round(min(rgb.shape[:2]) / 240))
    if pose.mask is not None:
        ring, _ = cv2.findContours((pose.mask > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for line in ring:
            _polyline(picture, to_picture(line[:, 0].astype(np.float64), pose.crop_to_picture), OUTLINE, thick)
    points = pose.landmarks[:, :2].astype(np.float64)
    for a, b in BONES:
        _polyline(picture, points[[a, b]], SKELETON, thick)
    _polyline(picture, np.array([points[23:25].mean(axis=0), points[11:13].mean(axis=0)]), CHORD, thick)
    back = back_line(pose)
    if back is not None:
        _polyline(picture, back, BACK, 2 * thick)
    spine = SilhouetteSpine().spine_line(pose)
    if spine is not None:
        _polyline(picture, spine, SPINE, thick)
        for joint in np.round(spine).astype(int).tolist():
            cv2.circle(picture, joint, 2 * thick, SPINE, -1, cv2.LINE_AA)
    _write(picture, lines)
    return picture


def back_line(pose: Pose) -> F64 | None:
    """Give the back from hip to shoulder in the picture: float64 (n, 2) px; None where it is not seen."""
    aligned = Aligner().align(pose)
    if aligned is None:
        return None
    offset = back_profile(aligned.mask)
    known = np.isfinite(offset)
    if known.sum() < 2:
        return None
    crop = to_crop(pose)
    hip = crop[23:25].mean(axis=0)
    up = crop[11:13].mean(axis=0) - hip
    dorsal = np.array([up[1], -up[0]])  # the crop shows everyone facing right: the back is to the left of upwards
    line = hip + STATIONS[known, None] * up + offset[known, None] * dorsal
    return to_picture(line, pose.crop_to_picture)


def as_png(picture: U8) -> bytes:
    """Give a picture, RGB, as the bytes of a PNG file."""
    _, data = cv2.imencode(".png", picture[:, :, ::-1])
    return data.tobytes()


def _polyline(picture: U8, points: F64, colour: tuple[int, int, int], thick: int) -> None:
    cv2.polylines(picture, [np.round(points).astype(np.int32)], False, colour, thick, cv2.LINE_AA)


def _write(picture: U8, lines: Sequence[str]) -> None:
    """Write the lines into the upper left corner, each on a dark strip."""
    height = round(picture.shape[0] / LINES_PER_HEIGHT)
    scale = height / 34
    for number, line in enumerate(lines):
        (width, _), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        top = number * height
        cv2.rectangle(picture, (0, top), (width + height, top + height), PAPER, -1)
        at = height // 2, top + round(0.75 * height)
        cv2.putText(picture, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1, cv2.LINE_AA)
