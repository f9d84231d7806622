from __future__ import annotations

import errno

import pytest
from tests.fakes.i2c_bus import FakeBus, StreamTime
from tests.fakes.lsm6ds_chip import TaggedLsm6Chip
from tests.fakes.mpu6050_chip import Mpu6050Chip

from hingecue.app.doctor.sensors import bus_line, look
from hingecue.config import Settings


def still(t_s):
    return (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)


@pytest.fixture
def wire(monkeypatch):
    return FakeBus(StreamTime()).install(monkeypatch)


@pytest.fixture
def ask(tmp_path):
    return lambda: look(Settings(database=tmp_path / "x.db"), served=True)


def test_every_sensor_is_named_with_its_address(wire, ask) -> None:
    wire.put(0x68, Mpu6050Chip(still))
    wire.put(0x6B, TaggedLsm6Chip(still))
    bus, pelvis, thorax = ask()
    assert (bus.part, bus.where) == ("i2c", "/dev/i2c-1")
    assert bus.what.endswith("asked: 0x68 0x6B answered, not 0x1D 0x53 0x69 0x6A")
    assert [found.what for found in (pelvis, thorax)] == ["MPU-6050 at I2C-1 0x68", "LSM6DSO or LSM6DSOX at I2C-1 0x6B"]


def test_it_only_reads_beside_a_running_service(wire, ask) -> None:
    wire.put(0x68, Mpu6050Chip(still))
    ask()
    assert {written for _, written, _ in wire.transfers} == {1}


def test_a_stranger_is_a_fault(wire, ask) -> None:
    wire.put(0x68, Mpu6050Chip(still, identity=0x00))
    _, stranger = ask()
    assert stranger.state == "fault"
    assert "0x00" in stranger.what


def test_an_empty_wire_is_no_fault(wire, ask) -> None:
    bus, sensors = ask()
    assert bus.what.endswith("asked: nobody answered of 0x1D 0x53 0x68 0x69 0x6A 0x6B")
    assert (sensors.part, sensors.state) == ("sensors", "absent")


@pytest.mark.parametrize(
    ("number", "state"), [(errno.ENOENT, "absent"), (errno.EACCES, "absent"), (errno.EIO, "fault")]
)
def test_a_wire_that_cannot_be_opened_is_told(wire, ask, number, state) -> None:
    wire.open_errno = number
    (found,) = ask()
    assert (found.part, found.state) == ("sensors", state)
    assert found.try_this


def test_a_wire_that_is_held_low_is_a_fault(wire, ask) -> None:
    wire.hang = 1.0
    (found,) = ask()
    assert found.state == "fault"
    assert "held low" in found.what


@pytest.mark.parametrize(("hertz", "told"), [(400_000, "400 kHz"), (None, "100 kHz")])
def test_the_adapter_says_its_pins_and_its_speed(tmp_path, hertz, told) -> None:
    node = tmp_path / "sys/class/i2c-adapter/i2c-1/of_node"
    node.mkdir(parents=True)
    (node.parent / "name").write_text("bcm2835 (i2c@7e804000)\n", "utf-8")
    if hertz:
        (node / "clock-frequency").write_bytes(hertz.to_bytes(4, "big"))
    line = bus_line(1, tmp_path)
    assert line == f"I2C-1, bcm2835 (i2c@7e804000), SDA on header pin 3, SCL on pin 5, {told}"


def test_another_bus_says_what_it_knows(tmp_path) -> None:
    assert bus_line(7, tmp_path) == "I2C-7"
