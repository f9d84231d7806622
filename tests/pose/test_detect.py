"""People are found, alike in the mirror, and the one who trains keeps a place."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the fake keeps the model's contract
from dataclasses import replace

import numpy as np
import pytest

from hingecue.pose.detect import Anchor, Candidate, Detector, choice_score
from hingecue.pose.roi import mirrored_roi
from hingecue.pose.runtime import Network
from hingecue.pose.tracker import SHARES
from hingecue.types import Roi

S = 1_000_000_000


class Spotter:
    """A detector model that sees a box wherever its input is bright at an anchor of the coarse grid."""

    def __init__(self) -> None:
        self.inputs = {"image": np.zeros((1, 224, 224, 3), np.float32)}

    def run(self) -> Mapping[str, np.ndarray]:
        boxes = np.zeros((1, 2254, 12), np.float32)
        scores = np.full((1, 2254, 1), -9, np.float32)
        light = self.inputs["image"][0, 16::32, 16::32, 0].ravel()
        for cell in np.flatnonzero(light > 0):
            i = 1960 + cell * 6
            boxes[0, i] = [0, 0, 40, 80, 1, 2, 1, -50, 0, 0, 0, 0]
            scores[0, i, 0] = 1 + light[cell]
        return {"boxes": boxes, "scores": scores}


def picture(*spots: tuple[int, int], width: int = 448, height: int = 448) -> np.ndarray:
    rgb = np.zeros((height, width, 3), np.uint8)
    for k, (x, y) in enumerate(spots):
        rgb[y - 14 : y + 14, x - 14 : x + 14] = 255 - 40 * k
    return rgb


def test_nobody_is_found_in_the_dark() -> None:
    assert Detector(Spotter()).find(picture()) == []


def test_people_are_found_where_they_are_the_surest_first() -> None:
    found = Detector(Spotter()).find(picture((96, 224), (352, 160)))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len(found) == 2
    assert found[0].roi.cx == pytest.approx(96, abs=3)
    assert found[0].roi.cy == pytest.approx(224 + 4, abs=3)
    assert found[0].roi.size == pytest.approx(2 * 1.25 * 104, abs=1)


def test_from_further_away_they_are_in_the_same_places() -> None:
    two = picture((96, 224), (352, 224))
    near, far = Detector(Spotter()).find(two), Detector(Spotter()).find(two, 0.5)
    assert [(round(one.roi.cx), round(one.roi.size)) for one in near] == [(96, 260), (352, 260)]
    # The model's box is the same, and stands for twice as much of the picture.
    assert [(round(one.roi.cx), round(one.roi.size)) for one in far] == [(96, 520), (352, 520)]


@pytest.mark.parametrize("share", [1.0, 0.7])
@pytest.mark.parametrize("shape", [(448, 448), (331, 447), (480, 360)])
def test_the_mirror_image_is_found_at_the_mirrored_places(shape: tuple[int, int], share: float) -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)
    eyes = Detector(Spotter())
    here, there = eyes.find(rgb, share), eyes.find(rgb[:, ::-1], share)
    assert len(here) > 1
    assert here == [replace(one, roi=mirrored_roi(one.roi, shape[1])) for one in there]


def test_the_real_detector_finds_nobody_in_a_grey_picture() -> None:
    eyes = Detector(Network("pose_detector"))
    for height, width in ((48, 64), (480, 640)):
        assert all(eyes.find(np.full((height, width, 3), 128, np.uint8), share) == [] for share in SHARES)


def test_the_middle_and_the_large_win() -> None:
    middle = Candidate(0.8, Roi(319.5, 239.5, 300, 0))
    assert choice_score(middle, 640, 480) > choice_score(Candidate(0.8, Roi(80, 240, 300, 0)), 640, 480)
    assert choice_score(middle, 640, 480) > choice_score(Candidate(0.8, Roi(320, 240, 200, 0)), 640, 480)
    assert choice_score(middle, 640, 480) > choice_score(Candidate(0.6, Roi(320, 240, 300, 0)), 640, 480)


def test_an_anchor_holds_a_lifter_in_place() -> None:
    anchor = Anchor(Roi(300, 200, 400, 0), 0)
    for i in range(1, 200):
        dip = 36 * (1 - np.cos(i / 10))
        assert anchor.holds(Roi(300 + dip / 5, 200 + dip, 400, 0.3), i * S // 30)
    assert anchor.gone_for(9 * S) == 0


def test_an_anchor_notices_a_walk_and_a_jump() -> None:
    anchor = Anchor(Roi(300, 200, 400, 0), 0)
    assert not anchor.holds(Roi(370, 200, 400, 0), S // 30)  # a jump, near home
    assert anchor.gone_for(S) == 0
    walk = [anchor.holds(Roi(370 + i * 8, 200, 400, 0), S // 30 * (2 + i)) for i in range(20)]
    assert not walk[-1]
    left = walk.index(False)
    assert anchor.gone_for(S // 30 * 21) == S // 30 * (19 - left)
    assert anchor.holds(Roi(310, 200, 400, 0), 2 * S)
    assert anchor.gone_for(3 * S) == 0


def test_the_one_at_the_anchor_is_preferred() -> None:
    anchor = Anchor(Roi(300, 200, 400, 0), 0)
    home, other = Candidate(0.6, Roi(330, 210, 350, 0)), Candidate(0.9, Roi(420, 200, 400, 0))
    assert anchor.nearest([other, home]) is home
    assert anchor.nearest([Candidate(0.9, Roi(600, 200, 400, 0)), Candidate(0.9, Roi(300, 200, 120, 0))]) is None
    assert anchor.nearest([]) is None


def test_an_anchor_is_drawn_slowly() -> None:
    anchor = Anchor(Roi(300, 200, 400, 0), 0)
    for _ in range(100):
        anchor.draw(Roi(500, 200, 400, 0), 0.2)
    assert anchor.holds(Roi(500, 200, 400, 0), S)
