"""Two hundred stories of bad luck: nothing is raised, time never runs back, and at the end both sensors are there."""

from __future__ import annotations

import errno

import numpy as np
import pytest
from tests.sense.imu.conftest import KINDS

from hingecue.sense.imu.sensor import State

ERRNOS = [errno.EREMOTEIO, errno.ETIMEDOUT, errno.EIO, errno.ENXIO, errno.EAGAIN, errno.ENODEV]
PAIRS = [(low, high) for low in KINDS for high in KINDS]
HIGH = {"mpu6050": 0x69, "lsm6ds3": 0x6B, "lsm6dso": 0x6B, "adxl345": 0x1D}


def befall(rng, rig, chip):
    """One misfortune."""
    times = int(rng.choice([1, 2, 3, 5, 40]))
    number = int(rng.choice(ERRNOS))
    kinds = (
        lambda: setattr(chip, "vanished", True),
        lambda: chip.fail(number, times, after=int(rng.integers(4))),
        chip.freeze,
        chip.power_up,
        lambda: chip.noise(seed=5),
        lambda: rig.clock.sleep(float(rng.choice([0.3, 0.9, 3.0, 11.0]))),
        chip.misalign,
        lambda: setattr(chip, "clock_error", rng.uniform(-0.02, 0.02)),
        lambda: setattr(rig.wire, "hang", float(rng.choice([0.03, 1.0]))),
        lambda: chip.break_next_burst(number, int(rng.integers(1, 12))),
        lambda: setattr(chip, "silent", True),
    )
    kinds[rng.integers(len(kinds))]()


@pytest.mark.parametrize("seed", range(200))
def test_a_story(rig, seed) -> None:
    rng = np.random.default_rng(seed)
    low, high = PAIRS[seed % len(PAIRS)]
    chips = (
        rig.put(low, clock_error=rng.uniform(-0.02, 0.02), phase=rng.random()),
        rig.put(high, HIGH[high], clock_error=rng.uniform(-0.02, 0.02), phase=rng.random()),
    )
    sensors = rig.sensors()
    last = {sensor.role: 0 for sensor in sensors}

    def polls(count):
        came = 0
        for _ in range(count):
            for sensor in sensors:
                samples = sensor.poll()
                for sample in samples:
                    assert sample.t_ns > last[sensor.role]
                    last[sensor.role] = sample.t_ns
                    assert sample.t_ns < rig.clock() + 20_000_000
                came += len(samples)
            rig.clock.sleep(rng.uniform(0.03, 0.08))
        return came

    for _ in range(4):
        for _ in range(rng.integers(3)):
            befall(rng, rig, chips[rng.integers(2)])
        polls(int(rng.integers(5, 25)))
        if rng.random() < 0.5:
            for chip in chips:
                chip.heal()
            rig.wire.hang = None
    for chip in chips:
        chip.heal()
    rig.wire.hang = None
    polls(70)
    assert polls(20) > 100
    assert {sensor.health.state for sensor in sensors} == {State.OK}, [sensor.health for sensor in sensors]
