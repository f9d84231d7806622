from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecue.sense.timeline import FilmClock, Thinner, Timing, judge_timing, plausible_fps


def stamps(fps: float, count: int = 24) -> list[float]:
    return [1000.0 * index / fps for index in range(count)]


@pytest.mark.parametrize("fps", [0.0, math.nan, math.inf, -1.0, 1000.0, 90000.0])
def test_absurd_rates_are_not_believed(fps: float) -> None:
    assert not plausible_fps(fps)
    assert judge_timing([0.0] * 10, fps) == Timing(
        30.0,
        by_stamps=False,
        remark="the film's frame times cannot be used; frames are counted at 30 a second, which is assumed",
    )
    by_stamps = judge_timing(stamps(25), fps)
    assert by_stamps.fps == pytest.approx(25)
    assert by_stamps.by_stamps
    assert by_stamps.remark is not None
    assert "which I use" in by_stamps.remark


def test_good_stamps_and_a_good_rate_are_taken_as_they_are() -> None:
    assert judge_timing(stamps(29.97), 29.97) == Timing(29.97, by_stamps=True)


def test_a_told_rate_that_the_stamps_contradict_is_set_right() -> None:
    timing = judge_timing(stamps(30), 240)
    assert timing.fps == pytest.approx(30)
    assert timing.remark == "the film says 240 frames a second; its frame times say 30, which I use"


def test_stamps_that_run_back_are_replaced_by_a_count_at_the_told_rate() -> None:
    timing = judge_timing([100.0, 66.0, 33.0, 0.0, 1.0], 25)
    assert not timing.by_stamps
    assert timing.fps == 25
    assert timing.remark is not None
    assert "as the film says" in timing.remark


def test_one_frame_needs_no_remark() -> None:
    assert judge_timing([0.0], 25) == Timing(25, by_stamps=False)


def test_counted_frames_have_exact_times() -> None:
    clock = FilmClock(Timing(30.0, by_stamps=False), start_ns=5)
    assert [clock.time_of(index, math.nan) for index in (0, 1, 30)] == [5, 33_333_338, 1_000_000_005]


def test_variable_times_are_kept_and_begin_at_the_start() -> None:
    clock = FilmClock(Timing(30.0, by_stamps=True), start_ns=10)
    assert [clock.time_of(0, ms) for ms in (500.0, 533.0, 633.0)] == [10, 33_000_010, 133_000_010]
    assert clock.repairs == 0


def test_one_frame_out_of_order_does_not_shift_the_rest() -> None:
    clock = FilmClock(Timing(30.0, by_stamps=True))
    times = [clock.time_of(0, ms) / 1e6 for ms in (0.0, 33.0, 100.0, 67.0, 133.0)]
    assert times == [0.0, 33.0, 100.0, 101.0, 133.0]
    assert clock.repairs == 1


def test_a_splice_goes_on_from_where_it_was() -> None:
    clock = FilmClock(Timing(25.0, by_stamps=True))
    times = [clock.time_of(0, ms) / 1e6 for ms in (90_000.0, 90_040.0, 0.0, 40.0, 9e9, 9e9 + 40)]
    assert times == [0.0, 40.0, 80.0, 120.0, 160.0, 200.0]
    assert clock.repairs == 2


def test_a_missing_stamp_is_bridged() -> None:
    clock = FilmClock(Timing(25.0, by_stamps=True))
    assert [clock.time_of(0, ms) / 1e6 for ms in (math.nan, math.nan, 80.0, math.nan, 160.0)] == [
        *(0.0, 40.0, 80.0, 120.0, 160.0)
    ]
    assert clock.repairs == 3


@given(st.lists(st.floats(width=32) | st.floats(0, 1e5), min_size=1, max_size=60))
def test_times_always_grow(values: list[float]) -> None:
    clock = FilmClock(Timing(30.0, by_stamps=True), start_ns=3)
    times = [clock.time_of(index, ms) for index, ms in enumerate(values)]
    assert times[0] == 3
    assert all(before < after for before, after in pairwise(times))


@pytest.mark.parametrize(
    ("fps", "seconds", "expected"),
    [(60, 20, 600), (59.94, 20, 600), (50, 20, 600), (240, 10, 300), (48, 10, 288)],
)
def test_fast_films_are_thinned_to_thirty(fps: float, seconds: int, expected: int) -> None:
    thinner = Thinner(fps)
    kept = [index / fps for index in range(round(fps * seconds)) if thinner.takes(round(index * 1e9 / fps))]
    assert len(kept) == pytest.approx(expected, abs=2)
    assert max(after - before for before, after in pairwise(kept)) < 0.051


@pytest.mark.parametrize("fps", [5, 24, 30, 30.3, 33])
def test_slow_films_are_left_alone(fps: float) -> None:
    thinner = Thinner(fps)
    assert not thinner.active
    assert all(thinner.takes(round(index * 1e9 / fps)) for index in range(100))


def test_thinning_goes_by_time_not_by_count() -> None:
    thinner = Thinner(60)
    fast = [round(index * 1e9 / 60) for index in range(60)]
    slow = [10**9 + round(index * 1e9 / 10) for index in range(10)]
    assert [thinner.takes(t_ns) for t_ns in fast].count(True) == 30
    assert all(thinner.takes(t_ns) for t_ns in slow)
