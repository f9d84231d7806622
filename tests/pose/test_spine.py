"""The readers of the spine, on the bundled recording and on drawn outlines."""

from __future__ import annotations

import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.fakes import skeleton

from hingecue.app.demo import FOLDER
from hingecue.pose.contour import ContourSpine, arm_over_back, expand, features, load_weights
from hingecue.pose.opinions import NETWORK_SHARE, VIEW_SHARE, TwoOpinions, join
from hingecue.pose.outline import HIP_X, HIP_Y, SIZE, STATIONS, TORSO_PX, Aligned, Aligner, back_profile
from hingecue.pose.silhouette import MIRROR_COLUMNS, SHADE_MAX, SHADE_SCALE, SilhouetteSpine, body_vector, shade
from hingecue.pose.spine import open_spine
from hingecue.pose.tracker import PoseTracker
from hingecue.sense.recording import open_recording
from hingecue.types import Facing, Reason


@pytest.fixture(scope="module")
def poses():
    """Poses (t_s, pose, true flexion) of the bundled recording, one a second."""
    with (FOLDER / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {round(float(r["t_s"]), 2): float(r["spine_flexion_deg"]) for r in csv.DictReader(file)}
    tracker = PoseTracker("full")
    found = []
    with open_recording(FOLDER) as recording:
        for frame in recording.video:
            if frame.t_s > 16:
                break
            pose = tracker.step(frame, want_mask=True)
            if frame.index % 10 == 0 and pose is not None:
                kept = replace(pose, mask=pose.mask.copy(), image=pose.image.copy())
                found.append((frame.t_s, kept, truth[round(frame.t_s, 2)]))
    return found


@pytest.mark.parametrize("reader", [ContourSpine, SilhouetteSpine, TwoOpinions])
def test_a_round_back_reads_rounder_than_a_flat_one(poses, reader):
    spine = reader()
    readings = [(spine.read(pose), true) for _, pose, true in poses]
    flat = [r.flexion_deg for r, true in readings if true < 15]
    round_ = [r.flexion_deg for r, true in readings if true > 45]
    assert min(len(flat), len(round_)) > 3
    assert np.mean(round_) > np.mean(flat) + 25
    assert all(3 < r.sd_deg < 60 for r, _ in readings)
    assert np.median([r.view_deg for r, _ in readings]) < 30


def test_the_drawn_spine_lies_in_the_body_and_bends_with_the_back(poses):
    spine = SilhouetteSpine()
    bends, truths = [], []
    for _, pose, true in poses:
        line = spine.spine_line(pose)
        assert line.shape == (9, 2)
        points = pose.landmarks[:, :2].astype(np.float64)
        hip, shoulder, ears = (points[list(pair)].mean(axis=0) for pair in ((23, 24), (11, 12), (7, 8)))
        torso = np.linalg.norm(shoulder - hip)
        assert np.linalg.norm(line[0] - hip) < 0.4 * torso
        assert np.linalg.norm(line[-1] - ears) < 0.4 * torso
        in_crop = cv2.transform(line[None], cv2.invertAffineTransform(pose.crop_to_picture))[0]
        column, row = np.round(in_crop).astype(int).T
        assert (pose.mask[row, column] > 0.5).mean() > 0.7
        (low, high) = line[2] - line[0], line[6] - line[4]
        turned = np.degrees(np.arctan2(low[0] * high[1] - low[1] * high[0], low @ high)) * pose.facing.sign
        bends.append(turned)
        truths.append(true)
    truths = np.array(truths)
    assert np.mean(np.array(bends)[truths > 45]) > np.mean(np.array(bends)[truths < 15]) + 15


def test_the_drawn_spine_of_who_faces_left_is_the_mirror_image(poses):
    _, pose, _ = poses[0]
    spine = SilhouetteSpine()
    mirror = np.array([[-1.0, 0.0, 1000.0], [0.0, 1.0, 0.0]])
    landmarks = pose.landmarks.copy()
    landmarks[:, 0] = 1000.0 - landmarks[:, 0]
    affine = pose.crop_to_picture.copy()
    affine[0] *= -1
    affine[0, 2] += 1000.0
    turned = Facing.LEFT if pose.facing is Facing.RIGHT else Facing.RIGHT
    other = replace(pose, landmarks=landmarks, crop_to_picture=affine, facing=turned)
    assert spine.spine_line(other) == pytest.approx(cv2.transform(spine.spine_line(pose)[None], mirror)[0], abs=0.5)


def test_no_spine_is_drawn_where_none_is_read(poses):
    _, pose, _ = poses[0]
    spine = SilhouetteSpine()
    assert spine.spine_line(replace(pose, mask=None)) is None
    astray = pose.landmarks.copy()
    astray[:, :2] += 3 * np.linalg.norm(astray[11, :2] - astray[23, :2])
    lost = replace(pose, landmarks=astray)
    assert (spine.read(lost).flexion_deg is None) == (spine.spine_line(lost) is None)


@pytest.mark.parametrize("reader", [ContourSpine, SilhouetteSpine, TwoOpinions])
def test_without_a_mask_or_a_torso_there_is_no_reading(reader):
    spine = reader()
    pose = skeleton.pose(60, 80, 10)
    assert spine.read(pose).flexion_deg is None
    assert spine.read(pose).reasons == (Reason.PERSON_LOST,)
    flat = pose.landmarks.copy()
    flat[[11, 12], :2] = flat[[23, 24], :2]
    assert spine.read(replace(pose, landmarks=flat, mask=np.ones((256, 256), np.float32))).flexion_deg is None


def test_the_dark_forbids_the_formulas_answer(poses):
    _, pose, _ = poses[0]
    assert Reason.LOW_LIGHT in ContourSpine().read(replace(pose, brightness=0.01)).reasons


def test_two_opinions_are_their_weighed_mean_and_doubt_where_they_differ():
    close = join(skeleton.reading(20.0, 10.0, 10.0), skeleton.reading(24.0, 14.0, 20.0, Reason.ARM_OVER_BACK))
    far = join(skeleton.reading(5.0, 10.0, 10.0), skeleton.reading(65.0, 14.0, 20.0))
    assert close.flexion_deg == pytest.approx(20.0 + 4.0 * NETWORK_SHARE)
    assert close.view_deg == pytest.approx(10.0 + 10.0 * VIEW_SHARE)
    assert close.reasons == (Reason.ARM_OVER_BACK,)
    assert close.sd_deg == pytest.approx(39.66, abs=0.01)
    assert far.sd_deg > 20
    assert join(skeleton.reading(None), skeleton.reading(20.0)).reasons == (Reason.PERSON_LOST,)
    assert join(skeleton.reading(20.0, 10.0, None), skeleton.reading(24.0, 14.0, 20.0)).view_deg == 20.0
    assert join(skeleton.reading(20.0, 10.0, 10.0), skeleton.reading(24.0, 14.0, None)).view_deg == 10.0
    assert join(skeleton.reading(None, view=None), skeleton.reading(None, view=None)).view_deg is None


def test_the_product_opens_a_reader():
    assert open_spine().read(skeleton.pose()).flexion_deg is None


def test_a_belly_taken_for_the_back_is_noticed(poses):
    spine = SilhouetteSpine()
    _, pose, true = next(p for p in poses if p[2] > 55)
    mirrored = replace(pose, facing=Facing.LEFT if pose.facing is Facing.RIGHT else Facing.RIGHT)
    wrong = mirrored.crop_to_picture.copy()
    wrong[:, 2] += 255 * wrong[:, 0]
    wrong[:, 0] *= -1
    mask, image = (np.ascontiguousarray(view[:, ::-1]) for view in (pose.mask, pose.image))
    mirrored = replace(mirrored, crop_to_picture=wrong, mask=mask, image=image)
    assert spine.read(mirrored).flexion_deg == pytest.approx(spine.read(pose).flexion_deg, abs=12)
    assert true > 55


def bump(height: float) -> np.ndarray:
    """An aligned mask whose back stands off by 0.3 torso lengths, and by `height` more in the middle."""
    mask = np.zeros((SIZE, SIZE), np.float32)
    for y in range(SIZE):
        s = (HIP_Y - y) / TORSO_PX
        off = 0.3 + height * np.exp(-(((s - 0.5) / 0.25) ** 2))
        mask[y, round(HIP_X - off * TORSO_PX) : 60] = 1.0
    return mask


def test_the_profile_is_the_outline():
    profile = back_profile(bump(0.2))
    assert profile.shape == STATIONS.shape
    assert profile[np.abs(STATIONS - 0.5).argmin()] == pytest.approx(0.5, abs=0.03)
    assert profile[0] == pytest.approx(0.3, abs=0.03)


def test_a_body_beside_the_line_is_found_and_a_missing_one_is_not_known():
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[:, 20:35] = 1.0
    assert np.nanmedian(back_profile(mask)) == pytest.approx((HIP_X - 20) / TORSO_PX, abs=0.03)
    assert np.isnan(back_profile(np.zeros((SIZE, SIZE), np.float32))).all()
    assert np.isnan(back_profile(np.ones((SIZE, SIZE), np.float32))).all()


def aligned(points=None) -> Aligned:
    landmarks = np.zeros((33, 4), np.float32)
    landmarks[11:13, 1] = 1.0
    for row, (x, y) in (points or {}).items():
        landmarks[row, :2] = x, y
    return Aligned(bump(0.0), landmarks, 60.0, 100.0)


def test_an_arm_on_the_back_is_told_from_one_that_hangs():
    profile = back_profile(bump(0.0))
    hanging = {13: (0.3, 0.8), 15: (0.8, 0.8), 14: (0.3, 0.8), 16: (0.8, 0.8)}
    on_back = {13: (-0.3, 0.7), 15: (-0.3, 0.2), 14: (0.3, 0.8), 16: (0.8, 0.8)}
    assert not arm_over_back(aligned(hanging), profile)
    assert arm_over_back(aligned(on_back), profile)
    assert not arm_over_back(aligned(on_back), np.full_like(profile, np.nan))


def test_features_of_an_unseen_outline_are_finite():
    x = features(aligned(), np.full(len(STATIONS), np.nan, np.float32))
    assert np.isfinite(x).all()
    assert len(expand(x)) == 2 * len(x) == len(load_weights().weights)


def test_turning_the_network_inputs_twice_gives_them_back():
    body = np.zeros(79, np.float32)
    turned = np.zeros(79, np.float32)
    body_vector(aligned({13: (0.3, 0.8)}), 0.9, body, mirrored=False)
    body_vector(aligned({13: (0.3, 0.8)}), 0.9, turned, mirrored=True)
    assert turned[0:-3:4] == pytest.approx(-body[0:-3:4])
    assert turned[-3] == pytest.approx(-body[-3])
    assert turned[1:-3:4] == pytest.approx(body[1:-3:4])
    middle = slice(10, 79)
    assert (MIRROR_COLUMNS[MIRROR_COLUMNS][middle] == np.arange(SIZE)[middle]).all()


def test_light_and_shade_are_those_of_the_body_whatever_the_lamp():
    rng = np.random.default_rng(3)
    grey = rng.integers(60, 120, (SIZE, SIZE)).astype(np.uint8)
    body = replace(aligned(), grey=grey)
    brighter = replace(body, grey=(2 * grey).astype(np.uint8))
    one, two = (np.full((SIZE, SIZE), 9.0, np.float32) for _ in range(2))
    shade(body, one)
    shade(brighter, two)
    assert (one[body.mask == 0] == 0).all()
    assert abs(one[body.mask > 0].mean()) < 0.01
    assert 0.2 < one[body.mask > 0].std() < SHADE_SCALE
    assert np.abs(one).max() <= SHADE_SCALE * SHADE_MAX
    assert np.abs(one - two).max() < 0.25 * SHADE_SCALE * SHADE_MAX
    shade(aligned(), two)
    assert (two == 0).all()


def test_the_aligned_frame_puts_hip_and_shoulder_in_their_places(poses):
    _, pose, _ = poses[5]
    found = Aligner().align(pose)
    assert found.landmarks[23:25, :2].mean(0) == pytest.approx([0, 0], abs=1e-4)
    assert found.landmarks[11:13, :2].mean(0) == pytest.approx([0, 1], abs=1e-4)
    assert found.mask.max() > 0.9
