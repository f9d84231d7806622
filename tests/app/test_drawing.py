"""The debug pictures: where the lines lie, which frame is kept, and what a folder that cannot be written brings."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from tests.fakes import skeleton

from hingecue.app.bench import bundled_frames
from hingecue.app.cli import main
from hingecue.app.drawing import DeepestFrame
from hingecue.app.engine import Step
from hingecue.pose.drawing import BACK, SPINE, back_line, draw_sight
from hingecue.types import Facing, Frame, Posture

if TYPE_CHECKING:
    from pathlib import Path

    from hingecue.types import Pose


def person(facing: Facing = Facing.RIGHT) -> Pose:
    """Give a bent person whose mask is a broad bar along the trunk, 24 crop px to either side of it."""
    pose = skeleton.pose(trunk=60.0, hip=60.0, facing=facing, offset=(-340.0, 0.0))
    inverse = cv2.invertAffineTransform(pose.crop_to_picture)
    crop = pose.landmarks[:, :2] @ inverse[:, :2].T + inverse[:, 2]
    mask = np.zeros((256, 256), np.float32)
    ends = [tuple(np.round(crop[i]).astype(int).tolist()) for i in (23, 11)]
    cv2.line(mask, *ends, 1.0, 48)
    return replace(pose, mask=mask, image=np.full((256, 256, 3), 90, np.uint8))


@pytest.mark.parametrize("facing", list(Facing))
def test_the_back_lies_on_the_back(facing: Facing) -> None:
    pose = person(facing)
    line = back_line(pose)
    assert line is not None
    hip, shoulder = (pose.landmarks[pair, :2].mean(0) for pair in ([23, 24], [11, 12]))
    up = (shoulder - hip) / np.linalg.norm(shoulder - hip)
    behind = np.array([up[1], -up[0]]) * facing.sign
    inner = [p for p in line if 0.1 < (p - hip) @ up / np.linalg.norm(shoulder - hip) < 0.9]
    offsets = [float((p - hip) @ behind) for p in inner]
    assert offsets == pytest.approx([48.0] * len(offsets), abs=4.0)  # 24 crop px at 2 picture px each
    assert len(offsets) > 10


def test_a_drawing_is_a_copy_with_an_orange_back() -> None:
    rgb = np.full((960, 1280, 3), 128, np.uint8)
    drawn = draw_sight(rgb, person(), ["spinal flexion 21 +- 8 deg"])
    assert (rgb == 128).all()
    assert (drawn == BACK).all(axis=2).sum() > 200


def test_without_a_mask_only_the_skeleton_is_drawn() -> None:
    rgb = np.full((960, 1280, 3), 128, np.uint8)
    drawn = draw_sight(np.dstack([rgb, rgb[:, :, :1]]), skeleton.pose(trunk=60.0), [])
    assert not (drawn == BACK).all(axis=2).any()
    assert not (drawn == SPINE).all(axis=2).any()
    assert (drawn != rgb).any()
    assert back_line(skeleton.pose(trunk=60.0)) is None
    assert back_line(replace(person(), mask=np.zeros((256, 256), np.float32))) is None


def step(trunk: float | None, shade: int, *, mask: bool = True) -> Step:
    frame = Frame(0, 0, np.full((2, 2, 3), shade, np.uint8))
    pose = person() if mask else skeleton.pose()
    return Step(Posture(0.0, trunk_deg=trunk, reasons=()), None, (), frame, pose)


def test_the_deepest_frame_with_a_mask_is_kept_and_copied() -> None:
    keeper = DeepestFrame()
    deepest = step(70.0, 2)
    for one in (step(20.0, 1), deepest, step(40.0, 3), step(90.0, 4, mask=False), step(None, 5)):
        keeper.see(one)
    assert deepest.frame is not None
    assert deepest.pose is not None
    for overwritten in (deepest.frame.rgb, deepest.pose.mask, deepest.pose.image):
        overwritten[:] = 0  # by the next frame
    kept = keeper.take()
    assert kept is not None
    assert (kept[0] == 2).all()
    assert kept[1].mask is not None
    assert kept[1].mask.max() == 1
    assert (kept[1].image == 90).all()
    assert keeper.take() is None


def test_photos_and_bends_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = next(islice(bundled_frames(), 60, None))
    photo = tmp_path / "standing.png"
    cv2.imwrite(str(photo), frame.rgb[:, :, 2::-1])
    assert main(["analyze", str(photo), "--draw", str(tmp_path / "drawn"), "--model", "lite"]) == 0
    drawn = cv2.imread(str(tmp_path / "drawn" / "standing.png"))[:, :, ::-1]
    assert drawn.shape[:2] == frame.rgb.shape[:2]
    assert (drawn == BACK).all(axis=2).sum() > 20
    assert (drawn == SPINE).all(axis=2).sum() > 20
    capsys.readouterr()


def test_inputs_of_one_name_do_not_hide_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = next(islice(bundled_frames(), 60, None))
    photos = [tmp_path / folder / "x.png" for folder in "ab"]
    for photo in photos:
        photo.parent.mkdir()
        cv2.imwrite(str(photo), frame.rgb[:, :, ::-1])
    assert main(["analyze", *map(str, photos), "--draw", str(tmp_path / "drawn"), "--model", "lite"]) == 0
    assert sorted(p.name for p in (tmp_path / "drawn").iterdir()) == ["x-2.png", "x.png"]
    capsys.readouterr()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "standing.png"
    cv2.imwrite(str(photo), next(islice(bundled_frames(), 60, None)).rgb[:, :, ::-1])
    (tmp_path / "file").write_text("in the way")
    assert main(["analyze", str(photo), "--draw", str(tmp_path / "file"), "--model", "lite"]) == 1
    told = capsys.readouterr().err
    assert "could not be written" in told
    assert "Traceback" not in told
