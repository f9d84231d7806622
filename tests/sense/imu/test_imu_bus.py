from __future__ import annotations

import errno

import pytest

from hingecue.errors import DeviceFault
from hingecue.sense.imu.bus import Bus

CODES = {
    errno.EREMOTEIO: "sensor_no_answer",
    errno.ENXIO: "sensor_absent",
    errno.ENODEV: "i2c_gone",
    errno.ETIMEDOUT: "i2c_stuck",
    errno.EIO: "i2c_garbled",
    errno.EAGAIN: "i2c_taken",
    errno.EOPNOTSUPP: "i2c_unsupported",
    errno.ENOMEM: "i2c_error",
}


@pytest.mark.parametrize(("number", "code"), CODES.items())
def test_every_errno_is_a_fault_with_a_name_and_advice(rig, number, code) -> None:
    chip = rig.put("mpu6050")
    chip.fail(number)
    with Bus(1) as bus, pytest.raises(DeviceFault) as caught:
        bus.transfer(0x68, b"\x75", 1)
    assert caught.value.code == code
    assert caught.value.blinks == 3
    assert str(caught.value).startswith("I2C-1 0x68: ")
    assert caught.value.try_this


def test_an_empty_address_does_not_answer(rig) -> None:
    with Bus(1) as bus, pytest.raises(DeviceFault, match="check the four wires"):
        bus.write(0x69, b"\x6b\x00")


def test_i2c_that_is_not_switched_on(rig) -> None:
    with pytest.raises(DeviceFault, match="sudo raspi-config nonint do_i2c 0") as caught:
        Bus(7)
    assert caught.value.code == "i2c_missing"
    assert caught.value.where == "/dev/i2c-7"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_no_permission(rig, number) -> None:
    rig.wire.open_errno = number
    with pytest.raises(DeviceFault, match='group "i2c"') as caught:
        Bus(1)
    assert caught.value.code == "i2c_denied"


def test_any_other_trouble_at_opening_is_told(rig) -> None:
    rig.wire.open_errno = errno.ENODEV
    with pytest.raises(DeviceFault) as caught:
        Bus(1)
    assert caught.value.code == "i2c_gone"


def test_an_adapter_that_was_gone_is_opened_anew(rig) -> None:
    chip = rig.put("mpu6050")
    bus = Bus(1)
    chip.fail(errno.ENODEV)
    with pytest.raises(DeviceFault):
        bus.transfer(0x68, b"\x75", 1)
    assert bus.transfer(0x68, b"\x75", 1) == b"\x68"
    assert rig.wire.opened == 2
    bus.close()
    bus.close()


def test_the_real_library_refuses_a_bus_that_this_machine_has_not() -> None:
    with pytest.raises(DeviceFault) as caught:
        Bus(250)
    assert caught.value.code == "i2c_missing"


def test_a_pi_can_read_once_and_last_only(rig) -> None:
    """The limit that shapes the drivers: the fake has it, as i2c-bcm2835 has."""
    from smbus2 import SMBus, i2c_msg

    rig.put("mpu6050")
    with SMBus(1) as wire, pytest.raises(OSError, match="not supported"):
        wire.i2c_rdwr(i2c_msg.read(0x68, 1), i2c_msg.read(0x68, 1))
