from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from tests.fakes.i2c_bus import FakeBus, StreamTime
from tests.fakes.lsm6ds_chip import TaggedLsm6Chip
from tests.fakes.mpu6050_chip import Mpu6050Chip
from tests.sense.imu.conftest import moving

from hingecue.sense.imu import reader as module
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import open_sensors
from hingecue.sense.imu.reader import BURST_S, ImuReader
from hingecue.types import SensorRole


@pytest.fixture
def live(monkeypatch):
    """Two chips in the machine's own time."""
    clock = StreamTime(real=True)
    wire = FakeBus(clock).install(monkeypatch)
    wire.put(0x68, Mpu6050Chip(moving))
    wire.put(0x6B, TaggedLsm6Chip(moving))
    with Bus(1) as bus:
        yield open_sensors(bus, None, clock, clock.sleep)


def test_two_chips_on_one_wire_from_one_thread(live) -> None:
    samples = []
    with ImuReader(live) as reader:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            samples += reader.take()
            time.sleep(0.01)
        assert reader.running
        assert threading.active_count() >= 2
    assert not reader.running
    assert reader.warnings == []
    assert reader.drops == 0
    for role in (SensorRole.PELVIS, SensorRole.THORAX):
        stamps = [sample.t_ns for sample in samples if sample.role is role]
        assert len(stamps) > 60
        assert np.diff(stamps).min() > 0
    newest = max(sample.t_ns for sample in samples)
    assert time.monotonic_ns() - newest < 1e9


def test_closing_twice_does_no_harm_and_what_waits_can_be_taken(live) -> None:
    reader = ImuReader(live)
    time.sleep(1.0)
    reader.close()
    reader.close()
    assert reader.take()
    assert reader.take() == []


def test_samples_that_nobody_takes_are_dropped_and_counted(live, monkeypatch) -> None:
    monkeypatch.setattr(module, "WAITING", 10)
    with ImuReader(live) as reader:
        time.sleep(1.2)
    samples = reader.take()
    assert len(samples) == 10
    assert reader.drops == sum(sensor.health.samples for sensor in live) - 10


def test_a_thread_that_would_not_stop_is_named(monkeypatch) -> None:
    monkeypatch.setattr(module, "_JOIN_S", 0.05)
    release = threading.Event()

    class Stuck:
        role = SensorRole.PELVIS

        def poll(self):
            release.wait(5.0)
            return []

    reader = ImuReader([Stuck()])
    reader.close()
    assert reader.warnings == ['the thread "sensors pelvis" would not stop']
    release.set()
    reader._thread.join(2.0)
    assert not reader.running


def test_a_burst_is_short_enough_for_the_cue() -> None:
    assert BURST_S <= 0.05


def test_a_waiter_is_woken_by_each_burst_and_told_of_the_end(live) -> None:
    bursts = []
    reader = ImuReader(live, on_burst=lambda: bursts.append(time.monotonic_ns()))
    assert reader.wait()
    assert bursts or reader.wait()
    reader.close()
    assert bursts
    assert not reader.wait()
