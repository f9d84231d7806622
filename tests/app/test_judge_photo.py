"""Photos: frames of the bundled recording, as they are, mirrored, dark, cut and crowded."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from tests.fakes.skeleton import reading

from hingecue.app.cli import main
from hingecue.app.demo import FOLDER
from hingecue.app.photo import judge_back
from hingecue.posture.kind import Bands
from hingecue.types import Back, Reason


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
