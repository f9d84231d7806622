from __future__ import annotations

import errno

import numpy as np
import pytest
from tests.sense.imu.conftest import moving

from hingecue.errors import DeviceFault
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.mpu6050 import Mpu6050


def driver(rig):
    return Mpu6050(Bus(1), 0x68, rig.clock, rig.clock.sleep)


def started(rig, **more):
    chip = rig.put("mpu6050", **more)
    sensor = driver(rig)
    sensor.start()
    return chip, sensor


@pytest.mark.parametrize("identity", [0x68, 0x70, 0x71, 0x72, 0x73, 0x98])
def test_every_kin_and_clone_is_known_by_name_and_measures(rig, identity) -> None:
    _, sensor = started(rig, identity=identity, fifo_bytes=1024 if identity in {0x68, 0x72} else 512)
    rig.clock.sleep(0.1)
    burst = sensor.drain()
    assert len(burst) in {9, 10}
    assert sensor.name != "MPU-6050" or identity == 0x68


def test_a_chip_of_another_family_is_named(rig) -> None:
    rig.put("mpu6050", identity=0x34)
    with pytest.raises(DeviceFault, match="says it is 0x34, which is no MPU-6050") as caught:
        driver(rig).start()
    assert caught.value.code == "sensor_foreign"


def test_a_burst_is_one_transfer_for_the_count_one_for_the_data_one_for_the_guard(rig) -> None:
    _, sensor = started(rig)
    rig.clock.sleep(0.1)
    rig.wire.transfers.clear()
    assert len(sensor.drain())
    assert [read for _, _, read in rig.wire.transfers] == [2, 120, 4]


def test_a_chip_that_keeps_no_settings_is_refused(rig, monkeypatch) -> None:
    chip = rig.put("mpu6050")
    monkeypatch.setattr(chip, "store", lambda register, value: None)
    with pytest.raises(DeviceFault) as caught:
        driver(rig).start()
    assert caught.value.code == "sensor_reset"


@pytest.mark.parametrize(("identity", "size"), [(0x68, 1024), (0x70, 512), (0x68, 512), (0x70, 1024)])
def test_a_fifo_that_ran_over_is_emptied_whatever_its_size(rig, identity, size) -> None:
    _, sensor = started(rig, identity=identity, fifo_bytes=size)
    rig.clock.sleep(2.0)
    burst = sensor.drain()
    assert len(burst) == 0
    assert burst.overflow or burst.misaligned
    rig.clock.sleep(0.05)
    after = sensor.drain()
    assert 3 <= len(after) <= 6
    assert abs(np.linalg.norm(after.accel_g[0] - moving(rig.clock() / 1e9)[0])) < 0.1


def test_a_slipped_byte_is_noticed_and_the_fifo_emptied(rig) -> None:
    chip, sensor = started(rig)
    rig.clock.sleep(0.05)
    chip.misalign()
    assert sensor.drain().misaligned
    rig.clock.sleep(0.05)
    assert len(sensor.drain()) >= 3


def test_a_frame_that_is_on_its_way_in_is_no_misalignment(rig, monkeypatch) -> None:
    chip, sensor = started(rig)
    rig.clock.sleep(0.05)
    first = [7]
    honest = type(chip).fetch

    def fetch(register):
        value = honest(chip, register)
        return value + first.pop() if register == 0x73 and first else value

    monkeypatch.setattr(chip, "fetch", fetch)
    burst = sensor.drain()
    assert not burst.misaligned
    assert len(burst) >= 4


def test_a_burst_that_breaks_off_empties_the_fifo_at_the_next_look(rig) -> None:
    chip, sensor = started(rig)
    rig.clock.sleep(0.1)
    chip.break_next_burst(errno.EIO, keep=7)
    with pytest.raises(DeviceFault):
        sensor.drain()
    assert len(sensor.drain()) == 0
    rig.clock.sleep(0.05)
    burst = sensor.drain()
    assert np.allclose(burst.accel_g[-1], moving(rig.clock() / 1e9)[0], atol=0.02)


def test_the_self_test_passes_a_good_chip_and_leaves_it_running(rig) -> None:
    rig.put("mpu6050", source=lambda _: ((0.0, 0.1, 1.0), (0.5, -0.5, 0.0)))
    sensor = driver(rig)
    result = sensor.self_test()
    assert result.passed, result.what
    assert "of its factory values" in result.what
    rig.clock.sleep(0.05)
    assert len(sensor.drain()) >= 4


def test_the_self_test_fails_a_weak_chip(rig) -> None:
    rig.put("mpu6050", weak=0.8)
    assert driver(rig).self_test().passed is False


@pytest.mark.parametrize("more", [{"identity": 0x70}, {"trim": False}])
def test_without_factory_values_there_is_no_self_test(rig, more) -> None:
    rig.put("mpu6050", **more)
    assert driver(rig).self_test().passed is None
