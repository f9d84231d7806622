"""A wire with chips on it, in the stream's own time."""

from __future__ import annotations

import math

import pytest
from tests.fakes.adxl345_chip import Adxl345Chip
from tests.fakes.i2c_bus import FakeBus, StreamTime
from tests.fakes.lsm6ds_chip import OldLsm6Chip, TaggedLsm6Chip
from tests.fakes.mpu6050_chip import Mpu6050Chip

from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import open_sensors

KINDS = {
    "mpu6050": (0x68, Mpu6050Chip),
    "lsm6ds3": (0x6A, OldLsm6Chip),
    "lsm6dso": (0x6A, TaggedLsm6Chip),
    "adxl345": (0x53, Adxl345Chip),
}


def moving(t_s):
    """A slow bend: everything changes all the time."""
    swing = math.sin(0.7 * t_s)
    return (swing, -0.5 * swing, math.cos(0.3 * t_s)), (60 * math.cos(0.7 * t_s), 5 * swing, -3.3)


class Rig:
    """One bus, its clock, and short ways to put chips on it and let time go by."""

    def __init__(self, monkeypatch):
        self.clock = StreamTime()
        self.wire = FakeBus(self.clock).install(monkeypatch)

    def put(self, kind, address=None, source=moving, **more):
        usual, make = KINDS[kind]
        return self.wire.put(usual if address is None else address, make(source, **more))

    def sensors(self, addresses=None):
        self.bus = Bus(1)
        return open_sensors(self.bus, addresses, self.clock, self.clock.sleep)

    def one(self, kind, **more):
        chip = self.put(kind, **more)
        (sensor,) = self.sensors()
        return chip, sensor

    def run(self, sensor, seconds, step_s=0.05):
        samples = []
        until = self.clock() + seconds * 1e9
        while self.clock() < until:
            samples += sensor.poll()
            self.clock.sleep(step_s)
        return samples


@pytest.fixture
def rig(monkeypatch):
    return Rig(monkeypatch)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param
