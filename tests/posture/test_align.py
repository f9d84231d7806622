from __future__ import annotations

import numpy as np
import pytest

from hingecue.posture.align import ClockAlign, correlation


def curve(t):
    return 35 * (1 - np.cos(2 * np.pi * t / 3.0))


def taught(lag_s, *, worn=curve, sets=8):
    align = ClockAlign()
    rng = np.random.default_rng(0)
    for t in np.arange(0, 10, 1 / 30):
        align.add(t, float(curve(t) + rng.normal(0, 1)), None)
    for t in np.arange(0, 10, 0.02):
        align.add(t, None, float(worn(t - lag_s)))
    for _ in range(sets):
        align.learn()
    return align


@pytest.mark.parametrize("lag_s", [-0.2, 0.0, 0.06, 0.25])
def test_the_lag_of_the_clocks_is_found(lag_s) -> None:
    align = taught(lag_s)
    assert align.lag_s == pytest.approx(lag_s, abs=0.02)
    assert align.same_person


def test_another_person_moves_otherwise() -> None:
    align = taught(0.0, worn=lambda t: 35 * (1 - np.cos(2 * np.pi * t / 1.3 + 1)))
    assert not align.same_person
    assert align.lag_s == 0.0


def test_who_does_not_move_tells_nothing() -> None:
    assert taught(0.1, worn=lambda t: 0 * t).lag_s == 0.0
    assert ClockAlign().same_person
    short = ClockAlign()
    for t in np.arange(0, 0.9, 0.02):
        short.add(t, t, t)
    short.learn()
    assert short.lag_s == 0.0
    sparse = ClockAlign()
    sparse.add(0.0, 1.0, 1.0)
    sparse.learn()
    assert sparse.lag_s == 0.0


def test_correlation_of_a_flat_line_is_none() -> None:
    assert correlation(np.zeros(5), np.arange(5.0)) == 0.0
    assert correlation(np.arange(5.0), np.arange(5.0)) == pytest.approx(1.0)
