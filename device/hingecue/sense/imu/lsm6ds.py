"""ST's LSM6DS family (data sheets LSM6DS3 rev. 10, LSM6DSL rev. 8, LSM6DSO rev. 2, ISM330DHCX rev. 7).

Two generations share the registers of the settings and differ in the FIFO (`lsm6ds_fifo.py`). Ranges are ±8 g and
±1000 °/s for the reasons given in `mpu6050.py`. Filters stay as they are after reset, which is half the rate (52 Hz)
for the acceleration and 33 Hz for the turning rate at 104 Hz: they keep the knock of a plate from folding down, and
a slower one would only delay the cue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from hingecue.sense.imu.chip import Level, RegisterChip, SelfTest
from hingecue.sense.imu.lsm6ds_fifo import Fifo, OldFifo, TaggedFifo

if TYPE_CHECKING:
    from hingecue.sense.imu.decode import Motion
    from hingecue.types import F64

_CTRL1_XL = 0x10
_CTRL3_C = 0x12
_CTRL5_C = 0x14
_OUTX_L_G = 0x22

_SW_RESET = 0x01
_BDU_IF_INC = 0x44  # values are not changed while they are read; the register's number counts up
_XL_104_HZ_8_G = 0x4C
_G_104_HZ_1000_DPS = 0x48
_XL_104_HZ_4_G = 0x48
_G_104_HZ_2000_DPS = 0x4C

# LSM6DSO AN5192 §5.7 and LSM6DSL AN5040: reset 50 µs, boot 15 ms; the gyroscope starts within 80 ms (table 3).
_RESET_S = 0.015
_SETTLE_S = 0.1

# LSM6DSO §3.1, LSM6DSL §4.1: self-test at ±4 g answers with 50 (90) … 1700 mg, at ±2000 °/s with 150 … 700 °/s.
_TEST_ON = 0x05
_TEST_SAMPLES = 5
_TEST_G = 0.122e-3
_TEST_DPS = 70e-3
_TEST_LIMITS_G = (0.05, 1.7)
_TEST_LIMITS_DPS = (150.0, 700.0)

_LSM6DS3 = 0x69
_LSM6DSL = 0x6A


class Lsm6ds(RegisterChip):
    """An LSM6DS3, LSM6DSL, LSM6DS3TR-C, LSM6DSO, LSM6DSOX or ISM330DHCX; 104 samples a second at 0x6A or 0x6B."""

    rate_hz = 104.0
    FAMILY = "LSM6DS"
    IDENTITY = 0x0F
    NAMES: ClassVar = {
        _LSM6DS3: "LSM6DS3",
        _LSM6DSL: "LSM6DSL or LSM6DS3TR-C",
        0x6B: "ISM330DHCX",
        0x6C: "LSM6DSO or LSM6DSOX",
    }
    GUARD = (_CTRL1_XL, bytes((_XL_104_HZ_8_G, _G_104_HZ_1000_DPS, _BDU_IF_INC)))

    _fifo: Fifo

    def self_test(self) -> SelfTest:
        """Compare the answer to the built-in push with the data sheet's limits. `start`s the chip afterwards."""
        self.identify()
        self._set_up()
        self._write(_CTRL1_XL, _XL_104_HZ_4_G, _G_104_HZ_2000_DPS)
        self._sleep(_SETTLE_S)
        quiet = self._average(_OUTX_L_G, "<i2", 6, _TEST_SAMPLES)
        self._write(_CTRL5_C, _TEST_ON)
        self._sleep(_SETTLE_S)
        answer = np.abs(self._average(_OUTX_L_G, "<i2", 6, _TEST_SAMPLES) - quiet)
        self.start()
        gyro, accel = answer[:3] * _TEST_DPS, answer[3:] * _TEST_G
        passed = _within(accel, _TEST_LIMITS_G) and _within(gyro, _TEST_LIMITS_DPS)
        return SelfTest(
            passed,
            f"{self.name} answers with {accel.min():.2f} to {accel.max():.2f} g (0.05 to 1.7 is right) "
            f"and {gyro.min():.0f} to {gyro.max():.0f} °/s (150 to 700 is right)",
        )

    def _set_up(self) -> None:
        self._write(_CTRL3_C, _SW_RESET)
        self._sleep(_RESET_S)
        register, settings = self.GUARD
        self._write(_CTRL3_C, _BDU_IF_INC)
        self._write(register, *settings)
        kind = OldFifo if self._identity in {_LSM6DS3, _LSM6DSL} else TaggedFifo
        self._fifo = kind(self._read, self._write, deep=self._identity == _LSM6DS3)
        self._fifo.set_up()
        self._sleep(_SETTLE_S)

    def _flush(self) -> None:
        self._fifo.flush()

    def _level(self) -> Level:
        return self._fifo.level()

    def _fetch(self, count: int) -> Motion:
        return self._fifo.fetch(count)


def _within(values: F64, limits: tuple[float, float]) -> bool:
    low, high = limits
    return bool(low <= values.min() and values.max() <= high)
