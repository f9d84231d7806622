"""The ADXL345 (data sheet rev. E): acceleration only, so a declared lesser mode.

Without a gyroscope the tilt of a moving body is only as good as its acceleration is small. ±8 g as in `mpu6050.py`;
at full resolution the step is 3.9 mg in every range. The chip filters at half its rate by itself (table 7).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from hingecue.sense.imu import decode
from hingecue.sense.imu.chip import Level, RegisterChip, SelfTest

_BW_RATE = 0x2C
_POWER_CTL = 0x2D
_DATA_FORMAT = 0x31
_DATAX0 = 0x32
_FIFO_CTL = 0x38

_RATE_100_HZ = 0x0A
_MEASURE = 0x08
_STAND_BY = 0x00
_FULL_RES_8_G = 0x0A
_FULL_RES_16_G = 0x0B
_SELF_TEST = 0x80
_FIFO_OFF = 0x00
_FIFO_STREAM = 0x80  # the newest 32 samples stay
_ENTRIES = 0x3F
# Table 19 and page 21: 32 in the FIFO and one in the output registers.
_FULL = 33
# Page 16: 1.1 ms and one period, then four samples for the filter (page 22).
_SETTLE_S = 0.06

_TEST_SAMPLES = 10
# Table 1 at 2.5 V, the upper ones times table 14's factors for 3.3 V: X, Y, Z in g; Y answers downwards.
_TEST_SIGNS = np.array([1.0, -1.0, 1.0])
_TEST_LOW_G = np.array([0.20, 0.20, 0.30])
_TEST_HIGH_G = np.array([2.10 * 1.77, 2.10 * 1.77, 3.40 * 1.47])


class Adxl345(RegisterChip):
    """An ADXL345; 100 samples a second at 0x53 or 0x1D, no gyroscope."""

    has_gyro = False
    rate_hz = 100.0
    FAMILY = "ADXL345"
    IDENTITY = 0x00
    NAMES: ClassVar = {0xE5: "ADXL345 (no gyroscope)"}
    # BW_RATE, POWER_CTL, INT_ENABLE, INT_MAP, INT_SOURCE (which changes by itself), DATA_FORMAT.
    GUARD = (_BW_RATE, bytes((_RATE_100_HZ, _MEASURE, 0, 0, 0, _FULL_RES_8_G)))
    GUARD_MASK = b"\xff\xff\xff\xff\x00\xff"

    def self_test(self) -> SelfTest:
        """Compare the answer to the built-in push with the data sheet's limits. `start`s the chip afterwards."""
        self.identify()
        self._set_up()
        self._write(_FIFO_CTL, _FIFO_OFF)
        self._write(_DATA_FORMAT, _FULL_RES_16_G)
        self._sleep(_SETTLE_S)
        quiet = self._average(_DATAX0, "<i2", 3, _TEST_SAMPLES)
        self._write(_DATA_FORMAT, _SELF_TEST | _FULL_RES_16_G)
        self._sleep(_SETTLE_S)
        answer = self._average(_DATAX0, "<i2", 3, _TEST_SAMPLES) - quiet
        self.start()
        answer_g = _TEST_SIGNS * answer / decode.ADXL_LSB_A_G
        passed = bool((answer_g >= _TEST_LOW_G).all() and (answer_g <= _TEST_HIGH_G).all())
        told = ", ".join(f"{value:.2f}" for value in answer_g)
        return SelfTest(passed, f"ADXL345 answers with {told} g (0.2 to 3.7, 0.2 to 3.7 and 0.3 to 5.0 are right)")

    def _set_up(self) -> None:
        # There is no reset: every register that matters is written, the measuring last (page 16).
        self._write(_POWER_CTL, _STAND_BY)
        self._write(_BW_RATE, _RATE_100_HZ, _STAND_BY, 0, 0)
        self._write(_DATA_FORMAT, _FULL_RES_8_G)
        self._write(_POWER_CTL, _MEASURE)
        self._sleep(_SETTLE_S)

    def _flush(self) -> None:
        self._write(_FIFO_CTL, _FIFO_OFF)
        self._write(_FIFO_CTL, _FIFO_STREAM)

    def _level(self) -> Level:
        control, status = self._read(_FIFO_CTL, 2)
        entries = status & _ENTRIES
        # A FIFO that is full has most likely lost something: at 20 looks a second it holds five.
        return Level(entries, overflow=entries >= _FULL - 1, misaligned=control != _FIFO_STREAM)

    def _fetch(self, count: int) -> decode.Motion:
        # One transfer a sample: the FIFO moves on when the six bytes were read, not within a transfer (page 21).
        # The 5 µs that it needs for it pass with the next address byte (22 µs at 400 kHz).
        return decode.adxl(b"".join(self._read(_DATAX0, decode.ADXL_FRAME) for _ in range(count)))
