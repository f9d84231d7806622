"""The tilt filter: against known angles, against an independent library, and against everything that chips do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.segments import Lift, rotation, simulate

from hingecue.posture.tilt import (
    ONE_G_MAX_OFF,
    TiltFilter,
    cross,
    dot,
    length,
    median_of,
    minus,
    rotated,
    unit,
)
from hingecue.types import ImuSample, SensorRole

P, T = SensorRole.PELVIS, SensorRole.THORAX


def sample(t, accel=(0.0, 0.0, 1.0), gyro=(0.0, 0.0, 0.0), role=P):
    return ImuSample(role, round(t * 1e9), accel, gyro)


def angles(samples, role, stand_s, rate_hz):
    """Tilt from standing, deg, for every sample of one role, with the axis of the whole movement."""
    tilt = TiltFilter()
    ups = []
    for one in samples:
        if one.role is role:
            tilt.update(one)
            ups.append(tilt.up)
    return tilts(np.array(ups), int(stand_s * rate_hz))


def tilts(up, n):
    zero = up[n // 2 : n].mean(axis=0)
    zero /= np.linalg.norm(zero)
    across = up - (up @ zero)[:, None] * zero
    axis = (across * np.linalg.norm(across, axis=1)[:, None]).sum(axis=0)
    axis /= np.linalg.norm(axis)
    return np.degrees(np.arctan2(up @ axis, up @ zero))


def flexion_error(lift, seed):
    body = simulate(lift, np.random.default_rng(seed))
    samples = body.samples()
    felt = [angles(samples, role, lift.stand_s, lift.rate_hz) for role in (T, P)]
    error = felt[0] - felt[1] - body.flexion_deg
    n = int(lift.stand_s * lift.rate_hz)
    return float(np.sqrt((error[n:-n] ** 2).mean()))


@pytest.mark.parametrize(("period_s", "most_deg"), [(1.2, 2.5), (2.0, 2.0), (3.0, 1.5), (5.0, 1.5)])
def test_spinal_flexion_of_simulated_lifts_with_gyro(period_s, most_deg) -> None:
    errors = [flexion_error(Lift(period_s=period_s), seed) for seed in range(8)]
    assert max(errors) <= most_deg


def test_spinal_flexion_of_simulated_lifts_without_gyro() -> None:
    assert max(flexion_error(Lift(period_s=3.0, gyro=False), seed) for seed in range(4)) <= 4.0


def test_an_independent_filter_agrees() -> None:
    vqf = pytest.importorskip("vqf")
    lift = Lift(period_s=2.0, wobble=0.05)
    body = simulate(lift, np.random.default_rng(5))
    peer = vqf.PyVQF(1 / lift.rate_hz, tauAcc=1.5, biasClip=5.0)
    quaternions = np.array(
        [
            peer.update(np.radians(g), a * 9.80665) or peer.getQuat6D()
            for g, a in zip(body.gyro_dps[P], body.accel_g[P], strict=True)
        ]
    )
    w, x, y, z = quaternions.T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z], axis=1)
    theirs = tilts(up, int(lift.stand_s * lift.rate_hz))
    ours = angles(body.samples(), P, lift.stand_s, lift.rate_hz)
    n = int(lift.stand_s * lift.rate_hz)
    apart, off, peer_off = (
        float(np.sqrt((x[n:] ** 2).mean())) for x in (theirs - ours, ours - body.pelvis_deg, theirs - body.pelvis_deg)
    )
    assert apart < 3.0
    assert off < min(1.0, peer_off)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_turning_the_chip_changes_no_angle(seed) -> None:
    lift = Lift(period_s=2.0, repetitions=2, stand_s=1.5)
    body = simulate(lift, np.random.default_rng(1))
    turn = rotation(np.random.default_rng(seed), 180.0)
    plain = [s for s in body.samples() if s.role is P]
    turned = [ImuSample(P, s.t_ns, tuple(turn @ s.accel_g), tuple(turn @ s.gyro_dps)) for s in plain]
    before, after = (angles(samples, P, lift.stand_s, lift.rate_hz) for samples in (plain, turned))
    np.testing.assert_allclose(before, after, atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(origin_s=st.floats(0, 1e6))
def test_the_origin_of_time_changes_nothing(origin_s) -> None:
    body = simulate(Lift(period_s=2.0, repetitions=1, stand_s=1.0), np.random.default_rng(1))
    plain = [s for s in body.samples() if s.role is P]
    shift = round(origin_s * 1e9)
    moved = [ImuSample(P, s.t_ns + shift, s.accel_g, s.gyro_dps) for s in plain]
    np.testing.assert_allclose(angles(plain, P, 1.0, 100), angles(moved, P, 1.0, 100), atol=0.05)


def test_the_bias_is_learned_standing_and_kept_in_the_lift() -> None:
    tilt = TiltFilter()
    for i in range(300):
        tilt.update(sample(i / 100, gyro=(3.0, -2.0, 5.0)))
    assert tilt.still
    assert tilt.rate_dps < 0.1
    before = tilt.up
    for i in range(300, 400):  # shaken: the force says nothing, the gyro only its bias
        tilt.update(sample(i / 100, accel=(0.0, 0.0, 1.0 + 0.5 * (-1) ** i), gyro=(3.0, -2.0, 5.0)))
    assert not tilt.still
    assert math.degrees(length(minus(tilt.up, before))) < 0.5


def test_a_dropped_plate_moves_nothing() -> None:
    tilt = TiltFilter()
    for i in range(200):
        blow = (8.0, -8.0, 8.0) if 100 <= i < 102 else (0.0, 0.0, 1.0)
        tilt.update(sample(i / 100, accel=blow))
        assert math.degrees(length(minus(tilt.up, (0.0, 0.0, 1.0)))) < 0.2


def test_a_blow_at_the_very_start_is_waited_out() -> None:
    tilt = TiltFilter()
    tilt.update(sample(0.0, accel=(5.0, 0.0, 0.0)))
    assert tilt.up is None
    tilt.update(sample(0.01))
    assert tilt.up == (0.0, 0.0, 1.0)


def test_without_a_gyro_a_blow_is_held_and_standing_is_still() -> None:
    tilt = TiltFilter()
    for i in range(120):
        tilt.update(sample(i / 100, accel=(8.0, 0.0, 0.0) if i == 100 else (0.0, 0.0, 1.0), gyro=None))
        assert tilt.up == (0.0, 0.0, 1.0)
        if i == 99:
            assert tilt.still
    assert not tilt.still
    assert not tilt.has_gyro


def test_after_a_gap_the_direction_is_taken_anew() -> None:
    tilt = TiltFilter()
    tilt.update(sample(0.0))
    tilt.update(sample(5.0, accel=(1.0, 0.0, 0.0)))
    assert tilt.up == (1.0, 0.0, 0.0)


def test_a_chip_may_read_its_own_1_g() -> None:
    tilt = TiltFilter()
    for i in range(400):
        tilt.update(sample(i / 100, accel=(0.0, 0.0, 1.06)))
    assert tilt.still
    assert tilt.one_g == pytest.approx(1.06, abs=0.01)
    tilt.one_g = 3.0
    assert tilt.one_g == 1.0 + ONE_G_MAX_OFF


def test_vectors() -> None:
    assert cross((1, 0, 0), (0, 1, 0)) == (0, 0, 1)
    assert unit((0.0, 0.0, 0.0)) == (0.0, 0.0, 0.0)
    assert rotated((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), math.pi / 2) == pytest.approx((0.0, 1.0, 0.0))
    assert dot((1, 2, 3), (4, 5, 6)) == 32
    assert median_of([(1.0, 9.0, 0.0), (2.0, 8.0, 0.0), (9.0, 1.0, 5.0)]) == (2.0, 8.0, 0.0)
