"""Finds people in a whole picture, the same in its mirror image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from hingecue.pose.decode import DETECTOR_EDGE, Boxes, decode_boxes, make_anchors, merge
from hingecue.pose.landmark import FOUR_BYTES, Network, cut, dense, flipped, with_fourth
from hingecue.pose.roi import gap, letterbox_affine, roi_from_points
from hingecue.types import F32, F64, U8, Roi


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person found: the detector's score 0…1 and the square around the body."""

    score: float
    roi: Roi


class Detector:
    """The detector model, its anchors and its buffer."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._anchors: Final = make_anchors()
        self._wide: U8 = np.zeros((DETECTOR_EDGE, DETECTOR_EDGE, FOUR_BYTES), dtype=np.uint8)
        self._input: U8 = np.zeros((DETECTOR_EDGE, DETECTOR_EDGE, 3), dtype=np.uint8)

    def find(self, rgb: U8, share: float = 1.0) -> list[Candidate]:
        """Give the people in the picture, the best score first; its longer edge fills `share` of what is seen.

        The detector sees the picture and its mirror image, and the boxes of both are pooled. All is reckoned
        from the picture's middle, where mirroring is a change of sign: a mirrored film is found at the
        mirrored places to the bit.
        """
        picture = dense(rgb) if rgb.shape[2] == FOUR_BYTES else with_fourth(rgb)
        found = merge(_join(self._boxes(picture, 1, share), self._boxes(flipped(picture), -1, share)))
        height, width = rgb.shape[:2]
        candidates = []
        for score, centre, end in zip(found.score.tolist(), found.centre.tolist(), found.end.tolist(), strict=True):
            roi = roi_from_points(*centre, *end)
            candidates.append(Candidate(score, replace(roi, cx=roi.cx + (width - 1) / 2, cy=roi.cy + (height - 1) / 2)))
        return candidates

    def _boxes(self, picture: U8, sign: int, share: float) -> Boxes:
        """Give the boxes in a picture, from its middle; `sign` −1 says that the picture is mirrored."""
        height, width = picture.shape[:2]
        affine = letterbox_affine(width, height, DETECTOR_EDGE, share=share)
        cut(picture, affine, self._wide, inverse=False)
        cv2.cvtColor(self._wide, cv2.COLOR_RGBA2RGB, dst=self._input)
        fill(self._network.inputs["image"][0], self._input)
        out = self._network.run()
        boxes = decode_boxes(out["boxes"].reshape(-1, 12), out["scores"].ravel(), self._anchors)

        def from_middle(points: F64) -> F64:
            middle = ((width - 1) / 2, (height - 1) / 2)
            placed: F64 = (((points - affine[:, 2]) / affine[0, 0]) - middle) * (sign, 1)
            return placed

        corners = from_middle(boxes.box.reshape(-1, 2)).reshape(-1, 2, 2)
        return Boxes(
            score=boxes.score,
            box=np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1),
            centre=from_middle(boxes.centre),
            end=from_middle(boxes.end),
        )


def fill(buffer: F32, picture: U8) -> None:
    """Write a picture into the detector's input, black −1, white 1."""
    np.multiply(picture, np.float32(2.0 / 255.0), out=buffer)
    buffer -= np.float32(1.0)


def _join(a: Boxes, b: Boxes) -> Boxes:
    return Boxes(
        score=np.concatenate([a.score, b.score]),
        box=np.concatenate([a.box, b.box]),
        centre=np.concatenate([a.centre, b.centre]),
        end=np.concatenate([a.end, b.end]),
    )


MIDDLE_REACH: Final = 0.4
"""How fast a candidate's rank falls off the picture's middle: to 1/e at 0.4 of the longer edge, near the border."""


def choice_score(candidate: Candidate, width: int, height: int) -> float:
    """Rank a candidate: sure, large and near the middle of the picture wins."""
    roi = candidate.roi
    away = math.hypot(roi.cx - (width - 1) / 2, roi.cy - (height - 1) / 2) / max(width, height)
    return candidate.score * roi.size / max(width, height) * math.exp(-((away / MIDDLE_REACH) ** 2))


ANCHOR_TAU_S: Final = 2.0
"""Memory of the place: slower than a repetition, so that the anchor stays in its middle."""

HOME_GAP: Final = 0.2
"""A lifter's hips stay this close to their place, in edges of the square (some 2.2 m): 0.19 at most in 11 of our 12
clips, 0.25 in one. Beyond it only a search is made; a passer-by in front pulls the square 0.2 to 0.3 off."""

SPEED_PER_S: Final = 1.5
JUMP_GAP: Final = 0.08
"""Faster than this the square slides onto somebody else; hips in a swing or a jump make one edge (2 m) a second."""

SEARCH_GAP: Final = 0.5
"""A candidate this close to the anchor may be the person: the detector's square is rough, above all in a bend."""

SIZE_RATIO: Final = 1.8
"""A person who comes back is not this much larger or smaller than before: a bend makes the square 0.7 as large."""


class Anchor:
    """The place where one person trains: a slow average of the square, and the time since it was left."""

    def __init__(self, roi: Roi, t_ns: int) -> None:
        self._home = self._last = roi
        self._t_ns = t_ns
        self._left_ns: int | None = None

    def holds(self, roi: Roi, t_ns: int) -> bool:
        """Take the next square; tell whether it is at home and came there no faster than a lifter moves."""
        dt = (t_ns - self._t_ns) / 1e9
        jumped = gap(roi, self._last) > JUMP_GAP + SPEED_PER_S * dt
        self._last, self._t_ns = roi, t_ns
        if gap(roi, self._home) > HOME_GAP:
            if self._left_ns is None:
                self._left_ns = t_ns
            return False
        self._left_ns = None
        if jumped:
            return False
        self.draw(roi, dt)
        return True

    def draw(self, roi: Roi, dt_s: float) -> None:
        """Draw the anchor towards the square of the person for `dt_s` seconds."""
        k = 1 - math.exp(-dt_s / ANCHOR_TAU_S)
        home = self._home
        size = home.size + (roi.size - home.size) * k
        self._home = Roi(home.cx + (roi.cx - home.cx) * k, home.cy + (roi.cy - home.cy) * k, size, 0.0)

    def gone_for(self, t_ns: int) -> int:
        """Tell for how many nanoseconds the square has been away from home."""
        return 0 if self._left_ns is None else t_ns - self._left_ns

    def nearest(self, found: list[Candidate]) -> Candidate | None:
        """Give the candidate at the anchor, the nearest if there are several."""
        near = [one for one in found if self._fits(one.roi)]
        return min(near, key=lambda one: gap(one.roi, self._home), default=None)

    def _fits(self, roi: Roi) -> bool:
        ratio = roi.size / self._home.size
        return gap(roi, self._home) < SEARCH_GAP and 1 / SIZE_RATIO < ratio < SIZE_RATIO
