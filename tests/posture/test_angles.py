from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import skeleton

from hingecue.posture.angles import NearSide, lean_deg, measure, wrap_deg
from hingecue.types import Facing

angle = st.floats(-20, 100)


@given(trunk=angle, hip=st.floats(-20, 150), knee=st.floats(0, 150), facing=st.sampled_from(list(Facing)))
def test_the_angles_of_a_figure_are_found_again(trunk, hip, knee, facing) -> None:
    found = measure(skeleton.pose(trunk, hip, knee, facing=facing), near=1)
    assert found.trunk_deg == pytest.approx(trunk, abs=0.01)
    assert found.hip_deg == pytest.approx(hip, abs=0.01)
    assert found.knee_deg == pytest.approx(knee, abs=0.01)
    assert found.legs_seen


@given(st.floats(-1000, 1000))
def test_wrapping_keeps_the_direction(angle) -> None:
    wrapped = wrap_deg(angle)
    assert -180 < wrapped <= 180
    assert math.isclose(math.cos(math.radians(wrapped)), math.cos(math.radians(angle)), abs_tol=1e-9)


def test_lean_is_positive_forward_for_either_facing() -> None:
    low, high = np.array([0.0, 10.0]), np.array([10.0, 0.0])
    assert lean_deg(low, high, 1) == pytest.approx(45)
    assert lean_deg(low, high, -1) == pytest.approx(-45)


def test_a_trunk_that_is_not_seen_is_not_known() -> None:
    pose = skeleton.pose(40, 60, 10, visibility=0.2)
    assert measure(pose, 1) == measure(pose, 0)
    assert measure(pose, 1).trunk_deg is None
    assert not measure(pose, 1).legs_seen


def test_legs_outside_the_picture_are_not_known_but_the_trunk_is() -> None:
    pose = skeleton.pose(40, 60, 10)
    lm = pose.landmarks.copy()
    lm[[25, 26, 27, 28], 1] = 1900
    found = measure(replace(pose, landmarks=lm), 1)
    assert found.trunk_deg == pytest.approx(40, abs=0.01)
    assert found.hip_deg is None
    assert found.knee_deg is None


def test_a_hidden_ankle_leaves_the_hip_known() -> None:
    pose = skeleton.pose(40, 60, 10)
    lm = pose.landmarks.copy()
    lm[[27, 28], 3] = 0.1
    found = measure(replace(pose, landmarks=lm), 1)
    assert found.hip_deg == pytest.approx(60, abs=0.01)
    assert found.knee_deg is None


@pytest.mark.parametrize("near", [0, 1])
def test_the_near_side_is_told_by_depth_and_held_against_a_single_swap(near) -> None:
    side = NearSide()
    right_frame = skeleton.pose(30, 40, 10, near=near).landmarks
    swapped = skeleton.pose(30, 40, 10, near=1 - near).landmarks
    for _ in range(20):
        assert side.update(right_frame) == near
    assert side.update(swapped) == near
