"""Squares and maps: there and back, and the same in the mirror."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecue.pose.roi import (
    CROP,
    MIN_SIZE_PX,
    crop_affine,
    gap,
    letterbox_affine,
    mean_roi,
    mirrored_roi,
    roi_from_points,
    snapped,
    span,
    to_crop,
    to_picture,
)
from hingecue.types import Roi

PX = st.floats(-500, 4500, allow_nan=False)
SQUARES = st.builds(Roi, PX, PX, st.floats(2, 5000), st.floats(-math.pi, math.pi)).map(snapped)
WIDTHS = st.integers(2, 4096)


@given(SQUARES, st.booleans(), st.lists(st.tuples(PX, PX), min_size=1, max_size=5))
def test_a_point_goes_to_the_crop_and_back(roi: Roi, mirrored: bool, points: list[tuple[float, float]]) -> None:
    affine = crop_affine(roi, mirrored=mirrored)
    there = to_crop(np.array(points), affine)
    np.testing.assert_allclose(to_picture(there, affine), points, atol=1e-6)


@given(SQUARES, st.booleans())
def test_the_middle_of_the_square_is_the_middle_of_the_crop(roi: Roi, mirrored: bool) -> None:
    middle = to_picture(np.array([[CROP / 2, CROP / 2]]), crop_affine(roi, mirrored=mirrored))
    np.testing.assert_allclose(middle, [[roi.cx, roi.cy]], atol=1e-6)
    assert np.sign(np.linalg.det(crop_affine(roi, mirrored=mirrored)[:, :2])) == (-1 if mirrored else 1)


@given(SQUARES, WIDTHS)
def test_mirroring_twice_changes_no_bit(roi: Roi, width: int) -> None:
    assert mirrored_roi(mirrored_roi(roi, width), width) == roi


@given(SQUARES, WIDTHS)
def test_a_mirrored_cut_sees_what_the_plain_cut_sees_in_the_mirror(roi: Roi, width: int) -> None:
    corners = np.array([[0.0, 0.0], [255.0, 0.0], [0.0, 255.0]])
    here = to_picture(corners, crop_affine(roi, mirrored=True))
    there = to_picture(corners, crop_affine(mirrored_roi(roi, width), mirrored=False))
    np.testing.assert_allclose(width - 1 - here[:, 0], there[:, 0], atol=1e-6)
    np.testing.assert_allclose(here[:, 1], there[:, 1], atol=1e-6)


@given(PX, PX, PX, PX)
def test_the_square_from_two_points_is_mirrored_with_them(cx: float, cy: float, ex: float, ey: float) -> None:
    roi, twin = roi_from_points(cx, cy, ex, ey), roi_from_points(-cx, cy, -ex, ey)
    assert (twin.cx, twin.cy, twin.size) == (-roi.cx, roi.cy, roi.size)
    assert math.remainder(twin.angle_rad + roi.angle_rad, math.tau) == pytest.approx(0, abs=1e-5)
    assert roi.size >= MIN_SIZE_PX


def test_an_upright_body_gives_an_upright_square() -> None:
    assert roi_from_points(100, 200, 100, 120) == Roi(100, 200, 200, 0)


@given(SQUARES, SQUARES, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_mean_of_squares_does_not_care_for_order_or_mirror(a: Roi, b: Roi, wa: float, wb: float) -> None:
    mean = mean_roi(a, b, wa, wb)
    twin = mirrored_roi(mean_roi(mirrored_roi(b, 640), mirrored_roi(a, 640), wb, wa), 640)
    assert (twin.cx, twin.cy, twin.size) == pytest.approx((mean.cx, mean.cy, mean.size), abs=0.02)
    turn = abs(math.remainder(a.angle_rad - b.angle_rad, math.tau))
    if turn < 3:  # opposite squares have no mean direction
        assert math.remainder(twin.angle_rad - mean.angle_rad, math.tau) == pytest.approx(0, abs=1e-5)


@given(SQUARES, WIDTHS, WIDTHS)
def test_the_span_holds_the_part_of_the_square_in_the_picture(roi: Roi, width: int, height: int) -> None:
    x0, y0, x1, y1 = span(roi, width, height)
    assert 0 <= x0 <= x1
    assert 0 <= y0 <= y1
    grid = np.stack(np.meshgrid(np.linspace(0, CROP, 9), np.linspace(0, CROP, 9)), axis=-1).reshape(-1, 2)
    x, y = to_picture(grid, crop_affine(roi, mirrored=False)).T
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    assert ((x[inside] >= x0) & (x[inside] <= x1 - 1) & (y[inside] >= y0) & (y[inside] <= y1 - 1)).all()


def test_gaps_count_in_edges_of_the_larger_square() -> None:
    assert gap(Roi(0, 0, 100, 0), Roi(30, 40, 50, 1)) == 0.5


@pytest.mark.parametrize(("width", "height"), [(64, 48), (640, 480), (480, 640), (3840, 2160)])
def test_the_letterbox_fills_the_longer_edge(width: int, height: int) -> None:
    affine = letterbox_affine(width, height, 224)
    corners = to_picture(np.array([[0.0, 0.0], [width, height]]), affine)
    size = corners[1] - corners[0]
    assert size.max() == pytest.approx(224)
    np.testing.assert_allclose(corners.sum(axis=0), [224, 224])
    x = np.array([[width - 1.0, 0.0]])
    there = to_picture(x, letterbox_affine(width, height, 224, mirrored=True))
    np.testing.assert_allclose(there, to_picture(x * 0, affine), atol=1e-9)
