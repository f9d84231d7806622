from __future__ import annotations

import math

import pytest
from tests.fakes.i2c_bus import FakeBus, StreamTime
from tests.fakes.mpu6050_chip import Mpu6050Chip

from hingecue.app.doctor import tilting
from hingecue.app.doctor.tilting import angle_deg, means, tilt_each
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import open_sensors
from hingecue.sense.imu.reader import ImuReader
from hingecue.types import ImuSample, SensorRole

P, T = SensorRole.PELVIS, SensorRole.THORAX


class Wearer:
    """Two chips in the machine's own time, and a person who tilts one when told. `swapped`: the other one."""

    def __init__(self, monkeypatch):
        self.tilt_deg = {P: 0.0, T: 0.0}
        self.one_g = 1.0
        self.there = True
        self.tilts = {P: P, T: T}
        self.by_deg = 40.0
        self.said = []
        self.clock = StreamTime(real=True)
        self.wire = FakeBus(self.clock).install(monkeypatch)
        self.chips = {
            role: self.wire.put(address, Mpu6050Chip(lambda _, role=role: self.feel(role)))
            for role, address in ((P, 0x68), (T, 0x69))
        }

    def feel(self, role):
        tilt = math.radians(self.tilt_deg[role])
        return (self.one_g * math.sin(tilt), 0.0, self.one_g * math.cos(tilt)), (0.0, 0.0, 0.0)

    def say(self, sentence):
        self.said.append(sentence)
        if sentence == "lay it back":
            self.tilt_deg = {P: 0.0, T: 0.0}
        for role in (P, T):
            if sentence.startswith(f"tilt the {role}"):
                self.tilt_deg[self.tilts[role]] = self.by_deg

    def ask(self, question):
        raise AssertionError(question)

    def test(self, tilt_s=5.0):
        with Bus(1) as bus, ImuReader(open_sensors(bus, None, self.clock, self.clock.sleep)) as reader:
            return tilt_each(reader, self, tilt_s)


@pytest.fixture
def wearer(monkeypatch):
    monkeypatch.setattr(tilting, "REST_S", 0.4)
    monkeypatch.setattr(tilting, "LATELY_S", 0.15)
    return Wearer(monkeypatch)


def test_each_sensor_says_that_it_was_tilted(wearer) -> None:
    pelvis, thorax = wearer.test()
    assert (pelvis.part, pelvis.state, pelvis.where) == ("pelvis", "ok", "I2C-1 0x68")
    assert "1.00 g at rest" in pelvis.what
    assert (thorax.part, thorax.state, thorax.where) == ("thorax", "ok", "I2C-1 0x69")


def test_swapped_sensors_are_found(wearer) -> None:
    wearer.tilts = {P: T, T: P}
    pelvis, thorax = wearer.test()
    assert {pelvis.state, thorax.state} == {"fault"}
    assert pelvis.what.startswith("the thorax sensor was tilted in its place")
    assert "swap the two plugs" in pelvis.try_this


def test_a_sensor_that_feels_nothing_is_a_fault(wearer) -> None:
    wearer.by_deg = 5.0
    pelvis, thorax = wearer.test(0.3)
    assert {pelvis.state, thorax.state} == {"fault"}
    assert "was not tilted by 20°" in pelvis.what


def test_without_anybody_gravity_is_told(wearer) -> None:
    wearer.there = False
    pelvis, _ = wearer.test()
    assert (pelvis.state, pelvis.what) == ("absent", "1.00 g at rest; nobody was there to tilt it")
    assert not any(sentence.startswith("tilt") for sentence in wearer.said)


def test_a_sensor_that_does_not_feel_one_g_is_a_fault(wearer) -> None:
    wearer.there = False
    wearer.one_g = 0.6
    assert wearer.test()[0].state == "fault"


def test_a_sensor_that_gives_nothing_is_a_fault(wearer) -> None:
    wearer.chips[T].silent = True
    wearer.there = False
    pelvis, thorax = wearer.test()
    assert pelvis.state == "absent"
    assert (thorax.state, thorax.what) == ("fault", "it gives no samples")


def test_angles_and_means() -> None:
    assert angle_deg((0.0, 0.0, 1.0), (1.0, 0.0, 0.0)) == pytest.approx(90.0)
    assert angle_deg((0.0, 0.0, 1.0), (0.0, 0.0, 1.3)) == 0.0
    assert angle_deg((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)) == 0.0
    samples = [ImuSample(P, 0, (0.0, 0.0, 1.0), None), ImuSample(P, 1, (1.0, 0.0, 0.0), None)]
    assert means(samples) == {P: (0.5, 0.0, 0.5)}
    assert means([]) == {}
