"""Worn sensors: zero, axis, tilt, and what is noticed when one goes wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.fakes.segments import Lift, simulate

from hingecue.posture.drop import Drop
from hingecue.posture.rest import guess_standing
from hingecue.posture.worn import FROZEN_S, SILENT_S, Segment, WornSensors
from hingecue.types import ImuSample, Reason, SensorRole

P, T, M = SensorRole.PELVIS, SensorRole.THORAX, SensorRole.MOUNT
LIFT = Lift(period_s=3.0, repetitions=2)


def sample(t, accel=(0.0, 0.0, 1.0), gyro=(0.0, 0.0, 0.0), role=P):
    return ImuSample(role, round(t * 1e9), accel, gyro)


def worn(body, *, upto_s=float("inf")):
    """Feed a simulated body, standing learned from stillness; give the sensors and the states at each moment."""
    sensors, states = WornSensors(), []
    for one in body.samples():
        if one.t_s > upto_s:
            break
        sensors.add(one)
        if sensors.still(one.t_s):
            sensors.stand(one.t_s)
        if one.role is T:
            states.append(sensors.state(one.t_s))
    return sensors, states


def test_both_tilts_follow_the_truth() -> None:
    body = simulate(LIFT, np.random.default_rng(3))
    sensors, states = worn(body)
    assert sensors.zeroed
    late = [i for i, s in enumerate(states) if s.t_s > 4.5]
    for name in ("pelvis_deg", "thorax_deg"):
        error = [getattr(states[i], name) - getattr(body, name)[i] for i in late]
        assert np.sqrt(np.mean(np.square(error))) < 1.5
    assert states[-1].still
    assert states[-1].gyro
    assert states[-1].lost == ()


def test_nothing_is_known_before_standing() -> None:
    sensors = WornSensors()
    assert sensors.state(0.0) is None
    assert not sensors.zeroed
    assert not sensors.still(0.0)
    sensors.add(sample(0.0))
    state = sensors.state(0.0)
    assert state.pelvis_deg is None
    assert state.reasons == (Reason.NOT_CALIBRATED,)
    sensors.segment(T)
    assert sensors.segments[T].tilt_deg is None
    sensors.segments[T].stand(0.1)
    assert sensors.segments[T].zero is None


@pytest.mark.parametrize("fault", ["silent", "frozen", "noisy", "jumping"])
def test_a_sensor_that_fails_is_noticed_within_half_a_second(fault) -> None:
    body = simulate(LIFT, np.random.default_rng(3))
    sensors = WornSensors()
    rng = np.random.default_rng(0)
    broke_s, noticed_s, last = 4.0, None, None
    for one in body.samples():
        bad = one
        if one.role is P and one.t_s >= broke_s:
            if fault == "silent":
                bad = None
            elif fault == "frozen":
                bad = replace(last, t_ns=one.t_ns)
            elif fault == "noisy":
                bad = replace(one, accel_g=tuple(rng.normal(0, 3, 3).tolist()))
            else:
                bad = replace(one, accel_g=(0.0, 1.0, 0.0) if one.t_ns // 10_000_000 % 2 else (1.0, 0.0, 0.0))
        last = bad if bad is not None and bad.role is P else last
        if bad is not None:
            sensors.add(bad)
        if sensors.still(one.t_s):
            sensors.stand(one.t_s)
        state = sensors.state(one.t_s)
        if one.t_s < broke_s:
            assert state.lost == ()
        elif noticed_s is None and state.lost == (P,):
            noticed_s = one.t_s
            assert state.pelvis_deg is None
            assert state.thorax_deg is not None
            assert state.reasons == (Reason.SENSOR_GAP,)
    assert noticed_s is not None
    assert noticed_s - broke_s <= 0.5


def test_a_sensor_that_comes_back_is_believed_again() -> None:
    body = simulate(LIFT, np.random.default_rng(3))
    sensors = WornSensors()
    for i, one in enumerate(body.samples()):
        if not (one.role is P and 4.0 <= one.t_s < 5.0):
            sensors.add(one)
        if sensors.still(one.t_s):
            sensors.stand(one.t_s)
        if one.role is T and one.t_s > 5.5:
            state = sensors.state(one.t_s)
            assert state.lost == ()
            assert state.pelvis_deg == pytest.approx(body.pelvis_deg[i // 2], abs=8)


def test_samples_that_run_back_are_left_out() -> None:
    segment = Segment(P)
    segment.add(sample(1.0))
    segment.add(sample(0.5, accel=(1.0, 0.0, 0.0)))
    assert segment.last_s == 1.0
    assert segment.filter.up == (0.0, 0.0, 1.0)


def test_tilt_is_read_at_another_clocks_time() -> None:
    segment = Segment(P)
    assert segment.tilt_at(0.0) is None
    segment.calibrate((0.0, 0.0, 1.0), (1.0, 0.0, 0.0))
    for i in range(60):
        angle = np.radians(i)
        segment.add(sample(i / 20, accel=(float(np.sin(angle)), 0.0, float(np.cos(angle))), gyro=None))
    assert segment.tilt_at(2.5) == pytest.approx(segment.tilt_deg - 9, abs=2)
    assert segment.tilt_at(9.0) == segment.tilt_deg
    assert segment.tilt_at(0.1) is None


def test_a_zero_follows_a_slipping_strap_but_not_a_bend() -> None:
    segment = Segment(P)
    for i in range(100):
        segment.add(sample(i / 100))
    segment.stand(0.01)
    slipped = (float(np.sin(0.1)), 0.0, float(np.cos(0.1)))
    segment.filter.up = slipped
    for _ in range(3000):
        segment.stand(0.01)
    assert segment.zero == pytest.approx(slipped, abs=1e-3)
    segment.filter.up = (1.0, 0.0, 0.0)
    segment.stand(0.01)
    assert segment.zero == pytest.approx(slipped, abs=1e-3)


def test_without_a_gyro_fast_is_too_fast() -> None:
    for period_s, wanted in ((1.2, True), (3.0, False)):
        body = simulate(Lift(period_s=period_s, gyro=False, shocks=False), np.random.default_rng(0))
        _, states = worn(body)
        assert any(s.too_fast for s in states) is wanted
        assert not states[-1].gyro


def test_a_squat_lowers_the_pelvis_that_does_not_tilt() -> None:
    drop, t = Drop(), np.arange(0, 2.0, 0.01)
    depth = 0.4 * (1 - np.cos(2 * np.pi * t / 2.0)) / 2
    force = 1.0 + np.gradient(np.gradient(-depth, 0.01), 0.01) / 9.80665
    down = []
    for up in force:
        drop.update((0.0, 0.0, float(up)), (0.0, 0.0, 1.0), 1.0, 0.01, still=False)
        down.append(drop.down_m)
    assert max(down) == pytest.approx(0.3, abs=0.1)
    drop.update((0.0, 0.0, 9.0), (0.0, 0.0, 1.0), 1.0, 0.01, still=False)  # a blow
    assert abs(drop.down_m - down[-1]) < 0.02
    for _ in range(200):
        drop.update((0.0, 0.0, 1.0), (0.0, 0.0, 1.0), 1.0, 0.01, still=True)
    assert abs(drop.down_m) < 0.01


def test_standing_is_guessed_at_the_beginning_and_at_the_straighter_end() -> None:
    body = simulate(Lift(turned_deg=5.0, shocks=False, trunk_deg=90), np.random.default_rng(2))
    plain = body.samples()
    truth = {role: np.mean(accel[:200], axis=0) for role, accel in body.accel_g.items()}
    bottom_s = body.t_s[np.argmax(body.thorax_deg)]
    for samples in (plain, [s for s in plain if s.t_s >= bottom_s]):
        guess = guess_standing(samples)
        assert set(guess) == {P, T}
        for role, up in guess.items():
            cosine = np.dot(up, truth[role]) / np.linalg.norm(truth[role])
            assert np.degrees(np.arccos(min(1.0, cosine))) < 12


def test_standing_of_sensors_that_never_move_is_where_they_are() -> None:
    still = [sample(i / 50, role=role) for i in range(100) for role in (P, M)]
    assert guess_standing(still) == {P: (0.0, 0.0, 1.0)}
    assert guess_standing([]) == {}


def test_limits_leave_room_to_notice_in_half_a_second() -> None:
    assert max(SILENT_S, FROZEN_S) < 0.5
