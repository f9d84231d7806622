from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.fakes import skeleton

from hingecue.posture.view import faces_camera, name_view, view_angle_deg
from hingecue.types import Facing, View


def turned(across: float, depth: float, facing: Facing = Facing.RIGHT):
    """Give a figure whose left and right joints stand apart by so many px across and in depth."""
    pose = skeleton.pose(facing=facing)
    lm = pose.landmarks.copy()
    for left, right in ((11, 12), (23, 24)):
        lm[left, 0] += across / 2
        lm[right, 0] -= across / 2
        lm[left, 2], lm[right, 2] = depth / 2, -depth / 2
    return replace(pose, landmarks=lm)


def test_the_side_view_is_zero_and_the_front_view_ninety() -> None:
    assert view_angle_deg(turned(0, 270)) == pytest.approx(0, abs=0.1)
    assert view_angle_deg(turned(75, 0)) == pytest.approx(90, abs=0.1)
    assert 30 < view_angle_deg(turned(53, 190)) < 60


@pytest.mark.parametrize(
    ("angle", "front", "view"),
    [
        (None, True, View.UNKNOWN),
        (10, True, View.SIDE),
        (45, False, View.OBLIQUE),
        (80, True, View.FRONT),
        (80, False, View.BACK),
    ],
)
def test_views_have_names(angle, front, view) -> None:
    assert name_view(angle, front_side=front) is view


def test_front_and_back_are_told_by_the_order_of_the_shoulders_also_when_mirrored() -> None:
    assert faces_camera(turned(60, 0))
    assert not faces_camera(turned(-60, 0))
    mirrored = turned(-60, 0, Facing.LEFT)
    assert faces_camera(mirrored)
    assert np.isfinite(view_angle_deg(mirrored))
