from __future__ import annotations

import errno

import pytest

from hingecue.errors import DeviceFault
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import Found, open_sensors, probe
from hingecue.types import SensorRole


def test_what_is_there_is_found_by_name_and_nothing_is_written(rig) -> None:
    rig.put("mpu6050", identity=0x72)
    rig.put("lsm6dso", 0x6B)
    rig.put("adxl345", 0x1D)
    assert probe(Bus(1)) == [
        Found(0x68, "MPU-6050 clone (0x72)", has_gyro=True),
        Found(0x6B, "LSM6DSO or LSM6DSOX", has_gyro=True),
        Found(0x1D, "ADXL345 (no gyroscope)", has_gyro=False),
    ]
    assert {written for _, written, _ in rig.wire.transfers} == {1}


def test_an_empty_bus_has_nothing(rig) -> None:
    assert probe(Bus(1)) == []
    assert open_sensors(Bus(1)) == []


def test_a_stranger_is_told_and_left_alone(rig) -> None:
    rig.put("mpu6050", identity=0x00)  # a clock chip (DS3231) sits at this address too
    (found,) = probe(Bus(1))
    assert found.fault.code == "sensor_foreign"
    assert found.name == "the chip says it is 0x00, which is no MPU-6050 that I know"
    assert open_sensors(Bus(1)) == []


def test_a_bus_that_fails_is_a_fault(rig) -> None:
    rig.put("mpu6050").fail(errno.ETIMEDOUT)
    with pytest.raises(DeviceFault) as caught:
        probe(Bus(1))
    assert caught.value.code == "i2c_stuck"


@pytest.mark.parametrize(("low", "high"), [(0x68, 0x69), (0x6A, 0x6B), (0x53, 0x1D), (0x68, 0x6B)])
def test_the_address_says_where_a_sensor_sits(rig, low, high) -> None:
    kinds = {0x68: "mpu6050", 0x69: "mpu6050", 0x6A: "lsm6dso", 0x6B: "lsm6ds3", 0x53: "adxl345", 0x1D: "adxl345"}
    for address in (low, high):
        rig.put(kinds[address], address)
    pelvis, thorax = rig.sensors()
    assert (pelvis.role, thorax.role) == (SensorRole.PELVIS, SensorRole.THORAX)
    assert (pelvis.chip.where, thorax.chip.where) == (f"I2C-1 0x{low:02X}", f"I2C-1 0x{high:02X}")


def test_roles_can_be_set_and_a_named_sensor_may_come_later(rig) -> None:
    thorax, mount = rig.sensors({SensorRole.THORAX: 0x68, SensorRole.MOUNT: 0x53})
    assert rig.run(thorax, 0.2) == []
    rig.put("mpu6050")
    samples = rig.run(thorax, 2.0)
    assert {sample.role for sample in samples} == {SensorRole.THORAX}
    assert mount.role is SensorRole.MOUNT


def test_an_address_that_no_sensor_has_is_refused(rig) -> None:
    with pytest.raises(DeviceFault, match="set one of these: 0x1D, 0x53, 0x68") as caught:
        open_sensors(Bus(1), {SensorRole.PELVIS: 0x42})
    assert caught.value.code == "sensor_address"
