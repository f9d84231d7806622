from __future__ import annotations

import math

import pytest
from tests.fakes import skeleton

from hingecue.posture.flexwatch import FlexWatch
from hingecue.posture.fusion import CHORD_SHARE
from hingecue.posture.judge import Judge
from hingecue.posture.worn import WornState
from hingecue.types import Reason, SpineReading


def touched(share, *, camera=1.0, worn=True):
    watch = FlexWatch((1.0, 4.0))
    for i in range(150):
        t = i / 30
        lumbar = 50 * (1 - math.cos(2 * math.pi * (t - 1) / 3)) / 2
        pelvis = 1.2 * lumbar
        state = WornState(t, pelvis_deg=pelvis, thorax_deg=pelvis + lumbar) if worn else None
        watch.add(t, pelvis + share * lumbar, state, SpineReading(camera * lumbar, 10.0, 5.0))
    assert not watch.over(4.0)
    assert watch.over(4.1)
    return watch


def test_the_camera_learns_its_own_largest_and_the_chords_share() -> None:
    watch = touched(0.62, camera=1.4)
    assert watch.chord_share == pytest.approx(0.62, abs=0.01)
    assert watch.camera_max_deg == pytest.approx(70, abs=1)


def test_what_cannot_be_is_not_learned() -> None:
    assert touched(0.1).chord_share == CHORD_SHARE
    assert touched(0.6, worn=False).chord_share is None
    assert touched(0.6, camera=0.1).camera_max_deg is None
    empty = FlexWatch((0.0, 1.0))
    empty.add(0.5, 50.0, WornState(0.5, pelvis_deg=1.0), SpineReading(40.0, 9.0, 0.0, (Reason.LOW_LIGHT,)))
    assert empty.camera_max_deg is None
    assert empty.chord_share is None


@pytest.mark.parametrize("camera", [1.4, 0.1])
def test_the_judge_takes_it_over_when_the_stretch_is_over(camera) -> None:
    judge = Judge()
    judge.sensed.flex = FlexWatch((1.0, 4.0))
    for i in range(150):
        t = i / 30
        lumbar = max(0.0, 50 * (1 - math.cos(2 * math.pi * (t - 1) / 3)) / 2) if t > 1 else 0.0
        judge.update(t, skeleton.pose(1.5 * lumbar, 1.5 * lumbar, 10), skeleton.reading(camera * lumbar))
    assert judge.sensed.flex is None
    assert judge.bands.calibrated is (camera > 1)
    assert judge.bands.flexion_max_deg == pytest.approx(70 if camera > 1 else 60, abs=2)
