from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from tests.store.test_calibrations import FULL, ONE, keep

from hingecue.errors import StoreFault
from hingecue.store.counts import profile_names, store_counts
from hingecue.store.database import open_writer
from hingecue.store.migrations import MIGRATIONS
from hingecue.store.session import SessionStore


def test_rows_are_counted_and_nothing_else_is_given(tmp_path) -> None:
    path = tmp_path / "sessions.db"
    keep(path, FULL, ONE, profile="Zoë")
    with SessionStore(path) as store:
        store.begin("camera", None)
    counts = store_counts(path)
    assert (counts.format, counts.check) == (len(MIGRATIONS), "ok")
    assert {name: counts.rows[name] for name in ("sessions", "bends", "cues", "calibration")} == {
        "sessions": 1,
        "bends": 0,
        "cues": 0,
        "calibration": 2,
    }
    assert "Zoë" not in str(counts)


def test_everybody_who_was_calibrated_is_named_once(tmp_path) -> None:
    path = tmp_path / "sessions.db"
    keep(path, FULL, ONE, profile="Zoë")
    keep(path, FULL, profile="guest")
    assert profile_names(path) == ["Zoë", "guest"]


def test_a_store_of_the_first_format_knows_no_profiles(tmp_path) -> None:
    path = tmp_path / "sessions.db"
    open_writer(path, MIGRATIONS[:1])[0].close()
    assert profile_names(path) == []
    assert store_counts(path).rows == {"sessions": 0, "bends": 0, "cues": 0}


def test_a_missing_store_is_a_fault(tmp_path) -> None:
    for ask in (store_counts, profile_names):
        with pytest.raises(StoreFault, match="no session"):
            ask(tmp_path / "sessions.db")


def test_a_damaged_store_is_a_fault(tmp_path) -> None:
    path = tmp_path / "sessions.db"
    keep(path, *[FULL] * 50)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray(path.read_bytes())
    whole[4096:] = bytes(len(whole) - 4096)
    path.write_bytes(whole)
    for ask in (store_counts, profile_names):
        with pytest.raises(StoreFault, match="damaged"):
            ask(path)
