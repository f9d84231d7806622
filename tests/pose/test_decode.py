"""Raw numbers become boxes and landmarks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hingecue.pose.decode import (
    HEATMAP_EDGE,
    POINTS,
    Boxes,
    Refiner,
    decode_boxes,
    make_anchors,
    merge,
    sigmoid,
)

BOX = st.tuples(
    st.floats(-200, 200), st.floats(-200, 200), st.floats(0, 150), st.floats(0, 150), st.sampled_from([0.5, 0.7, 0.9])
)


def boxes(rows: list[tuple[float, ...]], sign: int = 1) -> Boxes:
    x, y, w, h, score = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    x = x * sign
    return Boxes(
        score=score,
        box=np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1),
        centre=np.stack([x, y], axis=1),
        end=np.stack([x, y - h], axis=1),
    )


def test_there_are_2254_anchors_inside_the_picture() -> None:
    anchors = make_anchors()
    assert anchors.shape == (2254, 2)
    assert anchors.min() > 0
    assert anchors.max() < 1
    np.testing.assert_allclose(anchors[0], [1 / 56, 1 / 56])
    np.testing.assert_allclose(anchors[-1], [13 / 14, 13 / 14])


@given(st.floats(-1e4, 1e4))
def test_the_sigmoid_is_safe(x: float) -> None:
    assert 0 <= float(sigmoid(np.float64(x))) <= 1
    np.testing.assert_allclose(sigmoid(np.float64(x)) + sigmoid(np.float64(-x)), 1)


def test_only_sure_boxes_are_decoded() -> None:
    anchors = make_anchors()
    raw = np.zeros((2254, 12), np.float32)
    raw[7] = [1, 2, 40, 60, 3, 4, 5, -30, 0, 0, 0, 0]
    logits = np.full(2254, -5, np.float32)
    logits[7] = 2
    found = decode_boxes(raw, logits, anchors)
    x, y = anchors[7] * 224
    assert len(found) == 1
    np.testing.assert_allclose(found.box, [[x + 1 - 20, y + 2 - 30, x + 1 + 20, y + 2 + 30]])
    np.testing.assert_allclose(found.centre, [[x + 3, y + 4]])
    np.testing.assert_allclose(found.end, [[x + 5, y - 30]])
    np.testing.assert_allclose(found.score, [1 / (1 + np.exp(-2))])


def test_boxes_of_one_person_are_merged_by_weight() -> None:
    merged = merge(boxes([(0, 0, 100, 100, 0.5), (8, 0, 100, 100, 0.9), (300, 0, 50, 50, 0.7)]))
    np.testing.assert_allclose(merged.score, [0.9, 0.7])
    np.testing.assert_allclose(merged.centre[:, 0], [8 * 0.9 / 1.4, 300])


def test_no_boxes_stay_none_and_a_box_without_area_stays_one() -> None:
    assert len(merge(boxes([]))) == 0
    assert len(merge(boxes([(5, 5, 0, 0, 0.9)]))) == 1


@given(st.lists(BOX, max_size=8), st.randoms(use_true_random=False))
def test_merging_is_the_same_in_the_mirror_and_in_any_order(rows: list[tuple[float, ...]], random: object) -> None:
    rows = list({(round(abs(x)), round(y)): (x, y, w, h, s) for x, y, w, h, s in rows}.values())
    rows = [(x, round(y) + h / 2, w, h, s) for x, y, w, h, s in rows]
    other = list(rows)
    random.shuffle(other)  # type: ignore[attr-defined]
    tops = [(round(y - h / 2, 6), round(abs(x), 6), s) for x, y, w, h, s in rows]
    if len(set(tops)) < len(tops):
        return
    here, there = merge(boxes(rows)), merge(boxes(other, -1))
    np.testing.assert_allclose(here.score, there.score)
    np.testing.assert_allclose(here.centre, there.centre * (-1, 1), atol=1e-9)
    np.testing.assert_allclose(here.end, there.end * (-1, 1), atol=1e-9)


def slow_refine(points: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """MediaPipe's loop, written out."""
    out = points.copy()
    for i in range(POINTS):
        cx, cy = (int(v / 4) for v in points[i, :2])
        if not (0 <= cx < 64 and 0 <= cy < 64):
            continue
        total = sum_x = sum_y = peak = 0.0
        for y in range(max(0, cy - 3), min(64, cy + 4)):
            for x in range(max(0, cx - 3), min(64, cx + 4)):
                p = 1 / (1 + np.exp(-float(heatmap[y, x, i])))
                total, sum_x, sum_y, peak = total + p, sum_x + p * x, sum_y + p * y, max(peak, p)
        if peak >= 0.5:
            out[i, :2] = sum_x / total * 4, sum_y / total * 4
    return out


@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([35, 39]))
def test_refining_is_what_mediapipe_does(seed: int, wide: bool, planes: int) -> None:
    rng = np.random.default_rng(seed)
    low, high = (-40, 300) if wide else (20, 230)
    points = rng.uniform(low, high, (planes, 5)).astype(np.float32)
    heat = rng.normal(-6, 3, (HEATMAP_EDGE, HEATMAP_EDGE, planes)).astype(np.float32)
    wanted = slow_refine(points, heat)
    Refiner()(points, heat)
    np.testing.assert_allclose(points, wanted, atol=2e-3)
