"""Photos: frames of the bundled recording, as they are, mirrored, dark, cut and crowded."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.fakes.skeleton import pose, reading

from hingecue.app.cli import main
from hingecue.app.demo import FOLDER
from hingecue.app.photo import LOOKS, PHOTO_SD_SHARE, judge_back, judge_photo
from hingecue.posture.kind import Bands
from hingecue.types import Back, Facing, Frame, Reason, Roi


@pytest.fixture(scope="module")
def shots():
    """Pictures (BGR) of the recording at the bottom of a hinge and of a rounded bend."""
    capture = cv2.VideoCapture(str(FOLDER / "camera.mp4"))
    frames = {}
    for number in range(340):
        ok, frame = capture.read()
        assert ok
        if number in (112, 330):
            frames[number] = frame
    capture.release()
    return {"hinge": frames[112], "round": frames[330]}


def judge(tmp_path, capsys, picture, name="photo.png"):
    path = tmp_path / name
    cv2.imwrite(str(path), picture)
    assert main(["analyze", "--json", str(path)]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_round_back_and_a_flat_one(tmp_path, capsys, shots):
    flat, rounded = (judge(tmp_path, capsys, shots[k]) for k in ("hinge", "round"))
    assert flat["person"]
    assert flat["view"] == "side"
    assert flat["facing"] == "right"
    assert flat["back"] != "rounded"
    assert rounded["back"] != "flat"
    assert rounded["spine_flexion_deg"] > flat["spine_flexion_deg"] + 25
    assert 50 < flat["trunk_deg"] < 85


def test_a_mirrored_photo_gives_the_same_answer(tmp_path, capsys, shots):
    plain = judge(tmp_path, capsys, shots["hinge"])
    mirrored = judge(tmp_path, capsys, np.ascontiguousarray(shots["hinge"][:, ::-1]))
    assert mirrored["facing"] == "left"
    assert mirrored["back"] == plain["back"]
    for key in ("trunk_deg", "hip_deg", "knee_deg", "spine_flexion_deg"):
        assert mirrored[key] == pytest.approx(plain[key], abs=0.2)


def test_a_person_is_told_in_words(tmp_path, capsys, shots):
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), shots["round"])
    assert main(["analyze", str(path)]) == 0
    out = capsys.readouterr().out
    assert "the back is" in out or "unsure" in out


def test_only_legs_are_not_judged_as_a_back(tmp_path, capsys, shots):
    answer = judge(tmp_path, capsys, shots["hinge"][300:])
    assert not answer["person"] or answer["back"] == "unsure"


def test_two_people_are_counted(tmp_path, capsys, shots):
    picture = np.concatenate([shots["hinge"][:, 150:490], shots["round"][:, 150:490]], axis=1)
    assert judge(tmp_path, capsys, picture)["people"] == 2


class Searches:
    """Stands in for tracker and reader: each search lands on somebody (x, facing, reading), or on nobody (None)."""

    def __init__(self, *found) -> None:
        self.found = found

    def reset(self, search: int = 0) -> None:
        self.landed = self.found[search]

    def step(self, frame, *, want_mask):
        if self.landed is None:
            return None
        x, facing, _ = self.landed
        return replace(pose(60, 90, facing=facing), roi=Roi(x, 240, 500, 0))

    def read(self, _):
        return self.landed[2]


def judged(*found):
    world = Searches(*found)
    return judge_photo(Frame(0, 0, np.zeros((480, 640, 3), np.uint8)), world, world, name="photo")


def test_the_surest_search_is_believed_and_those_that_agree_with_it():
    right, left = Facing.RIGHT, Facing.LEFT
    laid_down_wrongly = (320, left, reading(70, 25))
    passer_by = (500, right, reading(0, 9))
    told = judged(laid_down_wrongly, (310, right, reading(20, 8)), (320, right, reading(30, 10)))
    assert (told.spine_flexion_deg, told.facing) == (25, right)
    assert told.spine_sd_deg == pytest.approx(9 * PHOTO_SD_SHARE)
    assert judged((310, right, reading(20, 8)), passer_by, None).spine_flexion_deg == 20
    assert judged((310, right, reading(20, 8)), laid_down_wrongly, None).spine_flexion_deg == 20


def test_from_further_away_only_who_can_be_read_is_a_person():
    unread = reading(None, None, 20, Reason.PERSON_LOST)
    assert not judged(None, (320, Facing.RIGHT, unread), None).person
    assert judged((320, Facing.RIGHT, unread), None, None).person
    assert judged(None, None, (320, Facing.RIGHT, reading(20))).person
    assert not judged(None, None, None).person


def test_every_look_counts_once(monkeypatch):
    looked = []
    world = Searches((320, Facing.RIGHT, reading(20)), None, (320, Facing.RIGHT, reading(50)))
    monkeypatch.setattr(world, "read", lambda _: looked.append(1) or world.landed[2])
    told = judge_photo(Frame(0, 0, np.zeros((480, 640, 3), np.uint8)), world, world, name="photo")
    assert (len(looked), told.spine_flexion_deg) == (2 * LOOKS, 35)


@pytest.mark.parametrize(
    ("flexion", "sd", "view", "reasons", "back", "why"),
    [
        (10, 5, 5, (), Back.FLAT, ()),
        (60, 5, 5, (), Back.ROUNDED, ()),
        (37.5, 1, 5, (), Back.BETWEEN, ()),
        (37.5, 9, 5, (), Back.UNSURE, (Reason.NEAR_THRESHOLD,)),
        (37.5, 9, 5, (Reason.ARM_OVER_BACK,), Back.UNSURE, (Reason.ARM_OVER_BACK,)),
        (10, 5, 80, (), Back.UNSURE, (Reason.VIEW_NOT_SIDE,)),
        (None, None, 5, (), Back.UNSURE, (Reason.PERSON_LOST,)),
    ],
)
def test_a_reading_names_the_back(flexion, sd, view, reasons, back, why):
    found, confidence, told = judge_back(reading(flexion, sd, view, *reasons), Bands())
    assert (found, told) == (back, why)
    assert 0 <= confidence <= 1
