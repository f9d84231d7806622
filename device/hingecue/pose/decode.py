"""From the models' raw numbers to boxes and landmarks. Pure: no model, no picture, no state but scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hingecue.pose.roi import CROP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hingecue.types import F32, F64

DETECTOR_EDGE: Final = 224
"""Edge of the detector's input in pixels."""

LANDMARKS: Final = 33
POINTS: Final = 35
"""The 33 landmarks and the two auxiliary points that place the next crop; the model's other four are unused."""

MIN_SCORE: Final = 0.5
"""A box below this is no person (MediaPipe's pose_detection graph)."""

NMS_IOU: Final = 0.3
"""Boxes that overlap more are the same person (MediaPipe's pose_detection graph)."""

HEATMAP_EDGE: Final = 64
KERNEL: Final = 7
REACH: Final = KERNEL // 2
MIN_HEAT: Final = 0.5
"""Refinement window in heatmap cells and the least peak that is believed (MediaPipe's landmark graphs)."""

LEAST_LOGIT: Final = float(np.log(MIN_HEAT / (1 - MIN_HEAT)))
COLD: Final = np.float32(-100.0)
"""A logit whose probability is nothing."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Detections. `score`: (n,), `box`: (n, 4) x0 y0 x1 y1, `centre` and `end`: (n, 2) hip centre, head end."""

    score: F64
    box: F64
    centre: F64
    end: F64

    def __len__(self) -> int:
        return len(self.score)


def sigmoid(x: NDArray[np.floating]) -> F64:
    """Give 1 / (1 + e^−x), safe for any x."""
    half: F64 = 0.5 * np.tanh(0.5 * np.asarray(x, dtype=np.float64)) + 0.5
    return half


def make_anchors() -> F64:
    """Give the centres of the detector's 2254 anchors in units of its input's edge: float64 (2254, 2)."""
    grids = ((28, 2), (14, 2), (7, 6))  # cells along an edge at strides 8, 16, 32; anchors in a cell
    return np.concatenate([_grid(cells, each) for cells, each in grids])


def _grid(cells: int, each: int) -> F64:
    line = (np.arange(cells) + 0.5) / cells
    x, y = np.meshgrid(line, line)
    return np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0)


def decode_boxes(raw: F32, logits: F32, anchors: F64) -> Boxes:
    """Give the boxes with a score of at least `MIN_SCORE`, in pixels of the detector's input.

    `raw`: (2254, 12) box centre, box size and four key points as offsets from the anchor in px; `logits`: (2254,).
    """
    keep = np.flatnonzero(logits >= np.log(MIN_SCORE / (1 - MIN_SCORE)))
    picked = raw[keep].astype(np.float64)
    origin = anchors[keep] * DETECTOR_EDGE
    centre = picked[:, 0:2] + origin
    half = picked[:, 2:4] / 2
    return Boxes(
        score=sigmoid(logits[keep]),
        box=np.concatenate([centre - half, centre + half], axis=1),
        centre=picked[:, 4:6] + origin,
        end=picked[:, 6:8] + origin,
    )


def merge(boxes: Boxes) -> Boxes:
    """Merge boxes that overlap into one a person, weighted by score; the best score first (weighted NMS).

    Boxes of one score go by height and by distance from x = 0, so that the mirror image at −x merges alike.
    """
    order = np.lexsort((np.abs(boxes.centre[:, 0]), boxes.box[:, 1], -boxes.score))
    groups: list[NDArray[np.intp]] = []
    while len(order):
        same = _iou(boxes.box[order[0]], boxes.box[order]) > NMS_IOU
        same[0] = True  # a box without area overlaps nothing, not even itself
        groups.append(order[same])
        order = order[~same]
    return Boxes(
        score=np.array([boxes.score[g].max() for g in groups], dtype=np.float64),
        box=_means(boxes.box, boxes.score, groups),
        centre=_means(boxes.centre, boxes.score, groups),
        end=_means(boxes.end, boxes.score, groups),
    )


def _means(values: F64, weight: F64, groups: list[NDArray[np.intp]]) -> F64:
    rows = [np.average(values[g], axis=0, weights=weight[g]) for g in groups]
    return np.array(rows, dtype=np.float64).reshape(len(groups), values.shape[1])


def _iou(one: F64, many: F64) -> F64:
    low = np.maximum(one[:2], many[:, :2])
    high = np.minimum(one[2:], many[:, 2:])
    inter = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(np.clip(many[:, 2:] - many[:, :2], 0, None), axis=1)
    union = area + np.prod(np.clip(one[2:] - one[:2], 0, None)) - inter
    iou: F64 = inter / np.maximum(union, 1e-9)
    return iou


class Refiner:
    """Moves each landmark to the weight centre of its heatmap's peak; holds the index tables."""

    def __init__(self) -> None:
        step = np.arange(-REACH, REACH + 1)
        self._dx = np.tile(step, KERNEL)
        self._dy = np.repeat(step, KERNEL)
        self._moments = np.stack([np.ones(KERNEL**2), self._dx, self._dy], axis=1).astype(np.float32)
        self._tables: dict[int, NDArray[np.intp]] = {}

    def __call__(self, points: F32, heatmap: F32) -> None:
        """Move `points` (n ≥ 35, ≥ 2), x and y in crop pixels, in place.

        `heatmap`: logits (64, 64, planes ≥ 35). A landmark outside the crop or without a peak of at least
        `MIN_HEAT` stays where it is.
        """
        cell = (points[:POINTS, :2] * np.float32(HEATMAP_EDGE / CROP)).astype(np.intp)
        numbers = cell.ravel().tolist()  # so few that Python's own min and max are quicker
        low, high = min(numbers), max(numbers)
        planes = heatmap.shape[2]
        flat = ((cell[:, 1] * HEATMAP_EDGE + cell[:, 0]) * planes)[:, None] + self._table(planes)
        heat = np.take(heatmap, flat, mode="clip")
        if low < REACH or high >= HEATMAP_EDGE - REACH:
            self._blank_outside(heat, cell)
        move = np.flatnonzero(heat.max(axis=1) >= LEAST_LOGIT)
        if len(move) < POINTS:
            heat = heat[move]
        heat *= np.float32(0.5)
        np.tanh(heat, out=heat)
        heat += 1.0  # the sigmoid, twice as large
        sums = heat @ self._moments
        points[move, :2] = (cell[move] + sums[:, 1:] / sums[:, :1]) * (CROP / HEATMAP_EDGE)

    def _table(self, planes: int) -> NDArray[np.intp]:
        if planes not in self._tables:
            window = (self._dy * HEATMAP_EDGE + self._dx) * planes
            self._tables[planes] = window[None, :] + np.arange(POINTS)[:, None]
        return self._tables[planes]

    def _blank_outside(self, heat: F32, cell: NDArray[np.intp]) -> None:
        x, y = cell[:, :1] + self._dx, cell[:, 1:] + self._dy
        heat[(x < 0) | (x >= HEATMAP_EDGE) | (y < 0) | (y >= HEATMAP_EDGE)] = COLD
        heat[((cell < 0) | (cell >= HEATMAP_EDGE)).any(axis=1)] = COLD
