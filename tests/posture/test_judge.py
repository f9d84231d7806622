from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import skeleton

from hingecue.posture.bottom import (
    OBLIQUE_SD_SHARE,
    SEEN_SD_SHARE,
    Sample,
    at_bottom,
    common_view,
    find_bottom,
    pause_s,
    spine_peak,
)
from hingecue.posture.judge import Judge, bend_signal
from hingecue.types import Facing, Kind, Posture, Reason, View

RATE = 30


def film(moves, *, facing=Facing.RIGHT, rest=1.0, period=2.0, offset=(0.0, 0.0), rate=RATE, start=0.0):
    """Frames (t, pose, reading) of bends; a move is (trunk, hip, knee, flexion) at the bottom."""
    frames = []
    t = start

    def add(share, move) -> None:
        nonlocal t
        trunk, hip, knee, flexion = (share * v for v in move)
        frames.append((t, skeleton.pose(trunk, hip, knee, facing=facing, offset=offset), skeleton.reading(flexion)))
        t += 1 / rate

    for move in moves:
        for _ in range(int(rest * rate)):
            add(0.0, move)
        n = int(period * rate)
        for i in range(n):
            add((1 - math.cos(2 * math.pi * i / n)) / 2, move)
    for _ in range(int(rest * rate)):
        add(0.0, moves[-1])
    return frames


def judge(frames):
    j = Judge()
    bends = [b for t, pose, spine in frames if (b := j.update(t, pose, spine).bend) is not None]
    last = j.finish()
    return bends if last is None else [*bends, last]


HINGE = (70, 90, 20, 12)
SQUAT = (38, 115, 120, 10)
ROUND = (80, 70, 20, 58)


def test_hinge_squat_and_rounded_back() -> None:
    bends = judge(film([HINGE, SQUAT, ROUND]))
    assert [b.kind for b in bends] == [Kind.HINGE, Kind.SQUAT, Kind.FLEXION]
    assert [b.index for b in bends] == [1, 2, 3]
    hinge = bends[0]
    assert hinge.bottom_s == pytest.approx(2.0, abs=0.05)
    assert hinge.trunk_deg == pytest.approx(70, abs=2)
    assert hinge.knee_deg == pytest.approx(20, abs=2)
    assert hinge.spine_flexion_deg == pytest.approx(12, abs=1)
    assert hinge.flexion_share == pytest.approx(0.2, abs=0.02)
    assert hinge.down_s + hinge.pause_s + hinge.up_s == pytest.approx(hinge.end_s - hinge.start_s, abs=0.05)
    assert hinge.view is View.SIDE


@settings(max_examples=15, deadline=None)
@given(
    moves=st.lists(st.sampled_from([HINGE, SQUAT, ROUND]), min_size=1, max_size=4),
    period=st.floats(1.2, 4.0),
    origin=st.floats(0, 1e5),
    dx=st.floats(-50, 50),
)
def test_mirroring_place_and_time_origin_change_no_verdict(moves, period, origin, dx) -> None:
    plain = judge(film(moves, period=period))
    other = judge(film(moves, period=period, facing=Facing.LEFT, offset=(dx, 0), start=origin))
    assert [b.kind for b in plain] == [b.kind for b in other]
    for a, b in zip(plain, other, strict=True):
        assert b.trunk_deg == pytest.approx(a.trunk_deg, abs=0.1)
        assert b.bottom_s - origin == pytest.approx(a.bottom_s, abs=0.04)


def test_the_oblique_view_makes_a_bend_unsure() -> None:
    frames = [(t, p, replace(s, view_deg=50.0)) for t, p, s in film([HINGE])]
    (bend,) = judge(frames)
    assert bend.kind is Kind.UNSURE
    assert bend.reasons == (Reason.VIEW_NOT_SIDE,)
    assert bend.view is View.OBLIQUE


def test_without_outlines_there_is_no_verdict_and_no_number() -> None:
    (bend,) = judge([(t, p, None) for t, p, _ in film([HINGE])])
    assert bend.kind is Kind.UNSURE
    assert bend.spine_flexion_deg is None
    assert bend.flexion_share is None


def test_progress_tells_a_rounding_back_on_the_way_down() -> None:
    j = Judge()
    seen = [j.update(t, p, s).progress for t, p, s in film([ROUND])]
    early = [p for p in seen if p is not None and p.going_down and p.p_flexion is not None and p.p_flexion > 0.8]
    assert early
    assert early[0].bend_index == 1
    assert j.bending is False
    assert j.under_way is False
    assert seen[0] is None


def test_progress_is_not_known_without_readings() -> None:
    j = Judge()
    seen = [j.update(t, p, None).progress for t, p, _ in film([ROUND])]
    assert all(p is None or p.p_flexion is None for p in seen)


def test_a_person_who_leaves_ends_the_bend_once() -> None:
    frames = film([HINGE])[: int(2.1 * RATE)]
    j = Judge()
    for t, p, s in frames:
        j.update(t, p, s)
    assert j.bending
    assert j.under_way
    bends = [j.update(2.1 + i / RATE, None, None).bend for i in range(5 * RATE)]
    found = [b for b in bends if b is not None]
    assert len(found) == 1
    assert found[0].end_s is None
    # Nobody is there: whoever comes may be bent already, but a bend that nobody makes is not under way.
    assert j.bending
    assert not j.under_way
    assert j.finish() is None


def test_a_short_gap_does_not_end_the_bend() -> None:
    frames = film([HINGE])
    gap = range(int(1.5 * RATE), int(1.9 * RATE))
    bends = judge([(t, None if i in gap else p, None if i in gap else s) for i, (t, p, s) in enumerate(frames)])
    assert len(bends) == 1
    assert bends[0].kind is Kind.HINGE


def test_an_unseen_trunk_is_out_of_frame() -> None:
    j = Judge()
    posture = j.update(0.0, skeleton.pose(visibility=0.1), None).posture
    assert posture.trunk_deg is None
    assert posture.reasons == (Reason.OUT_OF_FRAME,)
    assert j.update(0.1, None, None).posture.reasons == (Reason.PERSON_LOST,)


def test_a_jump_of_the_landmarks_is_not_a_bend() -> None:
    frames = film([(5, 5, 5, 0)], rest=2.0)
    spoiled = [
        (t, skeleton.pose(70, 80, 10) if i in (40, 41, 42, 43, 44) else p, s) for i, (t, p, s) in enumerate(frames)
    ]
    assert judge(spoiled) == []


def test_a_very_long_stay_is_remembered_within_bounds() -> None:
    j = Judge()
    for i in range(70 * RATE):
        share = min(1.0, i / RATE)
        j.update(i / RATE, skeleton.pose(70 * share, 90 * share, 10), skeleton.reading(15.0))
    assert len(j._samples) <= 60 * RATE + 2
    bend = j.finish()
    assert bend is not None
    assert bend.kind is Kind.HINGE


def test_a_squat_shows_in_the_signal_though_the_trunk_stays_up() -> None:
    assert bend_signal(Posture(0.0, trunk_deg=20.0, hip_deg=100.0)) == 50
    assert bend_signal(Posture(0.0, trunk_deg=60.0, hip_deg=None)) == 60
    assert bend_signal(Posture(0.0)) == 0


def sample(t, x, **changes):
    return Sample(Posture(t, trunk_deg=x, **changes), x)


def test_helpers_say_none_where_nothing_is_known() -> None:
    assert pause_s([sample(0, 1), sample(1, 2)], 0) is None
    assert at_bottom([], 0.0, lambda p: p.trunk_deg) is None
    assert common_view([]) == (View.UNKNOWN, None)
    assert spine_peak([], 0.0).doubts == (Reason.PERSON_LOST,)


def test_a_bend_seen_in_too_few_frames_was_too_fast():
    few = [sample(i / 5, 60.0) for i in range(4)]
    assert spine_peak(few, 0.4).doubts == (Reason.TOO_FAST,)
    assert spine_peak([*few, *few], 0.4).doubts == (Reason.PERSON_LOST,)


def test_a_reason_that_most_frames_have_is_a_doubt():
    spine = skeleton.reading(20.0, 5.0, 5.0, Reason.LOW_LIGHT)
    dark = [sample(i / 10, 60.0, spine=spine) for i in range(6)]
    light = [sample(0.6 + i / 10, 60.0, spine=skeleton.reading(20.0)) for i in range(3)]
    assert spine_peak(dark, 0.3).doubts == (Reason.LOW_LIGHT,)
    assert spine_peak([*dark[:2], *light], 0.5).doubts == ()


def test_a_lone_reading_far_from_the_others_is_not_the_peak():
    readings = {0.0: 10.0, 0.1: 10.0, 0.2: 10.0, 0.9: 70.0}
    samples = [sample(t, 60.0, spine=skeleton.reading(value)) for t, value in readings.items()]
    assert spine_peak(samples, 0.1).flexion_deg == pytest.approx(10)


def test_a_flat_bottom_has_its_middle_as_bottom_and_its_length_as_pause() -> None:
    samples = [sample(i / 10, min(60.0, 20.0 * min(i, 30 - i))) for i in range(31)]
    assert find_bottom(samples, 0.5) == pytest.approx(1.5, abs=0.05)
    assert pause_s(samples, 1.5) == pytest.approx(2.2, abs=0.25)


def test_frames_at_one_time_have_no_speed() -> None:
    same = [sample(1.0, x) for x in (1, 2, 3)]
    assert pause_s(same, 1.0) == 0


def test_a_bend_seen_from_further_off_the_side_is_doubted_more():
    def sd(view):
        samples = [sample(i / 10, 60.0, spine=skeleton.reading(20.0, 8.0, view)) for i in range(6)]
        return spine_peak(samples, 0.3).sd_deg

    assert sd(None) == sd(10.0) == pytest.approx(8.0 * SEEN_SD_SHARE)
    assert sd(34.0) == pytest.approx(8.0 * OBLIQUE_SD_SHARE)
    assert sd(10.0) < 8.0 < sd(34.0)
