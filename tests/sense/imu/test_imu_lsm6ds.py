from __future__ import annotations

import numpy as np
import pytest
from tests.sense.imu.conftest import moving

from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.lsm6ds import Lsm6ds

EACH = [("lsm6ds3", 0x69), ("lsm6ds3", 0x6A), ("lsm6dso", 0x6B), ("lsm6dso", 0x6C)]


def driver(rig):
    return Lsm6ds(Bus(1), 0x6A, rig.clock, rig.clock.sleep)


def started(rig, kind, identity, **more):
    chip = rig.put(kind, identity=identity, **more)
    sensor = driver(rig)
    sensor.start()
    return chip, sensor


@pytest.mark.parametrize(("kind", "identity"), EACH)
def test_each_chip_is_known_by_name_and_read_its_own_way(rig, kind, identity) -> None:
    _, sensor = started(rig, kind, identity)
    assert sensor.name == Lsm6ds.NAMES[identity]
    rig.clock.sleep(0.1)
    rig.wire.transfers.clear()
    burst = sensor.drain()
    assert len(burst) in {9, 10, 11}
    accel, gyro = moving(rig.clock() / 1e9)
    assert np.allclose(burst.accel_g[-1], accel, atol=0.02)
    assert np.allclose(burst.gyro_dps[-1], gyro, atol=0.6)
    width = 12 if kind == "lsm6ds3" else 14
    assert [read for _, _, read in rig.wire.transfers][1] == width * len(burst)


@pytest.mark.parametrize(("kind", "identity"), EACH)
def test_a_fifo_that_ran_over_is_emptied(rig, kind, identity) -> None:
    _, sensor = started(rig, kind, identity)
    rig.clock.sleep(9.0)
    assert sensor.drain().overflow
    rig.clock.sleep(0.05)
    assert 4 <= len(sensor.drain()) <= 6


def test_a_full_second_comes_in_one_burst(rig) -> None:
    _, sensor = started(rig, "lsm6ds3", 0x69)
    rig.clock.sleep(5.0)
    assert len(sensor.drain()) == pytest.approx(520, abs=2)


def test_a_word_that_slipped_is_seen_in_the_pattern(rig) -> None:
    chip, sensor = started(rig, "lsm6ds3", 0x69)
    rig.clock.sleep(0.05)
    chip.misalign()
    assert sensor.drain().misaligned
    rig.clock.sleep(0.05)
    assert len(sensor.drain()) >= 4


def test_a_tagged_word_that_slipped_costs_one_sample(rig) -> None:
    chip, sensor = started(rig, "lsm6dso", 0x6C)
    rig.clock.sleep(0.1)
    chip.live()
    whole = len(chip.fifo) // 14
    chip.misalign()
    assert len(sensor.drain()) == whole - 1


def test_the_acceleration_may_come_first(rig) -> None:
    _, sensor = started(rig, "lsm6dso", 0x6C, accel_first=True)
    rig.clock.sleep(0.1)
    assert len(sensor.drain()) >= 9


@pytest.mark.parametrize(("kind", "identity"), EACH)
def test_the_self_test(rig, kind, identity) -> None:
    rig.put(kind, identity=identity)
    sensor = driver(rig)
    result = sensor.self_test()
    assert result.passed, result.what
    rig.clock.sleep(0.05)
    assert len(sensor.drain()) >= 4
    rig.put(kind, identity=identity, weak=0.05)
    assert driver(rig).self_test().passed is False
