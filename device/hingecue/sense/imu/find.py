"""Which motion sensors are on the wire, and which one sits where."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hingecue.clock import monotonic_ns
from hingecue.errors import DeviceFault
from hingecue.sense.imu.adxl345 import Adxl345
from hingecue.sense.imu.faults import NOBODY
from hingecue.sense.imu.lsm6ds import Lsm6ds
from hingecue.sense.imu.mpu6050 import Mpu6050
from hingecue.sense.imu.sensor import Sensor
from hingecue.types import SensorRole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hingecue.sense.imu.bus import Bus
    from hingecue.sense.imu.chip import RegisterChip

# The pin that chooses the address is open or low on most boards: that one is the pelvis. High is the thorax.
DRIVERS: Mapping[int, type[RegisterChip]] = {
    0x68: Mpu6050,
    0x6A: Lsm6ds,
    0x53: Adxl345,
    0x69: Mpu6050,
    0x6B: Lsm6ds,
    0x1D: Adxl345,
}
ADDRESSES: Mapping[SensorRole, tuple[int, ...]] = {
    SensorRole.PELVIS: (0x68, 0x6A, 0x53),
    SensorRole.THORAX: (0x69, 0x6B, 0x1D),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A chip that answers. `name`: what it is; `fault`: why it cannot be used, None when it can."""

    address: int
    name: str
    has_gyro: bool
    fault: DeviceFault | None = None


def probe(bus: Bus) -> list[Found]:
    """Ask every address a sensor may have; only reads, so it can be done beside a running loop, on a `Bus` of its own.

    Raises `DeviceFault` when the bus itself fails: `i2c_stuck`, `i2c_garbled`, `i2c_taken`, `i2c_unsupported`.
    """
    found: list[Found] = []
    for address, driver in DRIVERS.items():
        chip = driver(bus, address)
        try:
            chip.identify()
        except DeviceFault as fault:
            if fault.code in NOBODY:
                continue
            if fault.code != "sensor_foreign":
                raise
            found.append(Found(address, fault.what, has_gyro=False, fault=fault))
        else:
            found.append(Found(address, chip.name, chip.has_gyro))
    return found


def open_sensors(
    bus: Bus,
    addresses: Mapping[SensorRole, int] | None = None,
    clock: Callable[[], int] = monotonic_ns,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Sensor]:
    """One `Sensor` a role, not started yet. `addresses`: role → address; None takes what is there, by `ADDRESSES`.

    A sensor that is named in `addresses` need not be plugged in yet. Raises `DeviceFault` as `probe`, and
    `sensor_address` for an address that none of the known chips can have.
    """
    if addresses is None:
        there = {chip.address for chip in probe(bus) if chip.fault is None}
        addresses = {
            role: next(address for address in choice if address in there)
            for role, choice in ADDRESSES.items()
            if there.intersection(choice)
        }
    return [Sensor(role, _driver(bus, at)(bus, at, clock, sleep), clock, sleep) for role, at in addresses.items()]


def _driver(bus: Bus, address: int) -> type[RegisterChip]:
    if address not in DRIVERS:
        raise DeviceFault(
            "sensor_address",
            where=bus.where(address),
            what="no sensor that I know has this address",
            try_this=f"set one of these: {', '.join(f'0x{one:02X}' for one in sorted(DRIVERS))}",
            blinks=3,
        )
    return DRIVERS[address]
