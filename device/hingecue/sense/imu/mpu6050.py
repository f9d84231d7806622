"""The MPU-6050 and its kin (InvenSense PS-MPU-6000A-00 rev. 3.4, RM-MPU-6000A-00 rev. 4.2; RM-MPU-6500A rev. 2.1).

±8 g: a plate that is set down hard gives a worn sensor some 4 g, and a range of 4 g would clip it; the step of
0.24 mg is 0.01° of tilt. ±1000 °/s: the fastest bend is near 300 °/s, a sensor that is put on or drops is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from hingecue.sense.imu import decode
from hingecue.sense.imu.chip import Level, RegisterChip, SelfTest

if TYPE_CHECKING:
    from hingecue.types import F64

_SELF_TEST_X = 0x0D
_SMPLRT_DIV = 0x19
_GYRO_CONFIG = 0x1B
_ACCEL_CONFIG2 = 0x1D
_FIFO_EN = 0x23
_ACCEL_XOUT_H = 0x3B
_USER_CTRL = 0x6A
_PWR_MGMT_1 = 0x6B
_FIFO_COUNTH = 0x72
_FIFO_R_W = 0x74

_DEVICE_RESET = 0x80
_CLOCK_GYRO_X = 0x01  # RM §4.28: a gyroscope as clock is highly recommended over the internal oscillator
_AXES_TO_FIFO = 0x78  # gyroscope x, y, z and acceleration, no temperature
_FIFO_RESET = 0x04
_FIFO_RUN = 0x40

_DIVIDE_BY_10 = 9  # 1 kHz / (1 + 9) = 100 Hz
_DLPF_44_HZ = 3  # under half the rate; RM §4.3: 44 Hz and 4.9 ms, gyroscope 42 Hz and 4.8 ms
_DPS_1000 = 0x10
_G_8 = 0x10

# RM §4.28 and PS §6.1: reset takes up to 100 ms, the gyroscope starts within 30 ms, the filter settles in 20 ms.
_RESET_S = 0.1
_SETTLE_S = 0.06

# Chips whose acceleration has a filter register of its own, and half the FIFO: MPU-6500 and what came after it.
_LATER = frozenset({0x70, 0x71, 0x73, 0x98})
_FIFO_BYTES = 1024
_FIFO_BYTES_LATER = 512

_TEST_SAMPLES = 20
_TEST_AXES = 0xE0
_TEST_LIMIT = 0.14  # PS §6.1 and §6.2: change from factory trim −14 % … +14 %


class Mpu6050(RegisterChip):
    """An MPU-6050, or one of the chips that are sold under its name; 100 samples a second at 0x68 or 0x69."""

    rate_hz = 100.0
    delay_s = 0.0049
    FAMILY = "MPU-6050"
    IDENTITY = 0x75
    NAMES: ClassVar = {
        0x68: "MPU-6050",
        0x70: "MPU-6500",
        0x71: "MPU-9250",
        0x72: "MPU-6050 clone (0x72)",
        0x73: "MPU-9255",
        0x98: "ICM-20689 or MPU-6050 clone (0x98)",
    }
    GUARD = (_SMPLRT_DIV, bytes((_DIVIDE_BY_10, _DLPF_44_HZ, _DPS_1000, _G_8)))

    def self_test(self) -> SelfTest:
        """Compare the answer to the built-in push with the factory's (MPU-6050 only). `start`s the chip afterwards."""
        if self.identify() in _LATER:
            return SelfTest(None, f"{self.name} is not tested: its factory values are stored another way")
        self._set_up()
        trim = _factory_trim(self._read(_SELF_TEST_X, 4))
        self._write(_GYRO_CONFIG, 0x00, _G_8)  # the factory's values hold at ±250 °/s and ±8 g
        self._sleep(_SETTLE_S)
        quiet = self._average(_ACCEL_XOUT_H, ">i2", 7, _TEST_SAMPLES)
        self._write(_GYRO_CONFIG, _TEST_AXES, _TEST_AXES | _G_8)
        self._sleep(_SETTLE_S)
        answer = (self._average(_ACCEL_XOUT_H, ">i2", 7, _TEST_SAMPLES) - quiet)[[0, 1, 2, 4, 5, 6]]
        self.start()
        if not trim.all():
            return SelfTest(None, f"{self.name} is not tested: it holds no factory values, as clones do")
        worst = float(np.max(np.abs(answer / trim - 1.0)))
        return SelfTest(
            worst <= _TEST_LIMIT,
            f"{self.name} answers within {worst:.0%} of its factory values ({_TEST_LIMIT:.0%} is allowed)",
        )

    def _set_up(self) -> None:
        self._write(_PWR_MGMT_1, _DEVICE_RESET)
        self._sleep(_RESET_S)
        self._write(_PWR_MGMT_1, _CLOCK_GYRO_X)
        register, settings = self.GUARD
        self._write(register, *settings)
        if self._identity in _LATER:
            self._write(_ACCEL_CONFIG2, _DLPF_44_HZ)
        self._write(_FIFO_EN, _AXES_TO_FIFO)
        self._sleep(_SETTLE_S)

    def _flush(self) -> None:
        self._write(_USER_CTRL, 0)  # RM §4.27: the reset works while the FIFO is off
        self._write(_USER_CTRL, _FIFO_RESET)
        self._write(_USER_CTRL, _FIFO_RUN)

    def _level(self) -> Level:
        size = _FIFO_BYTES_LATER if self._identity in _LATER else _FIFO_BYTES
        count = self._count()
        if count >= size:
            return Level(0, overflow=True)
        if count % decode.MPU_FRAME:  # a frame may be on its way in; the second look tells
            count = self._count()
        # A FIFO of another size that ran over shows here too: no power of two holds whole frames.
        return Level(count, misaligned=count % decode.MPU_FRAME != 0 or count >= size)

    def _count(self) -> int:
        return int.from_bytes(self._read(_FIFO_COUNTH, 2), "big")

    def _fetch(self, count: int) -> decode.Motion:
        return decode.mpu(self._read(_FIFO_R_W, count))


def _factory_trim(codes: bytes) -> F64:
    """RM §4.1: the answers stored at the factory, accelerometer then gyroscope, float64 (6,), in LSB; 0: none."""
    low = (codes[3] >> 4 & 3, codes[3] >> 2 & 3, codes[3] & 3)
    accel = np.array([(code >> 5 << 2) | bits for code, bits in zip(codes[:3], low, strict=True)], np.float64)
    gyro = np.array([code & 0x1F for code in codes[:3]], np.float64)
    signs = np.array([1.0, -1.0, 1.0])
    accel_trim = np.where(accel > 0, 4096 * 0.34 * (0.92 / 0.34) ** ((accel - 1) / 30), 0.0)
    gyro_trim = np.where(gyro > 0, signs * 25 * 131 * 1.046 ** (gyro - 1), 0.0)
    return np.concatenate((accel_trim, gyro_trim))
