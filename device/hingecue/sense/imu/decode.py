"""Bytes of the chips → physical units. Pure: no wire, no clock. Factors are the data sheets' typical values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from hingecue.types import F64

# MPU-6000/6050 product specification 3.4, §6.1 and §6.2: ±8 g and ±1000 °/s.
MPU_LSB_A_G = 4096.0
MPU_LSB_A_DPS = 32.8
# LSM6DS3, LSM6DSL, LSM6DSO and ISM330DHCX data sheets, table 2: LA_So at ±8 g, G_So at ±1000 °/s.
LSM6_G = 0.244e-3
LSM6_DPS = 35e-3
# ADXL345 data sheet rev. E, table 1: 256 LSB/g at full resolution, in every range.
ADXL_LSB_A_G = 256.0

MPU_FRAME = 12
OLD_FRAME = 12
TAGGED_WORD = 7
ADXL_FRAME = 6

# LSM6DSO AN5192, table 79: what a word of the tagged FIFO holds.
TAG_GYRO = 0x01
TAG_ACCEL = 0x02


class Motion(NamedTuple):
    """`accel_g` float64 (n, 3), `gyro_dps` float64 (n, 3) or None when the chip has no gyroscope."""

    accel_g: F64
    gyro_dps: F64 | None


class Tagged(NamedTuple):
    """`motion`: whole samples. `rest`: words whose partner has not come yet. `orphans`: words that had to go."""

    motion: Motion
    rest: bytes
    orphans: int


def mpu(data: bytes) -> Motion:
    """12-byte frames of the MPU family's FIFO: acceleration, then turning rate; high bytes first."""
    words = _words(data, ">i2", 6)
    return Motion(words[:, :3] / MPU_LSB_A_G, words[:, 3:] / MPU_LSB_A_DPS)


def lsm6_old(data: bytes) -> Motion:
    """12-byte frames of the LSM6DS3's and LSM6DSL's FIFO: turning rate, then acceleration; low bytes first."""
    words = _words(data, "<i2", 6)
    return Motion(words[:, 3:] * LSM6_G, words[:, :3] * LSM6_DPS)


def adxl(data: bytes) -> Motion:
    """6-byte frames of the ADXL345: acceleration only; low bytes first."""
    return Motion(_words(data, "<i2", 3) / ADXL_LSB_A_G, None)


def lsm6_tagged(data: bytes) -> Tagged:
    """7-byte words of the LSM6DSO's, DSOX's and ISM330DHCX's FIFO: a tag, then three values, low bytes first.

    The two halves of one sample carry the same counter (0…3) and may come in either order. A word with wrong
    parity, an unknown tag or no partner is an orphan.
    """
    accel: list[F64] = []
    gyro: list[F64] = []
    held: dict[int, bytes] = {}
    orphans = 0
    for at in range(0, len(data) - len(data) % TAGGED_WORD, TAGGED_WORD):
        word = data[at : at + TAGGED_WORD]
        kind = word[0] >> 3
        if not tag_is_sound(word[0]):
            orphans += 1
            continue
        if kind in held or any(_counter(before) != _counter(word) for before in held.values()):
            orphans += len(held)
            held = {}
        held[kind] = word
        if len(held) == 2:
            accel.append(_words(held[TAG_ACCEL][1:], "<i2", 3) * LSM6_G)
            gyro.append(_words(held[TAG_GYRO][1:], "<i2", 3) * LSM6_DPS)
            held = {}
    motion = Motion(_stack(accel), _stack(gyro))
    return Tagged(motion, b"".join(held.values()), orphans)


def tag_is_sound(tag: int) -> bool:
    """Whether a tag names one of our two halves and its parity bit makes the number of ones even."""
    return tag >> 3 in {TAG_GYRO, TAG_ACCEL} and tag.bit_count() % 2 == 0


def _counter(word: bytes) -> int:
    return word[0] >> 1 & 0x03


def _words(data: bytes, kind: str, width: int) -> F64:
    whole = len(data) - len(data) % (2 * width)
    if not whole:  # NumPy reads no empty buffer
        return np.empty((0, width))
    return cast("F64", np.frombuffer(data[:whole], kind).reshape(-1, width).astype(np.float64))


def _stack(rows: list[F64]) -> F64:
    return np.concatenate(rows) if rows else np.empty((0, 3))
