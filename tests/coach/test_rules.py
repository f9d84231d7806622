from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.bend import a_bend

from hingecue.coach.constants import CORRECTIVE_GAP_S, CUE_PROBABILITY, PatternName
from hingecue.coach.rules import CueRule
from hingecue.types import Cue, Kind, Role


def test_an_early_cue_is_given_once_on_the_way_down():
    rule = CueRule()
    assert rule.on_progress(1, 1.0, True, 0.79) is None
    assert rule.on_progress(1, 1.1, True, 0.80) == Cue(1.1, "early")
    assert rule.on_progress(1, 9.0, True, 0.99) is None


@pytest.mark.parametrize(("going_down", "p_flexion"), [(False, 1.0), (True, None), (True, 0.0)])
def test_no_early_cue_without_a_reason(going_down, p_flexion):
    assert CueRule().on_progress(1, 1.0, going_down, p_flexion) is None


def test_a_rounded_bend_that_had_its_early_cue_gets_no_second_one():
    rule = CueRule()
    assert rule.on_progress(1, 1.0, True, 0.9)
    assert rule.on_bend(a_bend(1, kind=Kind.FLEXION), 9.0) is None


def test_a_rounded_bend_without_an_early_cue_is_told_after_it():
    assert CueRule().on_bend(a_bend(1, kind=Kind.FLEXION), 3.0) == Cue(3.0, "after")


def test_a_cue_that_comes_too_soon_waits():
    rule = CueRule()
    assert rule.on_progress(1, 1.0, True, 0.9)
    assert rule.on_progress(2, 2.9, True, 0.9) is None
    assert rule.on_progress(2, 3.0, True, 0.9) == Cue(3.0, "early")


def test_a_bend_is_judged_once_however_often_it_is_resolved():
    rule = CueRule()
    assert rule.on_bend(a_bend(4), 1.0) == Cue(1.0, "good")
    assert rule.on_bend(a_bend(4, kind=Kind.FLEXION), 20.0) is None
    assert rule.on_bend(a_bend(3, kind=Kind.FLEXION), 20.0) is None
    assert rule.on_bend(a_bend(5), 21.0) == Cue(21.0, "good")


@pytest.mark.parametrize("role", list(Role))
def test_a_hinge_is_praised_when_it_was_practice(role):
    cue = CueRule().on_bend(a_bend(1, role=role), 1.0)
    assert (cue is not None) == (role in {Role.REPETITION, Role.SINGLE})


@pytest.mark.parametrize("kind", [Kind.SQUAT, Kind.MIXED, Kind.UNSURE])
def test_other_kinds_are_left_in_peace(kind):
    assert CueRule().on_bend(a_bend(1, kind=kind), 1.0) is None


@pytest.mark.parametrize("kind", [Kind.HINGE, Kind.FLEXION])
def test_no_cue_below_its_probability(kind):
    assert CueRule().on_bend(a_bend(1, kind=kind, confidence=CUE_PROBABILITY - 0.01), 1.0) is None


events = st.lists(
    st.tuples(
        st.floats(0, 3),  # seconds since the last event
        st.booleans(),  # the bend ends
        st.booleans(),  # going down
        st.none() | st.floats(0, 1),
        st.sampled_from(list(Kind)),
        st.floats(0, 1),
    ),
    max_size=60,
)


@given(events)
def test_whatever_happens_corrective_cues_are_rare_and_sure(story):
    rule, index, now_s, corrective = CueRule(), 1, 0.0, []
    for gap_s, ends, down, p_flexion, kind, confidence in story:
        now_s += gap_s
        if ends:
            cue = rule.on_bend(a_bend(index, kind=kind, confidence=confidence), now_s)
            sure = confidence
        else:
            cue = rule.on_progress(index, now_s, down, p_flexion)
            sure = p_flexion
        if cue is not None:
            assert sure >= CUE_PROBABILITY
            assert cue.t_s == now_s
            assert cue.latency_ms is None
            if cue.pattern != PatternName.GOOD:
                corrective.append((index, now_s))
        index += ends
    assert len({bend for bend, _ in corrective}) == len(corrective)
    times = [t_s for _, t_s in corrective]
    assert all(b - a >= CORRECTIVE_GAP_S for a, b in pairwise(times))
