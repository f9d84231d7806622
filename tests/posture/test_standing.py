from __future__ import annotations

import pytest
from tests.fakes.skeleton import reading

from hingecue.posture.angles import Angles
from hingecue.posture.standing import SPINE_ZERO_MAX_DEG, SPINE_ZERO_SHARE, SpineZero, StandingZero


def stand(trunk, hip=5.0):
    return Angles(trunk, hip, 5.0, legs_seen=True)


def test_the_zero_is_the_standing_trunk() -> None:
    zero = StandingZero()
    assert zero.zero_deg == 0
    for i in range(90):
        zero.update(i / 30, stand(6.0))
    assert zero.zero_deg == pytest.approx(6, abs=0.1)


def test_bending_moving_sitting_and_unseen_trunks_teach_nothing() -> None:
    zero = StandingZero()
    for i in range(30):
        assert not zero.update(i / 30, stand(60.0))
    for i in range(30):
        assert not zero.update(2 + i / 30, stand(-15 + i))
    for i in range(30):
        assert not zero.update(4 + i / 30, stand(5.0, hip=90.0))
    assert not zero.update(6, Angles(None, None, None, legs_seen=False))
    assert not zero.update(6.1, stand(5.0))
    assert not zero.update(6.1, stand(5.0))
    assert zero.zero_deg == 0


def test_the_zero_follows_a_new_stance_slowly() -> None:
    zero = StandingZero()
    for i in range(90):
        zero.update(i / 30, stand(0.0))
    for i in range(150):
        zero.update(10 + i / 30, stand(8.0, hip=None))
    assert zero.zero_deg == pytest.approx(8, abs=0.5)


def test_the_standing_spine_is_taken_off_when_it_is_known():
    zero = SpineZero()
    zero.learn(reading(None))
    zero.learn(reading(9.0))
    assert zero.corrected(reading(30.0)).flexion_deg == 30.0
    for _ in range(4):
        zero.learn(reading(9.0))
    assert zero.corrected(reading(30.0)).flexion_deg == pytest.approx(30 - SPINE_ZERO_SHARE * 9)
    assert zero.corrected(reading(None)).flexion_deg is None


def test_a_wild_standing_reading_is_taken_off_only_in_part():
    zero = SpineZero()
    for _ in range(9):
        zero.learn(reading(50.0))
    assert zero.zero_deg == SPINE_ZERO_SHARE * SPINE_ZERO_MAX_DEG
