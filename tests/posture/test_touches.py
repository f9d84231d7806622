from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.fakes.segments import Lift, simulate

from hingecue.posture.calibration import zeros
from hingecue.posture.tilt import dot
from hingecue.posture.touches import (
    Track,
    flexions_deg,
    follow,
    gyro_bias_dps,
    pelvis_excess_deg,
    spans,
    without_bias,
)
from hingecue.types import SensorRole

P, T = SensorRole.PELVIS, SensorRole.THORAX
STAND_S = 3.0
TOUCH = Lift(period_s=4.0, trunk_deg=110.0, spine_share=0.5, repetitions=3, pause_s=1.0, shocks=False, rate_hz=50.0)


def test_a_track_gives_the_nearest_sample_and_knows_its_gaps():
    track = Track([0.0, 0.1, 1.0], [0.0, 10.0, 20.0])
    assert [track.at(t) for t in (-0.1, 0.04, 0.06, 0.1, 0.5, 0.9, 1.2)] == [0.0, 0.0, 10.0, 10.0, 10.0, 20.0, 20.0]
    assert track.furthest_deg == 20.0
    assert track.whole(0.0, 0.2)
    assert not track.whole(0.0, 1.0)
    assert not track.whole(1.0, 1.5)


def test_one_track_has_no_difference():
    alone = {P: Track([0.0], [10.0])}
    assert flexions_deg(alone) == []
    assert pelvis_excess_deg(alone) == 0.0


def test_what_is_followed_has_rising_times():
    samples = [s for s in simulate(TOUCH, np.random.default_rng(0)).samples() if s.role is P]
    stand, flex = [s for s in samples if s.t_s <= STAND_S], [s for s in samples if s.t_s > STAND_S]
    zero = zeros(stand)[P]
    found = follow(P, zero, stand, flex)
    assert all(a < b for a, b in pairwise(found.track.t_s))
    assert found.track.t_s[0] > STAND_S
    assert dot(found.axis, zero) == pytest.approx(0, abs=1e-9)


def test_touches_are_found_by_the_sensor_that_turns_furthest():
    t = np.arange(0, 12, 0.05)
    wave = (1 - np.cos(2 * np.pi * t / 4)) / 2
    tracks = {P: Track(t.tolist(), (20 * wave).tolist()), T: Track(t.tolist(), (90 * wave).tolist())}
    assert len(spans(tracks)) == 3
    assert flexions_deg(tracks) == pytest.approx([70, 70, 70], abs=0.5)
    assert pelvis_excess_deg(tracks) == pytest.approx(-70, abs=0.1)


def test_the_bias_is_what_the_gyro_reads_in_standing():
    body = simulate(replace(TOUCH, bias_dps=15.0, repetitions=0), np.random.default_rng(0))
    samples = [s for s in body.samples() if s.role is P]
    bias = gyro_bias_dps(samples)
    assert np.abs(bias) == pytest.approx([15, 15, 15], abs=0.5)
    assert gyro_bias_dps([without_bias(s, bias) for s in samples]) == pytest.approx((0, 0, 0), abs=1e-9)
    assert gyro_bias_dps([replace(s, gyro_dps=None) for s in samples]) == (0.0, 0.0, 0.0)
