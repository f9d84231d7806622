"""The two FIFOs of the LSM6DS family: plain 16-bit words (LSM6DS3, LSM6DSL), and words with a tag (LSM6DSO and on)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hingecue.sense.imu import decode
from hingecue.sense.imu.chip import Level

if TYPE_CHECKING:
    from collections.abc import Callable

_FIFO_STATUS1 = 0x3A

# LSM6DS3 §8.3…8.7, LSM6DSL §9.2…9.6.
_OLD_CTRL3 = 0x08
_OLD_CTRL5 = 0x0A
_OLD_BOTH = 0x09  # turning rate and acceleration, none left out
_OLD_RUN = 0x26  # 104 Hz, continuous: the newest words stay
_OLD_STOP = 0x20
_OLD_DATA = 0x3E  # reading rolls over 0x3E and 0x3F
_OLD_OVERRUN = 0x40
_OLD_WORDS = 6  # a sample
# LSM6DS3 §8.40: twelve bits of count, 8 kB; LSM6DSL §9.31: eleven bits, 4 kB.
_OLD_COUNT_BITS = 0x07
_OLD_COUNT_BITS_DEEP = 0x0F

# LSM6DSO §9.3…9.5, §9.45, §9.76.
_TAGGED_CTRL3 = 0x09
_TAGGED_BOTH = 0x44  # turning rate and acceleration, each at 104 Hz
_TAGGED_RUN = 0x06
_TAGGED_STOP = 0x00
_TAGGED_DATA = 0x78  # reading rolls over 0x78…0x7E
_TAGGED_OVERRUN = 0x48  # over-run now, and over-run since the last look
_CTRL9_XL = 0x18
_I3C_OFF = 0xE2  # AN5192 §3: I3C is switched off on an I2C wire; ISM330DHCX §9.18: this bit is always to be set


class Fifo(Protocol):
    """What the driver needs of either; `deep` tells an LSM6DS3 from an LSM6DSL."""

    def __init__(self, read: Callable[[int, int], bytes], write: Callable[..., None], *, deep: bool) -> None: ...

    def set_up(self) -> None:
        """Choose what goes in."""

    def flush(self) -> None:
        """Empty it and let it run."""

    def level(self) -> Level:
        """Look how full it is, in units of its own."""

    def fetch(self, count: int) -> decode.Motion:
        """Take `count` of these units out, in one transfer."""


class OldFifo:
    """Words of 16 bits, six a sample; a pattern tells which of the six comes next."""

    def __init__(self, read: Callable[[int, int], bytes], write: Callable[..., None], *, deep: bool) -> None:
        self._read = read
        self._write = write
        self._high_bits = _OLD_COUNT_BITS_DEEP if deep else _OLD_COUNT_BITS

    def set_up(self) -> None:
        """Both sensors, every sample."""
        self._write(_OLD_CTRL3, _OLD_BOTH)

    def flush(self) -> None:
        """Empty it and let it run."""
        self._write(_OLD_CTRL5, _OLD_STOP)
        self._write(_OLD_CTRL5, _OLD_RUN)

    def level(self) -> Level:
        """Whole samples that wait; misaligned when the next word is not the first of a sample."""
        status = self._read(_FIFO_STATUS1, 4)
        words = status[0] | (status[1] & self._high_bits) << 8
        pattern = status[2] | (status[3] & 0x03) << 8
        return Level(
            words // _OLD_WORDS,
            overflow=bool(status[1] & _OLD_OVERRUN),
            misaligned=words > 0 and pattern % _OLD_WORDS != 0,
        )

    def fetch(self, count: int) -> decode.Motion:
        """Take `count` samples out."""
        return decode.lsm6_old(self._read(_OLD_DATA, count * decode.OLD_FRAME))


class TaggedFifo:
    """Words of a tag and three values, two a sample; the half of a sample waits here for the other."""

    def __init__(self, read: Callable[[int, int], bytes], write: Callable[..., None], *, deep: bool) -> None:
        del deep
        self._read = read
        self._write = write
        self._rest = b""

    def set_up(self) -> None:
        """Both sensors, every sample."""
        self._write(_CTRL9_XL, _I3C_OFF)
        self._write(_TAGGED_CTRL3, _TAGGED_BOTH)

    def flush(self) -> None:
        """Empty it and let it run."""
        self._rest = b""
        self._write(_TAGGED_CTRL3 + 1, _TAGGED_STOP)
        self._write(_TAGGED_CTRL3 + 1, _TAGGED_RUN)

    def level(self) -> Level:
        """Words that wait."""
        status = self._read(_FIFO_STATUS1, 2)
        return Level(status[0] | (status[1] & 0x03) << 8, overflow=bool(status[1] & _TAGGED_OVERRUN))

    def fetch(self, count: int) -> decode.Motion:
        """Take `count` words out and pair them; words without a partner are left out, and the stamps show the gap."""
        found = decode.lsm6_tagged(self._rest + self._read(_TAGGED_DATA, count * decode.TAGGED_WORD))
        self._rest = found.rest
        return found.motion
