from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hingecue.sense.imu import decode

word = st.integers(-32768, 32767)
six = st.lists(st.tuples(*[word] * 6), max_size=40)


def tag(kind, counter):
    bits = kind << 3 | counter << 1
    return bytes((bits | bits.bit_count() & 1,))


def tagged(rows, *, accel_first=(), start=0):
    out = b""
    for i, row in enumerate(rows):
        counter = (start + i) & 3
        gyro = tag(decode.TAG_GYRO, counter) + struct.pack("<3h", *row[3:])
        accel = tag(decode.TAG_ACCEL, counter) + struct.pack("<3h", *row[:3])
        out += accel + gyro if i in accel_first else gyro + accel
    return out


@given(six, st.binary(max_size=11))
def test_mpu_frames_give_back_what_went_in_and_a_cut_one_is_left_out(rows, rest) -> None:
    motion = decode.mpu(b"".join(struct.pack(">6h", *row) for row in rows) + rest)
    raw = np.column_stack((motion.accel_g * 4096, motion.gyro_dps * 32.8))
    assert np.allclose(raw, np.array(rows, float).reshape(-1, 6))


@given(six)
def test_old_lsm6_frames_begin_with_the_turning_rate(rows) -> None:
    motion = decode.lsm6_old(b"".join(struct.pack("<6h", *row) for row in rows))
    raw = np.column_stack((motion.gyro_dps / 35e-3, motion.accel_g / 0.244e-3))
    assert np.allclose(raw, np.array(rows, float).reshape(-1, 6))


@given(st.lists(st.tuples(word, word, word), max_size=40))
def test_adxl_frames_have_no_turning_rate(rows) -> None:
    motion = decode.adxl(b"".join(struct.pack("<3h", *row) for row in rows))
    assert motion.gyro_dps is None
    assert np.allclose(motion.accel_g * 256, np.array(rows, float).reshape(-1, 3))


@given(six, st.sets(st.integers(0, 40)), st.integers(0, 3))
def test_tagged_words_pair_up_in_either_order(rows, accel_first, start) -> None:
    found = decode.lsm6_tagged(tagged(rows, accel_first=accel_first, start=start))
    assert found.rest == b""
    assert found.orphans == 0
    raw = np.column_stack((found.motion.accel_g / 0.244e-3, found.motion.gyro_dps / 35e-3))
    assert np.allclose(raw, np.array(rows, float).reshape(-1, 6))


@given(six.filter(bool), st.data())
def test_a_stream_cut_between_two_words_loses_nothing(rows, data) -> None:
    whole = tagged(rows)
    cut = 7 * data.draw(st.integers(0, len(whole) // 7))
    first = decode.lsm6_tagged(whole[:cut])
    second = decode.lsm6_tagged(first.rest + whole[cut:])
    together = np.vstack((first.motion.accel_g, second.motion.accel_g))
    assert np.array_equal(together, decode.lsm6_tagged(whole).motion.accel_g)


@given(six.filter(lambda rows: len(rows) > 2), st.data())
def test_a_lost_word_costs_its_own_sample_only(rows, data) -> None:
    words = tagged(rows)
    lost = data.draw(st.integers(0, 2 * len(rows) - 1))
    found = decode.lsm6_tagged(words[: 7 * lost] + words[7 * lost + 7 :])
    kept = [row for i, row in enumerate(rows) if i != lost // 2]
    assert np.allclose(found.motion.accel_g / 0.244e-3, np.array(kept, float)[:, :3])
    assert found.orphans + len(found.rest) // 7 == 1


@given(six.filter(bool), st.data())
def test_a_tag_with_wrong_parity_is_not_believed(rows, data) -> None:
    words = bytearray(tagged(rows))
    at = data.draw(st.integers(0, 2 * len(rows) - 1))
    words[7 * at] ^= 1 << data.draw(st.integers(0, 7))
    assert len(decode.lsm6_tagged(bytes(words)).motion.accel_g) == len(rows) - 1


@given(st.binary(max_size=300))
def test_any_bytes_decode_without_an_error(data) -> None:
    for motion in (decode.mpu(data), decode.lsm6_old(data), decode.adxl(data), decode.lsm6_tagged(data).motion):
        assert motion.accel_g.shape[1] == 3
        assert motion.gyro_dps is None or motion.gyro_dps.shape == motion.accel_g.shape
