"""A store that fails while a session runs."""

from __future__ import annotations

import pytest
from tests.fakes.bend import a_bend

from hingecue.app.keeping import Keeper
from hingecue.errors import StoreFault
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
