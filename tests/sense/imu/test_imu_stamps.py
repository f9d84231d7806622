from __future__ import annotations

import numpy as np
import pytest

from hingecue.sense.imu.stamps import SampleClock

NOMINAL_NS = 1e7


def look_times(rng, seconds, *, jitter_s=0.003):
    """Quick looks until the first sample, as at a start; then about every 50 ms, as a busy computer does them."""
    yield from range(0, int(1.5e7), 1_000_000)
    t = 0.0
    while t < seconds:
        t += 0.05 + rng.exponential(jitter_s)
        yield int(t * 1e9)


def follow(clock, truth, looks, *, lost=frozenset(), width_ns=120_000):
    """Feed the looks; give stamps and the true times of the samples that came."""
    stamps, came, at = [], [], 0
    for look in looks:
        until = int(np.searchsorted(truth, look, side="right"))
        fresh = [truth[i] for i in range(at, until) if i not in lost]
        at = until
        came += fresh
        stamps += clock.stamp(len(fresh), look - width_ns // 2, look + width_ns // 2)
    return np.array(stamps, float), np.array(came)


@pytest.mark.parametrize("error", [-0.01, -0.002, 0.0, 0.0001, 0.01])
@pytest.mark.parametrize("phase", [0.03, 0.5, 0.96])
def test_ten_minutes_stay_within_five_milliseconds(error, phase) -> None:
    rng = np.random.default_rng(3)
    truth = (np.arange(61_000) + phase) * NOMINAL_NS / (1 + error)
    clock = SampleClock(100.0)
    stamps, came = follow(clock, truth, look_times(rng, 600))
    wrong = stamps - came
    assert abs(wrong).max() < 5e6
    assert abs(wrong[200:]).max() < 2e6
    assert np.diff(stamps).min() > 0.9 * NOMINAL_NS
    assert np.diff(stamps).max() < 1.1 * NOMINAL_NS
    assert clock.dropped == 0
    assert clock.period_ns == pytest.approx(NOMINAL_NS / (1 + error), rel=5e-4)


def test_looks_in_step_with_the_chip_tell_no_phase_but_stay_within_half_a_period() -> None:
    clock = SampleClock(100.0)
    truth = np.arange(20_000) * NOMINAL_NS
    stamps, came = follow(clock, truth, (int(5e7 * k + 9.9e6) for k in range(1, 3000)))
    assert abs(stamps - came).max() < 5.5e6


def test_an_oscillator_that_warms_up_is_followed() -> None:
    rng = np.random.default_rng(5)
    periods = NOMINAL_NS * (1 + np.linspace(-0.005, 0.005, 30_000))
    clock = SampleClock(100.0)
    stamps, came = follow(clock, np.cumsum(periods), look_times(rng, 295))
    assert abs(stamps - came).max() < 5e6
    assert clock.dropped == 0


@pytest.mark.parametrize("many", [1, 2, 7, 300])
def test_samples_that_never_came_are_counted_and_the_rest_keeps_its_time(many) -> None:
    rng = np.random.default_rng(7)
    truth = (np.arange(6_000) + 0.4) * NOMINAL_NS * 1.004
    clock = SampleClock(100.0)
    stamps, came = follow(clock, truth, look_times(rng, 55), lost=frozenset(range(2000, 2000 + many)))
    wrong = np.abs(stamps - came)
    assert clock.dropped == many
    assert wrong[2010:].max() < 1.5e6
    assert np.diff(stamps).min() > 0


def test_a_sample_too_many_makes_no_stamp_run_back() -> None:
    clock = SampleClock(100.0)
    stamps = []
    for k in range(1, 400):
        stamps += clock.stamp(6 if k == 200 else 5, int(5e7 * k), int(5e7 * k + 1e5))
    assert np.diff(stamps).min() > 0
    assert clock.dropped == 0
    assert abs(stamps[-1] - 399 * 5e7) < 1.1e7


def test_a_look_that_was_held_up_moves_nothing() -> None:
    rng = np.random.default_rng(1)
    truth = (np.arange(3_000) + 0.4) * NOMINAL_NS
    clock = SampleClock(100.0)
    follow(clock, truth, look_times(rng, 10))
    at = int(np.searchsorted(truth, 10.2e9))
    stamped = round(clock._last / NOMINAL_NS - 0.4) + 1
    stamps = clock.stamp(at - stamped, int(10.2e9), int(10.24e9))
    assert abs(stamps[-1] - truth[at - 1]) < 1.5e6


def test_after_a_restart_the_stamps_go_on_and_the_gap_is_counted() -> None:
    clock = SampleClock(100.0)
    first = clock.stamp(5, int(5e9), int(5e9) + 1000)
    clock.restart()
    second = clock.stamp(5, int(7e9), int(7e9) + 1000)
    assert second[0] > first[-1]
    assert clock.dropped == pytest.approx(195, abs=1)


def test_a_restart_at_once_squeezes_the_stamps_instead_of_turning_back() -> None:
    clock = SampleClock(100.0)
    first = clock.stamp(5, int(5e9), int(5e9) + 1000)
    clock.restart()
    second = clock.stamp(5, int(5.001e9), int(5.001e9) + 1000)
    assert np.diff(first + second).min() > 0


def test_nothing_new_gives_no_stamp() -> None:
    clock = SampleClock(104.0)
    assert clock.stamp(0, 10, 20) == []
    assert clock.period_ns == pytest.approx(1e9 / 104)


def test_a_rate_that_no_candidate_has_still_gives_stamps_that_grow_and_end_in_the_present() -> None:
    clock = SampleClock(100.0)
    stamps = []
    for k in range(1, 300):
        stamps += clock.stamp(5 if k < 100 else 8, int(5e7 * k), int(5e7 * k + 1e5))
    assert np.diff(stamps).min() > 0
    assert abs(stamps[-1] - 299 * 5e7) < 2e7


def test_a_new_oscillator_far_from_the_old_one_is_learnt_afresh() -> None:
    rng = np.random.default_rng(2)
    clock = SampleClock(100.0)
    truth = np.cumsum(np.where(np.arange(6000) < 3000, 0.96, 1.04)) * NOMINAL_NS
    stamps, came = follow(clock, truth, look_times(rng, 59))
    assert np.diff(stamps).min() > 0
    assert abs(stamps - came)[-2000:].max() < 5e6
