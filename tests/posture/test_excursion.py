from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hingecue.posture.excursion import ExcursionTracker, Phase

RATE = 30


def run(signal):
    tracker = ExcursionTracker()
    found = [e for i, x in enumerate(signal) if (e := tracker.update(i / RATE, x)) is not None]
    last = tracker.finish()
    return found, last


def wave(peaks, period=2.0, rest=1.0, floor=0.0):
    """Rest, then raised cosines with these peaks, each followed by rest."""
    signal = [floor] * int(rest * RATE)
    for peak in peaks:
        n = int(period * RATE)
        signal += [floor + peak * (1 - math.cos(2 * math.pi * i / n)) / 2 for i in range(n)]
        signal += [floor] * int(rest * RATE)
    return signal


def test_three_bends_are_three_with_their_bottoms() -> None:
    found, last = run(wave([70, 50, 90]))
    assert last is None
    assert [round(e.peak_deg) for e in found] == [70, 50, 90]
    for e, bottom in zip(found, (2, 5, 8), strict=True):
        assert e.bottom_s == pytest.approx(bottom, abs=0.05)
        assert e.start_s < e.bottom_s < e.end_s


def test_continuous_repetitions_that_do_not_come_back_to_zero_are_counted() -> None:
    n = 50
    signal = [0.0] * 20 + [35 - 35 * math.cos(math.pi * i / 25) for i in range(25)]
    signal += [45 + 25 * math.cos(2 * math.pi * i / n) for i in range(5 * n)]
    signal += [70 * (1 - i / 25) for i in range(26)]
    found, last = run(signal)
    assert last is None
    assert len(found) == 6


def test_a_pump_at_the_bottom_is_not_a_new_bend() -> None:
    down = [70 * i / 20 for i in range(21)]
    pump = [70 - 8 * (1 - math.cos(2 * math.pi * i / 15)) / 2 for i in range(45)]
    found, last = run([0.0] * 10 + down + pump + down[::-1] + [0.0] * 10)
    assert len(found) == 1
    assert last is None


def test_fidgeting_is_not_a_bend() -> None:
    found, last = run(wave([18, 20, 15]))
    assert found == []
    assert last is None


def test_a_film_that_begins_at_the_bottom_has_no_start() -> None:
    found, last = run([80.0] * 10 + [80 * (1 - i / 30) for i in range(31)] + [0.0] * 20)
    assert last is None
    assert found[0].start_s is None
    assert found[0].end_s is not None


def test_a_film_that_ends_at_the_bottom_has_no_end() -> None:
    found, last = run([0.0] * 20 + [80 * i / 30 for i in range(31)] + [80.0] * 10)
    assert found == []
    assert last is not None
    assert last.end_s is None
    assert last.start_s is not None


def test_a_film_that_ends_half_way_up() -> None:
    up = [80 * (1 - i / 40) for i in range(25)]
    _, last = run([0.0] * 20 + [80 * i / 30 for i in range(31)] + up)
    assert last is not None
    assert last.end_s is not None
    _, barely = run([0.0] * 20 + [80 * i / 30 for i in range(31)] + up[:15])
    assert barely is not None
    assert barely.end_s is None


def test_a_pause_on_the_way_down_goes_on() -> None:
    signal = [0.0] * 10 + [50 * i / 20 for i in range(21)] + [50 - 16 * i / 10 for i in range(11)]
    signal += [34 + 56 * i / 20 for i in range(21)] + [90 * (1 - i / 30) for i in range(31)]
    found, _ = run(signal)
    assert len(found) == 1
    assert found[0].peak_deg == pytest.approx(90)


def test_nothing_is_under_way_before_the_first_bend() -> None:
    tracker = ExcursionTracker()
    assert tracker.finish() is None
    tracker.update(0.0, 1.0)
    assert tracker.phase is Phase.TOP
    assert tracker.start_s is None
    for i in range(30):
        tracker.update(0.1 + i / RATE, 2.0 * i)
    assert tracker.start_s is not None


def test_a_small_movement_that_was_begun_is_not_a_bend_at_the_end() -> None:
    tracker = ExcursionTracker()
    for i, x in enumerate([0.0] * 5 + [17.0] * 5):
        tracker.update(i / RATE, x)
    assert tracker.finish() is None
    for i, x in enumerate([0.0, 17.0, 17.0, 6.0]):
        tracker.update(1 + i / RATE, x)
    assert tracker.finish() is None


@settings(max_examples=60)
@given(
    peaks=st.lists(st.floats(35, 110), min_size=1, max_size=6),
    period=st.floats(1.0, 5.0),
    floor=st.floats(-10, 10),
)
def test_every_bend_is_found_whatever_its_size_tempo_and_zero(peaks, period, floor) -> None:
    found, last = run(wave(peaks, period, floor=floor))
    assert len(found) == len(peaks)
    assert last is None
