"""Calibration: against a body of known truth, against what people and straps do, and every refusal."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import segments
from tests.fakes.segments import Lift, simulate

from hingecue.posture.calibration import (
    CHORD_RANGE,
    MAYBE_SWAPPED,
    NO_BEND,
    SWAPPED,
    Calibration,
    Refusal,
    calibrate,
    chord_share,
    restless,
    zeros,
)
from hingecue.posture.constants import DEFAULT_FLEXION_MAX_DEG
from hingecue.posture.fusion import CHORD_SHARE
from hingecue.posture.sensed import SensedBody
from hingecue.posture.tilt import dot, length
from hingecue.types import ImuSample, SensorRole

P, T = SensorRole.PELVIS, SensorRole.THORAX
STAND_S = 3.0
TOUCH = Lift(period_s=4.0, trunk_deg=110.0, spine_share=0.5, repetitions=3, pause_s=1.0, shocks=False, rate_hz=50.0)


def felt(lift=TOUCH, seed=0):
    """The samples of standing and of touching the toes."""
    return parts(simulate(lift, np.random.default_rng(seed)).samples())


def parts(samples):
    return [s for s in samples if s.t_s <= STAND_S], [s for s in samples if s.t_s > STAND_S]


def of(role, samples):
    return [s for s in samples if s.role is role]


def swapped(samples):
    other = {P: T, T: P}
    return [replace(s, role=other[s.role]) for s in samples]


def upside_down(v):
    return tuple(-x for x in v)


def angle_deg(a, b):
    return math.degrees(math.acos(max(-1.0, min(1.0, dot(a, b) / (length(a) * length(b))))))


def code(result):
    assert isinstance(result, Refusal), result
    assert result.what
    assert result.try_this
    return result.code


def touches_of(pelvis_deg, thorax_deg):
    """Noiseless samples: standing, one touch of the toes, standing; each chip flat, z up, bending towards x."""
    down = np.concatenate([np.zeros(200), (1 - np.cos(np.linspace(0, 2 * np.pi, 200))) / 2, np.zeros(50)])
    rng = np.random.default_rng(0)
    out = []
    for i, share in enumerate(down):
        for role, most in ((P, pelvis_deg), (T, thorax_deg)):
            a = math.radians(most * share)
            x, z = (np.array([math.sin(a), math.cos(a)]) + rng.normal(0, 1e-4, 2)).tolist()
            out.append(ImuSample(role, round(i * 0.02e9), (x, 0.0, z), None))
    return parts(out)


# --- against the truth ----------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    trunk_deg=st.floats(95, 120),
    spine_share=st.floats(0.4, 0.55),
    bias_dps=st.floats(0, 20),
    gyro=st.booleans(),
)
def test_zero_axis_and_maximum_are_within_2_deg_for_any_mounting(seed, trunk_deg, spine_share, bias_dps, gyro):
    lift = replace(TOUCH, trunk_deg=trunk_deg, spine_share=spine_share, bias_dps=bias_dps, gyro=gyro, turned_deg=180.0)
    mountings = []
    with pytest.MonkeyPatch.context() as patch:
        real = segments._mounting
        patch.setattr(segments, "_mounting", lambda *given: mountings.append(real(*given)) or mountings[-1])
        body = simulate(lift, np.random.default_rng(seed))
    result = calibrate(*parts(body.samples()))
    assert isinstance(result, Calibration), result
    for role, mounting in zip((P, T), mountings, strict=True):
        assert angle_deg(result.zero[role], mounting @ (0, 0, 1)) < 2
        assert angle_deg(result.axis[role], mounting @ (-1, 0, 0)) < 2
    assert result.flexion_max_deg == pytest.approx(body.flexion_deg.max(), abs=2)
    assert (result.touches, result.swapped, result.notes) == (3, False, ())
    assert result.chord_share == CHORD_SHARE
    assert result.camera_max_deg is None


def test_the_scale_is_the_persons_own():
    result = calibrate(*felt())
    assert result.scale.flexion_max_deg == result.flexion_max_deg
    assert result.scale.calibrated
    body = SensedBody()
    body.apply(result)
    assert body.scale == result.scale
    assert body.worn.zeroed


def test_sensors_that_are_swapped_are_put_right():
    plain = calibrate(*felt())
    result = calibrate(*map(swapped, felt()))
    assert result.swapped
    assert result.notes == (SWAPPED,)
    assert result.flexion_max_deg == pytest.approx(plain.flexion_max_deg)
    assert result.zero == plain.zero
    assert result.axis == plain.axis


def test_a_sensor_the_other_way_up_is_told_and_matters_not():
    before = zeros(felt()[0])
    turned = {P: upside_down(before[P]), T: before[T]}
    result = calibrate(*felt(), before=turned)
    assert result.notes == ("the pelvis sensor is worn the other way up than last time; that is taken care of",)
    assert calibrate(*felt(), before=before).notes == ()
    assert calibrate(*felt(), before={}).notes == ()


def test_swapped_sensors_are_held_against_the_places_they_are_worn_at():
    before = zeros(felt()[0])
    turned = {P: upside_down(before[P]), T: before[T]}
    notes = calibrate(*map(swapped, felt()), before=turned).notes
    assert notes[0] == SWAPPED
    assert "the pelvis sensor" in notes[1]
    assert len(notes) == 2


@pytest.mark.parametrize("role", [P, T])
def test_one_sensor_gives_its_zero_and_axis_but_no_maximum(role):
    stand, flex = felt()
    result = calibrate(of(role, stand), of(role, flex))
    assert set(result.zero) == set(result.axis) == {role}
    assert result.flexion_max_deg is None
    assert result.touches == 3
    assert not result.scale.calibrated
    assert result.scale.flexion_max_deg == DEFAULT_FLEXION_MAX_DEG


def test_touching_the_toes_may_come_before_standing():
    stand, flex = felt()
    late = [replace(s, t_ns=s.t_ns + round(60e9)) for s in stand]
    result = calibrate(late, flex)
    assert result.flexion_max_deg == pytest.approx(calibrate(stand, flex).flexion_max_deg, abs=1)
    assert result.touches == 3


def test_windows_may_overlap():
    stand, flex = felt()
    assert calibrate(stand, [*stand, *flex]).flexion_max_deg == pytest.approx(55, abs=2)


def test_the_end_of_the_samples_may_cut_a_touch_off():
    stand, flex = felt()
    result = calibrate(stand, [s for s in flex if s.t_s < STAND_S + 2.1])
    assert result.touches == 1
    assert result.flexion_max_deg == pytest.approx(55, abs=2)


def test_the_samples_may_begin_at_the_bottom():
    stand, flex = felt()
    result = calibrate(stand, [s for s in flex if s.t_s > STAND_S + 2.0])
    assert result.touches == 3
    assert result.flexion_max_deg == pytest.approx(55, abs=2)


def test_the_case_of_the_camera_has_no_say():
    stand, flex = felt()
    case = [ImuSample(SensorRole.MOUNT, s.t_ns, (9.0, 0.0, 0.0), None) for s in stand]
    assert calibrate([*case, *stand], flex) == calibrate(stand, flex)


def test_a_touch_in_which_a_sensor_was_silent_does_not_count():
    stand, flex = felt()
    bottoms = [STAND_S + 2.0 + 5.0 * n for n in range(3)]
    gappy = [s for s in flex if abs(s.t_s - bottoms[s.role is T]) > 0.5]
    result = calibrate(stand, gappy)
    assert result.touches == 1
    assert result.flexion_max_deg == pytest.approx(55, abs=2)


# --- refusals -------------------------------------------------------------------------------------------------------


def test_no_sensor():
    assert code(calibrate([], [])) == "no_sensor"
    assert code(restless([])) == "no_sensor"


def test_too_short_a_stand():
    stand, flex = felt()
    assert code(calibrate([s for s in stand if s.t_s < 0.5], flex)) == "stand_short"


def test_a_sensor_that_was_felt_only_after_standing():
    stand, flex = felt()
    result = calibrate(of(P, stand), flex)
    assert code(result) == "stand_short"
    assert "thorax" in result.what


@pytest.mark.parametrize("gyro", [True, False])
def test_moving_while_standing(gyro):
    _, flex = felt(replace(TOUCH, gyro=gyro))
    assert code(calibrate(flex, flex)) == "moving"


def test_turning_about_the_vertical_is_felt_by_the_gyro_alone():
    stand, flex = felt()
    turning = [
        replace(s, gyro_dps=(s.gyro_dps[0], s.gyro_dps[1] + 5 * math.sin(4 * s.t_s), s.gyro_dps[2])) for s in stand
    ]
    assert code(calibrate(turning, flex)) == "moving"


def test_standing_still_is_not_restless():
    stand, _ = felt()
    assert restless(stand) is None
    assert restless(stand, [P, T]) is None
    assert code(restless(of(P, stand), [P, T])) == "stand_short"


@pytest.mark.parametrize("gain", [0.7, 1.3])
def test_a_chip_that_is_far_off_1_g(gain):
    stand, flex = felt()
    off = [replace(s, accel_g=tuple(gain * x for x in s.accel_g)) for s in stand]
    assert code(calibrate(off, flex)) == "not_one_g"


@pytest.mark.parametrize("gain", [0.92, 1.08])
def test_a_cheap_chips_1_g_does_no_harm(gain):
    stand, flex = ([replace(s, accel_g=tuple(gain * x for x in s.accel_g)) for s in part] for part in felt())
    assert calibrate(stand, flex).flexion_max_deg == pytest.approx(55, abs=2)


def test_nobody_bends():
    assert calibrate(*felt(replace(TOUCH, trunk_deg=0.0))) == NO_BEND
    assert calibrate(*felt(replace(TOUCH, trunk_deg=20.0))) == NO_BEND
    assert calibrate(felt()[0], []) == NO_BEND


@pytest.mark.parametrize("hang", [True, False])
def test_a_sensor_that_does_not_turn_with_the_body(hang):
    stand, flex = felt()
    last = of(P, stand)[-1]
    stuck = [replace(last, t_ns=s.t_ns) if s.role is P else s for s in flex if hang or s.role is T]
    result = calibrate(stand, stuck)
    assert code(result) == "not_turned"
    assert "pelvis" in result.what


def test_a_sensor_that_was_silent_at_every_touch():
    stand, flex = felt(replace(TOUCH, repetitions=1))
    assert code(calibrate(stand, [s for s in flex if s.role is T or abs(s.t_s - STAND_S - 2.0) > 0.5])) == "sensor_gap"


def test_sensors_that_may_be_swapped():
    assert calibrate(*touches_of(77.0, 70.0)) == MAYBE_SWAPPED
    assert code(calibrate(*touches_of(73.0, 70.0))) == "flexion_range"
    assert calibrate(*touches_of(110.0, 70.0)).swapped


@pytest.mark.parametrize(("pelvis_deg", "thorax_deg"), [(60.0, 70.0), (20.0, 115.0)])
def test_a_flexion_that_is_not_a_spines(pelvis_deg, thorax_deg):
    assert code(calibrate(*touches_of(pelvis_deg, thorax_deg))) == "flexion_range"


@pytest.mark.parametrize(("history_deg", "taken"), [((55.0,), True), ((50.0, 55.0, 90.0), True), ((75.0,), False)])
def test_the_persons_own_history(history_deg, taken):
    result = calibrate(*felt(), history_deg=history_deg)
    if taken:
        assert isinstance(result, Calibration)
    else:
        assert code(result) == "off_usual"
        assert "75° is usual for you" in result.what


# --- the parts ------------------------------------------------------------------------------------------------------


def test_the_chords_share_is_fitted():
    pelvis, lumbar = np.linspace(0, 50, 20), np.linspace(0, 55, 20)
    assert chord_share(pelvis + 0.6 * lumbar, pelvis, pelvis + lumbar) == pytest.approx(0.6)


@pytest.mark.parametrize("share", [CHORD_RANGE[0] - 0.05, CHORD_RANGE[1] + 0.05])
def test_a_chord_that_cannot_be_is_not_taken(share):
    pelvis, lumbar = np.linspace(0, 50, 20), np.linspace(0, 55, 20)
    assert chord_share(pelvis + share * lumbar, pelvis, pelvis + lumbar) == CHORD_SHARE
    assert chord_share([], [], []) == CHORD_SHARE
