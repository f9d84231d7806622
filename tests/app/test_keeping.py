"""A store that fails while a session runs."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.fakes.bend import a_bend

from hingecue.app.keeping import RETRY_NS, Keeper
from hingecue.errors import DeviceFault, StoreFault
from hingecue.store.faults import kept_faults
from hingecue.store.reader import SessionReader
from hingecue.store.session import SessionStore


def full(*_args, **_kwargs):
    raise StoreFault("disk_full", where="sessions.db", what="the disk is full", try_this="free some space")


def test_a_session_is_kept_and_closed(tmp_path):
    told = []
    with Keeper(tmp_path / "s.db", told.append, source="test") as keeper:
        assert keeper.session == 1
        keeper.bend(a_bend(1))
        keeper.finish([a_bend(1)])
    assert told == []
    assert not keeper.failed
    with SessionReader(tmp_path / "s.db") as reader:
        assert reader.session(1).finished


def test_without_a_path_nothing_is_kept(tmp_path):
    with Keeper(None, print, source="test") as keeper:
        assert keeper.session is None
        keeper.bend(a_bend(1))
        keeper.finish([a_bend(1)])
    assert not keeper.failed


@pytest.mark.parametrize("method", ["add_bend", "finish", "close"])
def test_a_full_disk_is_told_once_and_the_session_goes_on(tmp_path, monkeypatch, method):
    told = []
    real = SessionStore.close
    with Keeper(tmp_path / "s.db", told.append, source="test") as keeper:
        monkeypatch.setattr(SessionStore, method, full)
        store = keeper._store
        keeper.bend(a_bend(1))
        keeper.bend(a_bend(2))
        keeper.finish([a_bend(1), a_bend(2)])
    assert keeper.failed
    assert told == ["sessions.db: the disk is full; free some space"]
    real(store)


def test_a_card_that_answers_late_holds_up_no_bend(tmp_path):
    told = []
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    with Keeper(tmp_path / "s.db", told.append, source="test", late=True) as keeper:
        other.execute("BEGIN IMMEDIATE")  # let go of only after the first bend, which begins the session, is taken
        keeper.bend(a_bend(1))
        keeper.bend(a_bend(2))
        other.execute("ROLLBACK")
        assert keeper.session == 1
        keeper.finish([a_bend(1), a_bend(2)])
    other.close()
    assert told == []
    with SessionReader(tmp_path / "s.db") as reader:
        assert len(reader.bends(1)) == 2


def test_a_session_that_could_not_be_begun_is_begun_later(tmp_path, monkeypatch):
    told, now = [], [0]
    with Keeper(tmp_path / "s.db", told.append, source="test", late=True, clock=lambda: now[0]) as keeper:
        monkeypatch.setattr("hingecue.store.session._BEGIN", "INSERT INTO nowhere VALUES (?, ?, ?, ?)")
        keeper.bend(a_bend(1))
        with pytest.raises(StoreFault):
            keeper._session.result(10.0)
        keeper.again()
        assert keeper.failed
        assert len(told) == 1
        monkeypatch.undo()
        now[0] += RETRY_NS
        keeper.again()
        assert (keeper.failed, keeper.session) == (False, 1)
    with SessionReader(tmp_path / "s.db") as reader:
        assert len(reader.bends(1)) == 1


def test_a_fault_in_the_middle_of_a_film_leaves_finished_bends_on_the_disk(tmp_path):
    def film():
        with Keeper(tmp_path / "s.db", print, source="test") as keeper:
            keeper.bend(a_bend(1))
            raise ValueError("film")

    with pytest.raises(ValueError, match="film"):
        film()
    with SessionReader(tmp_path / "s.db") as reader:
        assert len(reader.bends(1)) == 1
        assert not reader.session(1).finished


def test_a_store_that_fails_twice_is_told_once(tmp_path, monkeypatch):
    told = []
    real = SessionStore.close
    with Keeper(tmp_path / "s.db", told.append, source="test") as keeper:
        store = keeper._store
        monkeypatch.setattr(SessionStore, "add_bend", full)
        monkeypatch.setattr(SessionStore, "close", full)
        keeper.bend(a_bend(1))
    assert len(told) == 1
    real(store)


class Clock:
    now_ns = 0

    def __call__(self):
        return self.now_ns


def bends_of(path, session=1):
    with SessionReader(path) as reader:
        return [bend.index for bend in reader.bends(session)]


def test_nothing_is_kept_of_a_session_without_a_bend(tmp_path):
    path = tmp_path / "s.db"
    with Keeper(path, print, source="test", late=True) as keeper:
        assert keeper.session is None
        keeper.finish([])
    with SessionReader(path) as reader:
        assert reader.sessions() == []


def test_a_late_session_begins_with_its_first_bend(tmp_path):
    path = tmp_path / "s.db"
    with Keeper(path, print, source="test", late=True) as keeper:
        keeper.bend(a_bend(1))
        assert keeper.session == 1
        keeper.finish([a_bend(1)])
    assert bends_of(path) == [1]


def test_bends_that_a_full_disk_did_not_take_are_kept_when_it_has_space_again(tmp_path, monkeypatch):
    path, told, clock = tmp_path / "s.db", [], Clock()
    with Keeper(path, told.append, source="test", late=True, clock=clock) as keeper:
        keeper.bend(a_bend(1))
        with monkeypatch.context() as disk:
            disk.setattr(SessionStore, "_commit", lambda *_: (_ for _ in ()).throw(sqlite_full()))
            keeper.bend(a_bend(2))
            while keeper._store is not None and keeper._store._fault is None:
                time.sleep(0.001)
            keeper.bend(a_bend(3))
            assert keeper.failed
            clock.now_ns += RETRY_NS - 1
            keeper.again()
            assert keeper.session is None
            clock.now_ns += 1
            keeper.bend(a_bend(4))
        clock.now_ns += RETRY_NS
        keeper.again()
        clock.now_ns += RETRY_NS
        keeper.again()
        assert not keeper.failed
        keeper.finish([a_bend(n) for n in range(1, 5)])
    assert not keeper.failed
    assert bends_of(path) == [1, 2, 3, 4]
    assert len(told) == 1
    assert "the disk is full" in told[0]


def test_the_end_of_a_session_is_another_try(tmp_path, monkeypatch):
    path, clock = tmp_path / "s.db", Clock()
    with Keeper(path, [].append, source="test", late=True, clock=clock) as keeper:
        with monkeypatch.context() as disk:
            disk.setattr(SessionStore, "begin", full)
            keeper.bend(a_bend(1))
        keeper.finish([a_bend(1)])
    assert not keeper.failed
    assert bends_of(path) == [1]


def test_a_store_that_is_damaged_meanwhile_is_set_aside_and_all_is_in_the_new_one(tmp_path, monkeypatch):
    path, told, clock = tmp_path / "s.db", [], Clock()
    with Keeper(path, told.append, source="test", late=True, clock=clock) as keeper:
        keeper.bend(a_bend(1))
        with monkeypatch.context() as disk:
            disk.setattr(SessionStore, "add_bend", full)
            keeper.bend(a_bend(2))
        path.write_bytes(b"damaged " * 1000)
        clock.now_ns += RETRY_NS
        keeper.again()
        keeper.finish([a_bend(1), a_bend(2)])
    assert bends_of(path) == [1, 2]
    assert any("a new one is begun" in sentence for sentence in told)


def test_the_date_is_filled_in_when_the_clock_was_set_meanwhile(tmp_path, monkeypatch):
    path, clock = tmp_path / "s.db", Clock()
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    monkeypatch.setattr("hingecue.app.keeping.known_utc", lambda: None)
    with Keeper(path, print, source="test", clock=clock) as keeper:
        keeper.bend(a_bend(1))
        clock.now_ns += 60 * 10**9
        monkeypatch.setattr("hingecue.app.keeping.known_utc", lambda: noon)
        keeper.finish([a_bend(1)])
    with SessionReader(path) as reader:
        assert reader.session(1).started_utc == noon - timedelta(minutes=1)


def test_faults_of_other_parts_are_counted_while_the_store_works(tmp_path, monkeypatch):
    path = tmp_path / "s.db"
    lost = DeviceFault("sensor_lost", where="pelvis", what="it is gone", try_this="look", blinks=3)
    with Keeper(path, [].append, source="test", late=True) as keeper:
        keeper.add_fault(lost)
        monkeypatch.setattr(SessionStore, "add_fault", full)
        keeper.add_fault(lost)
        keeper.add_fault(lost)
        assert keeper.failed
    assert [fault.times for fault in kept_faults(path)] == [1]


def sqlite_full():
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error
