"""The outline of the back stands upright in a frame of its own."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecue.pose.outline import HIP_X, HIP_Y, SIZE, STATIONS, TORSO_PX, Aligner, back_profile, to_crop
from hingecue.pose.roi import crop_affine, to_picture
from hingecue.types import Facing, Pose, Roi

THICK = 20.0


def leaning(lean_deg: float, facing: Facing, *, torso: float = 100, roll: float = 0.0, mask: bool = True) -> Pose:
    """A slab that leans forward: hip at the crop's middle, 20 px of flesh on the back's side and the front's."""
    roi = Roi(400, 300, 512, roll)
    affine = crop_affine(roi, mirrored=facing is Facing.LEFT)
    lean = math.radians(lean_deg) - roll * facing.sign
    up = np.array([math.sin(lean), -math.cos(lean)])
    hip = np.array([128.0, 150.0])
    crop = np.tile(hip, (33, 1))
    crop[11:13] = hip + up * torso
    front = np.array([-up[1], up[0]])
    u, v = np.meshgrid(np.arange(256.0), np.arange(256.0))
    across = (u - hip[0]) * front[0] + (v - hip[1]) * front[1]
    lm = np.zeros((33, 4), np.float32)
    lm[:, :2] = to_picture(crop, affine)
    lm[:, 3] = 1
    return Pose(
        landmarks=lm,
        presence=1,
        facing=facing,
        facing_confidence=1,
        roi=roi,
        crop_to_picture=affine,
        mask=np.clip(THICK - np.abs(across) + 0.5, 0, 1).astype(np.float32) if mask else None,
        brightness=0.5,
        people=1,
        picture_size=(800, 600),
    )


@given(st.floats(-20, 110), st.sampled_from(list(Facing)), st.floats(-1, 1))
def test_a_leaning_slab_stands_upright(lean: float, facing: Facing, roll: float) -> None:
    pose = leaning(lean, facing, roll=roll)
    aligned = Aligner().align(pose)
    assert aligned is not None
    assert aligned.inclination_deg == pytest.approx(lean, abs=0.1)
    assert aligned.torso_px == pytest.approx(200, abs=0.5)
    np.testing.assert_allclose(aligned.landmarks[23, :2], [0, 0], atol=1e-3)
    np.testing.assert_allclose(aligned.landmarks[11, :2], [0, 1], atol=1e-3)
    profile = back_profile(aligned.mask)
    middle = (STATIONS > 0.05) & (STATIONS < 0.95)
    np.testing.assert_allclose(profile[middle], THICK / 100, atol=0.03)


def test_without_a_mask_or_a_torso_there_is_nothing_to_align() -> None:
    aligner = Aligner()
    assert aligner.align(leaning(10, Facing.RIGHT, mask=False)) is None
    assert aligner.align(leaning(10, Facing.RIGHT, torso=5)) is None


def test_the_crop_is_found_again() -> None:
    pose = leaning(30, Facing.LEFT)
    np.testing.assert_allclose(to_crop(pose)[23], [128, 150], atol=1e-3)


def empty() -> np.ndarray:
    return np.zeros((SIZE, SIZE), np.float32)


def test_a_straight_edge_is_measured_between_pixels() -> None:
    mask = empty()
    mask[:, 30:60] = 1
    mask[:, 29] = 0.25
    height = (HIP_X - (30 - (1 - 0.5) / 0.75)) / TORSO_PX
    np.testing.assert_allclose(back_profile(mask), height, atol=1e-5)


def test_no_body_is_not_known() -> None:
    assert np.isnan(back_profile(empty())).all()
    full = np.ones((SIZE, SIZE), np.float32)
    assert np.isnan(back_profile(full)).all()


def test_a_body_behind_the_line_is_looked_for_towards_the_back() -> None:
    mask = empty()
    mask[:, 25:38] = 1
    profile = back_profile(mask)
    np.testing.assert_allclose(profile, (HIP_X - 25) / TORSO_PX, atol=0.6 / TORSO_PX)
    far = empty()
    far[:, 2:10] = 1
    assert np.isnan(back_profile(far)).all()


def test_a_bulge_is_seen_where_it_is() -> None:
    mask = empty()
    mask[:, 38:60] = 1
    cv2.circle(mask, (38, int(HIP_Y - TORSO_PX / 2)), 8, 1.0, -1)
    profile = back_profile(mask)
    assert abs(STATIONS[int(np.argmax(profile))] - 0.5) < 0.06
    assert profile.max() - np.median(profile) == pytest.approx(8 / TORSO_PX, abs=0.03)
