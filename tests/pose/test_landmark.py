"""One crop: cut alike in the mirror, at any size, from any array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hingecue.pose.landmark import Landmarker, dense
from hingecue.pose.roi import CROP, mirrored_roi, to_picture
from hingecue.pose.runtime import Network
from hingecue.types import Roi

if TYPE_CHECKING:
    from collections.abc import Mapping


class Echo:
    """A model that tells where the crop is bright and keeps what it saw."""

    def __init__(self) -> None:
        self.inputs = {"image": np.zeros((1, CROP, CROP, 3), np.uint8)}
        self.mask = np.linspace(0, 1, CROP * CROP, dtype=np.float32).reshape(1, CROP, CROP, 1)

    def run(self) -> Mapping[str, np.ndarray]:
        points = np.zeros((39, 5), np.float32)
        points[:, 0], points[:, 1] = np.linspace(30, 200, 39), np.linspace(200, 40, 39)
        points[:, 2], points[:, 3] = 8, 2
        points[33], points[34] = (128, 128, 0, 0, 0), (148, 28, 0, 0, 0)
        return {
            "landmarks": points.reshape(1, -1),
            "heatmap": np.full((1, 64, 64, 39), -9, np.float32),
            "presence": np.array([[0.75]], np.float32),
            "mask": self.mask,
        }


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (height, width, 3), dtype=np.uint8)


def looker() -> tuple[Landmarker, Echo, Echo]:
    plain, masked = Echo(), Echo()
    return Landmarker(plain, masked), plain, masked


def test_a_plain_square_is_cut_as_it_is() -> None:
    eyes, plain, _ = looker()
    rgb = noise(300, 400)
    sight = eyes.look(rgb, Roi(128 + 40, 128 + 20, 256, 0), mirrored=False)
    np.testing.assert_array_equal(plain.inputs["image"][0], rgb[20 : 20 + CROP, 40 : 40 + CROP])
    assert sight.mask is None
    assert sight.presence == 0.75
    np.testing.assert_allclose(sight.picture[:, :2], sight.crop[:33, :2] + (40, 20), atol=1e-4)
    np.testing.assert_allclose(sight.picture[:, 3], 1 / (1 + np.exp(-2)), atol=1e-6)
    np.testing.assert_allclose(sight.crop_xyzv[:, :3], sight.crop[:33, :3])
    assert sight.next_roi.cx == 128 + 40


@pytest.mark.parametrize("roi", [Roi(200.5, 130.25, 300, 0.4), Roi(20, 20, 90, -2), Roi(390, 280, 777.5, 3)])
@pytest.mark.parametrize("shape", [(300, 400), (301, 401)])
def test_the_mirror_image_gives_the_same_bits(roi: Roi, shape: tuple[int, int]) -> None:
    eyes, plain, _ = looker()
    rgb = noise(*shape)
    width = shape[1]
    here = eyes.look(rgb, roi, mirrored=True)
    crop = plain.inputs["image"].copy()
    there = eyes.look(rgb[:, ::-1], mirrored_roi(roi, width), mirrored=False)
    assert (crop == plain.inputs["image"]).all()
    assert here.next_roi == mirrored_roi(there.next_roi, width)
    np.testing.assert_allclose(width - 1 - here.picture[:, 0], there.picture[:, 0], atol=1e-3)
    np.testing.assert_array_equal(here.picture[:, 1:], there.picture[:, 1:])
    np.testing.assert_allclose(to_picture(here.crop[:33, :2], here.affine), here.picture[:, :2], atol=1e-3)


def test_a_square_beside_the_picture_is_black() -> None:
    eyes, plain, _ = looker()
    eyes.look(noise(48, 64), Roi(32, 24, 60, 0), mirrored=False)
    eyes.look(noise(48, 64), Roi(900, 24, 60, 0), mirrored=True)
    assert not plain.inputs["image"].any()


@pytest.mark.parametrize("shape", [(48, 64), (2160, 3840)])
def test_any_size_and_any_stride_will_do(shape: tuple[int, int]) -> None:
    eyes, plain, _ = looker()
    rgb = noise(*shape)
    roi = Roi(shape[1] / 2, shape[0] / 2, shape[0], 0.1)
    eyes.look(rgb, roi, mirrored=False)
    crop = plain.inputs["image"].copy()
    for odd in (np.asfortranarray(rgb), np.repeat(rgb, 2, axis=1)[:, ::2], rgb[::-1].copy()[::-1]):
        eyes.look(odd, roi, mirrored=False)
        assert (plain.inputs["image"] == crop).all()


def test_the_mask_lies_in_the_buffer_of_the_model() -> None:
    eyes, _, masked = looker()
    first = eyes.look(noise(48, 64), Roi(32, 24, 60, 0), mirrored=False, want_mask=True).mask
    assert first is not None
    np.testing.assert_array_equal(first, masked.mask.reshape(CROP, CROP))
    assert np.shares_memory(first, masked.mask)


def test_a_fourth_byte_changes_nothing() -> None:
    eyes, plain, _ = looker()
    rgb = noise(300, 400)
    for mirrored in (False, True):
        eyes.look(rgb, Roi(190, 120, 330, 0.3), mirrored=mirrored)
        crop = plain.inputs["image"].copy()
        eyes.look(np.dstack([rgb, rgb[:, :, :1]]), Roi(190, 120, 330, 0.3), mirrored=mirrored)
        assert (plain.inputs["image"] == crop).all()


def test_a_dense_picture_is_not_copied() -> None:
    rgb = noise(48, 64)
    assert dense(rgb) is rgb
    part = rgb[4:20, 5:30]
    assert dense(part) is part


def test_the_real_models_agree_with_and_without_mask() -> None:
    eyes = Landmarker(Network("pose_lite_nomask"), Network("pose_lite"))
    rgb = noise(120, 160)
    roi = Roi(80, 60, 150, 0)
    plain = eyes.look(rgb, roi, mirrored=False)
    masked = eyes.look(rgb, roi, mirrored=False, want_mask=True)
    np.testing.assert_array_equal(plain.picture, masked.picture)
    assert masked.mask is not None
    assert 0 <= masked.mask.min() <= masked.mask.max() <= 1
    assert plain.presence < 0.5
