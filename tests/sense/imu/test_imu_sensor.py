from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from tests.fakes.i2c_bus import from_track
from tests.sense.imu.conftest import KINDS, moving

import hingecue
from hingecue.sense.imu.sensor import FROZEN_RUN, REPEAT_RUN, State
from hingecue.sense.table import read_imu
from hingecue.types import SensorRole

STEP_G = {"mpu6050": 1 / 4096, "lsm6ds3": 0.244e-3, "lsm6dso": 0.244e-3, "adxl345": 1 / 256}
STEP_DPS = {"mpu6050": 1 / 32.8, "lsm6ds3": 35e-3, "lsm6dso": 35e-3}
ERRNOS = [errno.EREMOTEIO, errno.ETIMEDOUT, errno.EIO, errno.ENXIO, errno.EAGAIN, errno.ENODEV]


def match(samples, chip):
    """How far each stamp is from the nearest true time, ns, and which sample that was."""
    taken = np.array(chip.taken)
    stamps = np.array([sample.t_ns for sample in samples])
    nearest = np.abs(taken[:, None] - stamps[None, :]).argmin(axis=0) if len(taken) * len(stamps) < 4e6 else None
    if nearest is None:
        right = np.clip(np.searchsorted(taken, stamps), 1, len(taken) - 1)
        nearest = right - (stamps - taken[right - 1] < taken[right] - stamps)
    return stamps - taken[nearest], nearest


def check_values(kind, samples, truth):
    """Each value is its truth to one step; the dither adds one more to one axis."""
    for sample in samples:
        accel, gyro = truth(sample)
        assert np.allclose(sample.accel_g, accel, atol=1.51 * STEP_G[kind])
        if kind == "adxl345":
            assert sample.gyro_dps is None
        else:
            assert np.allclose(sample.gyro_dps, gyro, atol=0.51 * STEP_DPS[kind])


def test_values_are_right_to_one_step_and_each_comes_once(rig, kind) -> None:
    chip, sensor = rig.one(kind)
    samples = rig.run(sensor, 20.0)
    wrong, nearest = match(samples, chip)
    assert np.array_equal(np.diff(nearest), np.ones(len(samples) - 1))
    assert abs(wrong).max() < 5e6
    taken = [chip.taken[i] for i in nearest]
    truths = dict(zip([s.t_ns for s in samples], [moving(t / 1e9) for t in taken], strict=True))
    check_values(kind, samples, lambda sample: truths[sample.t_ns])
    health = sensor.health
    assert (health.state, health.fault) == (State.OK, None)
    assert (health.samples, health.dropped) == (len(samples), 0)
    assert kind == "adxl345" or health.duplicated == 0  # its step is coarse, neighbours are alike by chance


@pytest.mark.parametrize(("which", "error"), [("mpu6050", 0.01), ("lsm6dso", -0.01)])
def test_ten_minutes_with_an_oscillator_that_is_off_by_one_percent(rig, which, error) -> None:
    chip, sensor = rig.one(which, clock_error=error)
    samples = rig.run(sensor, 600.0)
    wrong, nearest = match(samples, chip)
    assert abs(wrong).max() < 5e6
    assert abs(wrong[200:]).max() < 1.5e6
    assert np.array_equal(np.diff(nearest), np.ones(len(samples) - 1))
    assert sensor.health.dropped == 0


@pytest.mark.parametrize("error", [-0.01, 0.01])
def test_one_minute_of_every_chip(rig, kind, error) -> None:
    chip, sensor = rig.one(kind, clock_error=error)
    wrong, _ = match(rig.run(sensor, 60.0), chip)
    assert abs(wrong).max() < 5e6


def test_a_recorded_session_comes_out_of_the_chip_again(rig) -> None:
    track = read_imu(Path(hingecue.__file__).parent / "demo_recording" / "imu-pelvis.csv", "pelvis")
    start_s = rig.clock() / 1e9 + 1.0
    chip, sensor = rig.one("mpu6050", source=from_track(track, start_s), clock_error=0.004, dither=False)
    samples = rig.run(sensor, 1.0 + float(track.t_s[-1]))
    wrong, nearest = match(samples, chip)
    assert abs(wrong).max() < 5e6
    rows = [round((chip.taken[i] / 1e9 - start_s) * track.rate_hz) for i in nearest]
    inside = [(sample, row) for sample, row in zip(samples, rows, strict=True) if 0 <= row < len(track)]
    assert len({row for _, row in inside}) > 0.99 * len(track) - 10
    for sample, row in inside:
        assert np.allclose(sample.accel_g, track.accel_g[row], atol=0.51 / 4096)
        assert np.allclose(sample.gyro_dps, track.gyro_dps[row], atol=0.51 / 32.8)


@pytest.mark.parametrize("number", ERRNOS)
def test_a_single_error_costs_nothing_but_a_line_in_the_health(rig, kind, number) -> None:
    chip, sensor = rig.one(kind)
    rig.run(sensor, 2.0)
    chip.fail(number)
    samples = rig.run(sensor, 1.0)
    if number == errno.ETIMEDOUT:  # no use in asking a stuck wire again at once
        assert sensor.health.state is State.LOST
        rig.run(sensor, 0.5)
    else:
        assert len(samples) == pytest.approx(sensor.chip.rate_hz, abs=7)
        assert sensor.health.dropped == 0
        assert sensor.health.resets == 0
    assert sensor.health.state is State.DEGRADED
    assert sensor.health.faults == 1
    assert sensor.health.fault is not None
    rig.run(sensor, 3.0)
    assert sensor.health.state is State.OK


@pytest.mark.parametrize("number", ERRNOS)
def test_three_errors_in_a_row_set_the_chip_up_anew(rig, number) -> None:
    chip, sensor = rig.one("mpu6050")
    rig.run(sensor, 2.0)
    chip.fail(number, 3)
    rig.run(sensor, 4.0)
    samples = rig.run(sensor, 1.0)
    assert len(samples) == pytest.approx(100, abs=7)
    assert sensor.health.state is not State.LOST
    assert sensor.health.resets == (0 if number == errno.ETIMEDOUT else 1)
    assert sensor.health.dropped > 10


def test_a_plug_that_comes_out_and_goes_in_again(rig, kind) -> None:
    chip, sensor = rig.one(kind)
    before = rig.run(sensor, 2.0)
    chip.vanished = True
    assert rig.run(sensor, 30.0) == []
    assert sensor.health.state is State.LOST
    assert sensor.health.fault.code == "sensor_no_answer"
    chip.power_up()
    chip.vanished = False
    after = rig.run(sensor, 1.6)
    assert len(after) > 0.2 * sensor.chip.rate_hz
    wrong, _ = match(before + rig.run(sensor, 3.0), chip)
    assert abs(wrong).max() < 5e6
    assert sensor.health.state is State.OK
    assert sensor.health.dropped == pytest.approx(31 * sensor.chip.rate_hz, rel=0.05)


def test_a_lost_sensor_is_asked_about_once_a_second(rig) -> None:
    chip, sensor = rig.one("mpu6050")
    rig.run(sensor, 1.0)
    chip.vanished = True
    rig.run(sensor, 1.0)
    faults = sensor.health.faults
    rig.run(sensor, 20.0)
    assert sensor.health.faults - faults == pytest.approx(20, abs=2)


def test_a_chip_that_broke_down_for_a_moment_is_set_up_again(rig, kind) -> None:
    chip, sensor = rig.one(kind)
    rig.run(sensor, 2.0)
    chip.power_up()
    samples = rig.run(sensor, 3.0)
    assert len(samples) > 2.5 * sensor.chip.rate_hz
    wrong, nearest = match(samples, chip)
    assert abs(wrong).max() < 5e6
    taken = dict(zip([s.t_ns for s in samples], [chip.taken[i] for i in nearest], strict=True))
    check_values(kind, samples, lambda sample: moving(taken[sample.t_ns] / 1e9))
    assert sensor.health.resets == 1
    assert sensor.health.fault.code == "sensor_reset"


@pytest.mark.parametrize(("which", "register", "value"), [("mpu6050", 0x1C, 0x18), ("lsm6dso", 0x10, 0x44)])
def test_a_range_that_flipped_lets_no_sample_out(rig, which, register, value) -> None:
    chip, sensor = rig.one(which)
    rig.run(sensor, 2.0)
    chip.registers[register] = value
    samples = rig.run(sensor, 2.0)
    size = [np.linalg.norm(s.accel_g) for s in samples]
    assert max(size) < 1.6
    assert min(size) > 0.3
    assert sensor.health.resets == 1


def test_a_program_that_was_away_finds_an_overflow_and_counts_it(rig, kind) -> None:
    chip, sensor = rig.one(kind)
    rig.run(sensor, 2.0)
    away = 12.0
    rig.clock.sleep(away)
    samples = rig.run(sensor, 3.0)
    wrong, _ = match(samples, chip)
    assert abs(wrong).max() < 5e6
    health = sensor.health
    assert (health.overflows, health.resets) == (1, 0)
    assert health.dropped == pytest.approx(away * sensor.chip.rate_hz, rel=0.02)
    assert health.samples + health.dropped == pytest.approx(len(chip.taken), abs=40)


def test_a_short_absence_costs_nothing(rig, kind) -> None:
    _, sensor = rig.one(kind)
    rig.run(sensor, 2.0)
    rig.clock.sleep(0.2)
    rig.run(sensor, 1.0)
    assert (sensor.health.dropped, sensor.health.overflows) == (0, 0)


@pytest.mark.parametrize("which", ["mpu6050", "lsm6ds3", "lsm6dso"])
def test_a_fifo_that_slipped_gives_no_wrong_value(rig, which) -> None:
    chip, sensor = rig.one(which)
    rig.run(sensor, 2.0)
    rig.clock.sleep(0.02)
    chip.misalign()
    samples = rig.run(sensor, 2.0)
    wrong, nearest = match(samples, chip)
    assert abs(wrong).max() < 5e6
    taken = dict(zip([s.t_ns for s in samples], [chip.taken[i] for i in nearest], strict=True))
    check_values(which, samples, lambda sample: moving(taken[sample.t_ns] / 1e9))
    assert 1 <= sensor.health.dropped <= 10
    assert sensor.health.misaligned == (0 if which == "lsm6dso" else 1)


def test_a_frozen_chip_is_seen_not_given_out_and_reset(rig, kind) -> None:
    chip, sensor = rig.one(kind)
    rig.run(sensor, 2.0)
    chip.freeze()
    samples = rig.run(sensor, 3.0)
    assert len(samples) <= REPEAT_RUN + 6
    assert sensor.health.state is State.LOST
    assert sensor.health.fault.code == "sensor_frozen"
    assert sensor.health.duplicated > FROZEN_RUN
    assert sensor.health.resets >= 2
    chip.heal()
    assert len(rig.run(sensor, 2.0)) > 1.5 * sensor.chip.rate_hz
    rig.run(sensor, 2.0)
    assert sensor.health.state is State.OK


def test_a_chip_that_answers_but_measures_nothing_is_reset_then_lost(rig, kind) -> None:
    chip, sensor = rig.one(kind)
    rig.run(sensor, 2.0)
    chip.silent = True
    assert len(rig.run(sensor, 3.0)) <= 6
    assert sensor.health.state is State.LOST
    assert sensor.health.fault.code == "sensor_silent"
    chip.heal()
    assert rig.run(sensor, 2.0)


def test_a_stuck_wire_costs_one_try_a_second_and_comes_back(rig) -> None:
    rig.put("mpu6050")
    rig.put("mpu6050", 0x69)
    pair = rig.sensors()
    for sensor in pair:
        rig.run(sensor, 1.0)
    rig.wire.hang = 1.0
    before = rig.clock()
    for _ in range(10):
        for sensor in pair:
            assert sensor.poll() == []
        rig.clock.sleep(0.05)
    assert {sensor.health.fault.code for sensor in pair} == {"i2c_stuck"}
    assert rig.clock() - before < 25e9
    rig.wire.hang = None
    rig.clock.sleep(1.0)
    assert all(rig.run(sensor, 1.2) for sensor in pair)


def test_one_lost_sensor_leaves_the_other_alone(rig) -> None:
    broken = rig.put("mpu6050", 0x68)
    rig.put("lsm6dso", 0x6B)
    pelvis, thorax = rig.sensors()
    rig.run(pelvis, 1.0)
    rig.run(thorax, 1.0)
    broken.vanished = True
    for _ in range(200):
        pelvis.poll()
        thorax.poll()
        rig.clock.sleep(0.05)
    assert pelvis.health.state is State.LOST
    assert thorax.health.state is State.OK
    assert thorax.role is SensorRole.THORAX


def test_a_foreign_chip_is_told_and_tried_again(rig) -> None:
    chip, sensor = rig.one("mpu6050")
    chip.identity = 0x12
    chip.power_up()
    rig.run(sensor, 2.0)
    assert sensor.health.fault.code == "sensor_foreign"
    assert sensor.health.state is State.LOST


def test_a_chip_that_forgets_again_while_it_starts_is_lost_not_raised(rig, monkeypatch) -> None:
    chip, sensor = rig.one("mpu6050")
    rig.run(sensor, 1.0)
    answers = iter([False, True, False])
    monkeypatch.setattr(sensor.chip, "_guarded", lambda: next(answers, True))
    rig.run(sensor, 0.3)
    assert sensor.health.fault.code == "sensor_reset"
    assert sensor.health.state is State.LOST
    assert rig.run(sensor, 2.0)
    assert chip.taken


def test_all_kinds_are_here(kind) -> None:
    assert kind in KINDS
