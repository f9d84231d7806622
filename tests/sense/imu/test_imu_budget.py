from __future__ import annotations

import pytest

from hingecue.sense.imu.budget import STANDARD_HZ, bus_share, bus_time_s

A_LOOK = (2, 60, 4)  # count, five samples, four settings


def test_one_byte_each_way_is_39_bits() -> None:
    assert bus_time_s(1, 1) == pytest.approx(39 / 400_000)


def test_the_figures_of_the_documents() -> None:
    assert sum(bus_time_s(1, read) for read in A_LOOK) == pytest.approx(1.71e-3)
    assert bus_share(A_LOOK, 0.05) == pytest.approx(0.0684)
    assert bus_share(A_LOOK, 0.05, clock_hz=STANDARD_HZ) == pytest.approx(0.2736)


def test_that_is_what_the_driver_moves(rig) -> None:
    rig.put("mpu6050")
    rig.put("mpu6050", 0x69)
    pair = rig.sensors()
    for _ in range(40):
        for sensor in pair:
            sensor.poll()
        rig.clock.sleep(0.05)
    rig.wire.transfers.clear()
    polls = 200
    for _ in range(polls):
        for sensor in pair:
            sensor.poll()
        rig.clock.sleep(0.05 - 2 * 1.71e-3)  # the wire moves the clock too
    moved = sum(bus_time_s(written, read) for _, written, read in rig.wire.transfers)
    assert len(rig.wire.transfers) == polls * 2 * 3
    assert moved / (polls * 0.05) == pytest.approx(0.0684, rel=0.01)
