from __future__ import annotations

import numpy as np
from tests.sense.imu.conftest import moving

from hingecue.sense.imu.adxl345 import Adxl345
from hingecue.sense.imu.bus import Bus


def driver(rig):
    return Adxl345(Bus(1), 0x53, rig.clock, rig.clock.sleep)


def test_it_measures_without_a_gyroscope_one_transfer_a_sample(rig) -> None:
    rig.put("adxl345")
    sensor = driver(rig)
    sensor.start()
    assert not sensor.has_gyro
    rig.clock.sleep(0.1)
    rig.wire.transfers.clear()
    burst = sensor.drain()
    assert burst.gyro_dps is None
    assert np.allclose(burst.accel_g[-1], moving(rig.clock() / 1e9)[0], atol=0.02)
    assert [read for _, _, read in rig.wire.transfers] == [2, *[6] * len(burst), 6]


def test_a_fifo_that_ran_over_is_emptied(rig) -> None:
    rig.put("adxl345")
    sensor = driver(rig)
    sensor.start()
    rig.clock.sleep(0.5)
    assert sensor.drain().overflow
    rig.clock.sleep(0.05)
    assert 4 <= len(sensor.drain()) <= 6


def test_the_self_test(rig) -> None:
    rig.put("adxl345")
    assert driver(rig).self_test().passed
    rig.put("adxl345", weak=0.1)
    assert driver(rig).self_test().passed is False
