from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from hingecue.errors import DeviceFault, StoreFault
from hingecue.store.faults import KeptFault, kept_faults
from hingecue.store.session import SessionStore

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def lost(where="pelvis", what="it does not answer"):
    return DeviceFault("sensor_lost", where=where, what=what, try_this="check its plug", blinks=3)


def test_a_fault_is_one_row_however_often_it_comes(tmp_path):
    path = tmp_path / "s.db"
    with SessionStore(path) as store:
        for minute in range(1000):
            store.add_fault(lost(what=f"try {minute}"), NOON + timedelta(minutes=minute))
        store.add_fault(lost("thorax"), NOON)
    late = (NOON + timedelta(minutes=999)).isoformat()
    assert kept_faults(path) == [
        KeptFault("sensor_lost", "pelvis", "pelvis: try 999; check its plug", 1000, NOON.isoformat(), late),
        KeptFault(
            "sensor_lost", "thorax", "thorax: it does not answer; check its plug", 1, NOON.isoformat(), NOON.isoformat()
        ),
    ]


def test_a_clock_that_is_not_set_leaves_the_last_time_that_was_known(tmp_path):
    path = tmp_path / "s.db"
    with SessionStore(path) as store:
        store.add_fault(lost(), None)
        store.add_fault(lost(), NOON)
        store.add_fault(lost(), None)
    (fault,) = kept_faults(path)
    assert (fault.times, fault.first_utc, fault.last_utc) == (3, None, NOON.isoformat())


def test_nothing_was_ever_stored(tmp_path):
    assert kept_faults(tmp_path / "none.db") == []


def test_a_store_of_an_older_hingecue_has_none(tmp_path):
    path = tmp_path / "s.db"
    with SessionStore(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE faults")
    assert kept_faults(path) == []


def test_a_file_that_is_no_store_is_named(tmp_path):
    path = tmp_path / "s.db"
    path.write_bytes(b"damaged " * 1000)
    with pytest.raises(StoreFault, match=r"s\.db"):
        kept_faults(path)
