from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.touching import LEAD_S, TOUCH, UNKIND, P, T, Worn, later, samples_of

from hingecue.app.calibrating import LOOK_S, guided
from hingecue.app.guide import NO_SENSOR_S, READY_S, STAND_S, TOUCH_PATIENCE_S, Guide, Step
from hingecue.posture.calibration import Calibration, Refusal
from hingecue.types import ImuSample, SensorRole


def led(samples, guide=None, quiet_s=0.0):
    """Lead somebody through it; give the guide, the result and what was said."""
    guide, worn, said = guide or Guide(), Worn(samples, quiet_s), []
    result = guided(guide, worn.take, worn.sleep, said.append)
    assert guide.result is result
    for sentence in [*said, guide.sentence]:
        assert sentence[0].isupper()
        assert sentence[-1] == "."
        assert len(sentence) < 200
        assert not any(word in sentence.lower() for word in UNKIND)
    return guide, result, said, worn.now_s


def test_three_touches_live():
    guide, result, said, _ = led(samples_of())
    assert guide.step is Step.DONE
    assert result.flexion_max_deg == pytest.approx(55, abs=2)
    assert result.touches == 3
    assert [sentence.split()[0] for sentence in said] == ["Stand", "Now", "One", "Two", "That"]
    guide.feed([ImuSample(P, 0, (9.0, 9.0, 9.0), None)], 9999.0)
    assert guide.result is result


def test_it_ends_when_three_are_done_and_standing_again():
    samples = samples_of(replace(TOUCH, repetitions=6))
    *_, result, _, now_s = led(samples)
    assert result.touches == 3
    assert now_s - 1000.0 == pytest.approx(LEAD_S + 3 * 4 + 2 * 1, abs=1.0)


def test_two_touches_and_a_longer_stand_are_enough():
    *_, result, said, now_s = led(samples_of(replace(TOUCH, repetitions=2, stand_s=20.0)))
    assert result.touches == 2
    assert said[-1] == "Two are done; one more."
    assert now_s - 1000.0 < 20 + 2 * 5 + 8


@pytest.mark.parametrize("bias_dps", [0.0, 20.0])
def test_a_gyro_that_is_off_does_not_disturb_the_counting(bias_dps):
    *_, result, _, now_s = led(samples_of(replace(TOUCH, bias_dps=bias_dps)))
    assert result.touches == 3
    assert now_s - 1000.0 < LEAD_S + 16


def test_one_touch_is_taken_when_the_time_is_over():
    *_, result, _, now_s = led(samples_of(replace(TOUCH, repetitions=1, stand_s=40.0)))
    assert result.touches == 1
    assert now_s - 1000.0 == pytest.approx(READY_S + STAND_S + TOUCH_PATIENCE_S, abs=1.0)


def test_nobody_bends():
    guide, result, said, _ = led(samples_of(replace(TOUCH, repetitions=0, stand_s=70.0)))
    assert guide.step is Step.REFUSED
    assert result.code == "no_bend"
    assert "bend down slowly" in guide.sentence
    assert len(said) == 2


def test_a_movement_begins_the_stand_again():
    fidget = samples_of(replace(TOUCH, trunk_deg=30.0, repetitions=2, period_s=1.5, stand_s=READY_S + 1.2))
    until = fidget[-1].t_s - READY_S - 1.2
    quiet = later(samples_of(), until - 1000.0)
    guide, result, said, _ = led([*(s for s in fidget if s.t_s < until), *quiet])
    assert [sentence.split()[0] for sentence in said] == ["Stand", "That", "Now", "One", "Two", "That"]
    assert result.flexion_max_deg == pytest.approx(55, abs=2)
    assert guide.step is Step.DONE


def test_who_never_stands_still_is_told():
    guide, result, _, now_s = led(samples_of(replace(TOUCH, repetitions=20, stand_s=1.0)))
    assert result.code == "moving"
    assert guide.step is Step.REFUSED
    assert now_s - 1000.0 == pytest.approx(60, abs=1)


def test_no_sensor_ever():
    guide, result, said, now_s = led([])
    assert result.code == "no_sensor"
    assert guide.step is Step.REFUSED
    assert now_s == pytest.approx(NO_SENSOR_S, abs=2 * LOOK_S)
    assert len(said) == 1


def test_sensors_may_be_a_little_late():
    *_, result, _, _ = led(samples_of(), quiet_s=NO_SENSOR_S - 1)
    assert result.touches == 3


def test_sensors_that_fall_silent_before_the_stand():
    _, result, _, now_s = led([s for s in samples_of() if s.t_s < 1001])
    assert result.code == "stand_short"
    assert now_s - 1000.0 < READY_S + STAND_S + NO_SENSOR_S + 1


def test_a_sensor_that_falls_silent_in_the_stand():
    samples = [s for s in samples_of(replace(TOUCH, repetitions=0, stand_s=20.0)) if s.role is P or s.t_s < 1003.5]
    _, result, _, _ = led(samples)
    assert result.code == "stand_short"
    assert "thorax" in result.what


def test_a_chip_that_is_far_off_1_g_is_told_at_once():
    samples = [replace(s, accel_g=tuple(1.4 * x for x in s.accel_g)) for s in samples_of()]
    _, result, _, now_s = led(samples)
    assert result.code == "not_one_g"
    assert now_s - 1000.0 < READY_S + 2


def test_all_sensors_fall_silent_while_touching():
    _, result, _, now_s = led([s for s in samples_of() if s.t_s < 1000 + LEAD_S + 1])
    assert isinstance(result, Calibration | Refusal)
    assert now_s - 1000.0 < READY_S + STAND_S + TOUCH_PATIENCE_S + 2


def test_a_frozen_chip_is_not_followed():
    samples = samples_of(replace(TOUCH, repetitions=0, stand_s=60.0))
    still = {role: next(s for s in samples if s.role is role) for role in (P, T)}
    frozen = [replace(still[s.role], t_ns=s.t_ns) if s.t_s > 1000 + LEAD_S else s for s in samples]
    assert led(frozen)[1].code == "no_bend"


def test_a_sensor_that_wakes_late_is_asked_to_stand():
    samples = [s for s in samples_of() if s.role is P or s.t_s > 1000 + LEAD_S]
    _, result, _, _ = led(samples)
    assert result.code == "stand_short"


def test_the_case_of_the_camera_does_not_count_as_worn():
    case = [ImuSample(SensorRole.MOUNT, s.t_ns, s.accel_g, None) for s in samples_of() if s.role is P]
    assert led(case)[1].code == "no_sensor"


def test_history_is_heard():
    assert led(samples_of(), Guide(history_deg=[80.0]))[1].code == "off_usual"
