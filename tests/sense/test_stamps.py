from __future__ import annotations

import time

import pytest

from hingecue.sense import stamps
from hingecue.sense.stamps import STALE_NS, Stamps, boottime_ahead_ns

MS = 1_000_000
SLEPT_NS = 3_600_000_000_000


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A machine that has slept for an hour; gives the list of measurements."""
    measured: list[int] = []
    monkeypatch.setattr(stamps, "boottime_ahead_ns", lambda: measured.append(1) or SLEPT_NS)
    return measured


def test_the_two_clocks_differ_by_the_time_slept() -> None:
    straight = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    assert boottime_ahead_ns() == pytest.approx(straight, abs=100 * MS)


def test_a_monotonic_stamp_is_taken_as_it_is(slept: list[int]) -> None:
    assert Stamps().take(9_000 * MS, 9_030 * MS) == 9_000 * MS


def test_a_stamp_of_boottime_is_brought_to_the_monotonic_clock(slept: list[int]) -> None:
    assert Stamps().take(9_000 * MS + SLEPT_NS, 9_030 * MS) == 9_000 * MS


def test_a_picture_without_a_time_is_as_old_as_it_is_in_our_hands() -> None:
    assert Stamps().take(None, 77 * MS) == 77 * MS


def test_an_old_picture_is_stale(slept: list[int]) -> None:
    reader = Stamps()
    assert reader.take(0, STALE_NS) == 0
    assert reader.take(1, STALE_NS + 2) is None
    assert reader.take(5 * STALE_NS, 4 * STALE_NS) is None
    assert reader.stale == 2


def test_times_only_go_forward(slept: list[int]) -> None:
    reader = Stamps()
    given = [reader.take(t, 100 * MS) for t in (50 * MS, 50 * MS, 49 * MS, 51 * MS)]
    assert given == [50 * MS, None, None, 51 * MS]
    assert reader.stale == 2


def test_nothing_has_been_seen_in_the_future() -> None:
    assert Stamps().take(105 * MS, 100 * MS) == 100 * MS


def test_the_clocks_are_compared_once_a_second(slept: list[int]) -> None:
    reader = Stamps()
    for t_ms in (0, 400, 999, 1000, 1500, 2000):
        reader.take(t_ms * MS, t_ms * MS)
    assert len(slept) == 3
