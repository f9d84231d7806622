"""A picture for people who want to know why: what the models saw in one frame, drawn onto that frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hingecue.errors import InputFault
from hingecue.pose.outline import STATIONS, Aligner, back_profile, to_crop
from hingecue.pose.roi import to_picture
from hingecue.posture.judge import bend_signal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hingecue.app.engine import Step
    from hingecue.app.photo import PhotoResult
    from hingecue.types import F64, U8, Bend, Pose

BONES: Final = (
    (11, 12), (23, 24), (11, 13), (13, 15), (12, 14), (14, 16), (23, 25), (25, 27), (24, 26), (26, 28), (27, 31),
    (28, 32), (0, 7), (0, 8),
)  # fmt: skip
"""Pairs of landmarks that a line joins."""

BACK: Final = (255, 140, 0)
OUTLINE: Final = (0, 200, 255)
SKELETON: Final = (60, 220, 90)
CHORD: Final = (255, 255, 255)
INK, PAPER = (255, 255, 255), (20, 20, 20)
"""Colours, RGB."""

LINES_PER_HEIGHT: Final = 28
"""So many lines of writing would fill the picture's height."""


def draw_sight(rgb: U8, pose: Pose, lines: Sequence[str]) -> U8:
    """Draw skeleton, outline of the person, the back that is measured, and `lines` of text onto a copy of `rgb`.

    `rgb`: uint8 (height, width, 3). Without a mask in `pose` the outline and the back are left out.
    """
    picture = np.ascontiguousarray(rgb).copy()
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


class DeepestFrame:
    """Keeps the frame in which the bend under way is deepest: one picture, however long the film."""

    def __init__(self) -> None:
        self._signal = float("-inf")
        self._kept: tuple[U8, Pose] | None = None

    def see(self, step: Step) -> None:
        """Take a step of the engine; its picture and mask are copied if they are the deepest so far."""
        pose, frame = step.pose, step.frame
        if frame is None or pose is None or pose.mask is None or step.posture.trunk_deg is None:
            return
        signal = bend_signal(step.posture)
        if signal > self._signal:
            self._signal = signal
            self._kept = frame.rgb.copy(), replace(pose, mask=pose.mask.copy())

    def take(self) -> tuple[U8, Pose] | None:
        """Give what was kept, and begin anew."""
        kept, self._kept, self._signal = self._kept, None, float("-inf")
        return kept


def bend_lines(bend: Bend) -> list[str]:
    """Say in a few short lines what was judged of a bend; ASCII only, which is all that OpenCV writes."""
    return [
        f"bend {bend.index}: {bend.kind.value} {bend.confidence:.0%}",
        _flexion(bend.spine_flexion_deg, bend.spine_sd_deg),
        f"trunk {_degrees(bend.trunk_deg)}, knee {_degrees(bend.knee_deg)}, view {bend.view.value}",
        *(reason.value for reason in bend.reasons),
    ]


def photo_lines(result: PhotoResult) -> list[str]:
    """Say the same of a photo."""
    return [
        f"back {result.back.value} {result.confidence:.0%}",
        _flexion(result.spine_flexion_deg, result.spine_sd_deg),
        f"trunk {_degrees(result.trunk_deg)}, view {_degrees(result.view_deg)} off the side",
        *(reason.value for reason in result.reasons),
    ]


def write_drawing(path: Path, picture: U8) -> None:
    """Write a picture as PNG, its folder made; `InputFault` when that cannot be done."""
    done, data = cv2.imencode(".png", picture[:, :, ::-1])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes() if done else b"")
    except OSError as error:
        raise InputFault(
            "picture_not_written",
            where=str(path),
            what=f"the picture could not be written ({error.strerror})",
            try_this="give --draw a folder that you may write to",
        ) from error


def _degrees(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} deg"


def _flexion(flexion: float | None, sd: float | None) -> str:
    return "spinal flexion -" if flexion is None or sd is None else f"spinal flexion {flexion:.0f} +- {sd:.0f} deg"


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
