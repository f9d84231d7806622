from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from tests.fakes.bend import a_bend

from hingecue.coach.summary import summarise
from hingecue.errors import StoreFault
from hingecue.store import session as session_module
from hingecue.store.reader import SessionReader
from hingecue.store.session import SessionStore
from hingecue.types import Cue, Kind, View

NOON = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)


def ticking(*times_ns):
    return iter(times_ns).__next__


def stored(path, session_id=1):
    with SessionReader(path) as reader:
        return reader.bends(session_id)


def test_every_field_of_every_bend_comes_back(path, bends):
    with SessionStore(path, monotonic_ns=ticking(5_000_000_000, 65_500_000_000)) as store:
        assert store.notices == ()
        number = store.begin("camera", NOON.astimezone(timezone(timedelta(hours=2))))
        for bend in bends:
            store.add_bend(number, bend)
        store.finish(number, summarise(bends), View.SIDE)
    with SessionReader(path) as reader:
        session = reader.session(number)
        assert reader.bends(number) == bends
        assert reader.latest() == session
    assert session.started_utc == NOON
    assert session.started_utc.utcoffset() == timedelta(0)
    assert session.duration_s == 60.5
    assert (session.source, session.view, session.finished) == ("camera", View.SIDE, True)
    assert session.summary == summarise(bends)


def test_bends_may_name_a_session_that_is_still_being_begun(tmp_path) -> None:
    with SessionStore(tmp_path / "s.db") as store:
        first = store.begin_soon("one", None)
        second = store.begin_soon("two", None)
        store.add_bend(second, a_bend(1))
        store.add_bend(first, a_bend(1))
        store.add_bend(second, a_bend(2))
        store.finish(second, summarise([a_bend(1), a_bend(2)]))
        assert (first.result(10.0), second.result(10.0)) == (1, 2)
        assert store.fault is None
    with SessionReader(tmp_path / "s.db") as reader:
        assert [len(reader.bends(number)) for number in (1, 2)] == [1, 2]
        assert [reader.session(number).finished for number in (1, 2)] == [False, True]


def test_numbers_of_numpy_are_kept_as_numbers(path):
    bend = a_bend(1, trunk_deg=np.float32(62.5), confidence=np.float64(0.75), cues=(Cue(np.float64(2.5), "early"),))
    with SessionStore(path) as store:
        store.add_bend(store.begin("camera", None), bend)
    assert stored(path) == [bend]


def test_a_bend_of_the_same_index_takes_the_place_of_the_first(path, bends):
    with SessionStore(path) as store:
        number = store.begin("camera", None)
        store.add_bend(number, bends[1])
        resolved = dataclasses.replace(bends[1], kind=Kind.MIXED, cues=bends[1].cues[:1])
        store.add_bend(number, resolved)
    assert stored(path) == [resolved]


def test_sessions_do_not_mix_and_the_newest_comes_first(path, bends):
    with SessionStore(path) as store:
        first, second, third = (store.begin(name, None) for name in ("one", "two", "three"))
        store.add_bend(second, bends[0])
    with SessionReader(path) as reader:
        assert [s.source for s in reader.sessions()] == ["three", "two", "one"]
        assert [s.id for s in reader.sessions(2)] == [third, second]
        assert reader.bends(first) == []
        assert reader.bends(second) == [bends[0]]
        assert reader.session(99) is None


def test_a_store_without_sessions_has_no_latest(path):
    SessionStore(path).close()
    with SessionReader(path) as reader:
        assert reader.latest() is None
        assert reader.sessions() == []


def test_a_reader_sees_what_is_committed_while_the_session_goes_on(path, bends):
    with SessionStore(path) as store:
        number = store.begin("camera", None)
        with SessionReader(path) as reader:
            store.add_bend(number, bends[0])
            store.begin("a barrier: jobs are done in order", None)
            assert reader.bends(number) == [bends[0]]
            session = reader.session(number)
    assert not session.finished
    assert session.duration_s is None
    assert session.view is None
    assert session.summary == summarise(bends[:1])


def test_the_start_may_be_told_later(path):
    with SessionStore(path) as store:
        number = store.begin("camera", None)
        store.started(number, NOON)
        store.finish(number, summarise([]))
    with SessionReader(path) as reader:
        session = reader.latest()
    assert session.started_utc == NOON
    assert session.view is None


def test_a_moment_without_a_time_zone_is_refused(path):
    with SessionStore(path) as store, pytest.raises(ValueError, match="time zone"):
        store.begin("camera", datetime(2025, 3, 4))  # noqa: DTZ001


def test_finishing_and_closing_twice_changes_nothing(path, bends):
    store = SessionStore(path, monotonic_ns=ticking(0, 10**9, 10**9))
    number = store.begin("camera", None)
    store.finish(number, summarise(bends))
    store.finish(number, summarise(bends))
    store.close()
    store.close()
    with SessionReader(path) as reader:
        assert reader.latest().duration_s == 1.0
    with pytest.raises(StoreFault, match="closed") as caught:
        store.add_bend(number, bends[0])
    assert caught.value.code == "store_closed"


def fill(store, number):
    """Leave the store no free page, then write until it says so."""
    with pytest.raises(StoreFault) as caught:  # noqa: PT012
        for index in range(1, 2000):
            store.add_bend(number, a_bend(index))
            if index % 50 == 0:
                store.begin("barrier", None)
    return caught.value


def without_room(store):
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 3}")


def test_a_full_disk_is_said_at_every_call_and_what_was_committed_stays(path, bends):
    store = SessionStore(path)
    number = store.begin("camera", None)
    store.add_bend(number, bends[0])
    store.begin("barrier", None)
    without_room(store)
    fault = fill(store, number)
    assert fault.code == "disk_full"
    assert "disk is full" in str(fault)
    for call in (
        lambda: store.add_bend(number, bends[1]),
        lambda: store.finish(number, summarise([])),
        lambda: store.begin("again", None),
    ):
        with pytest.raises(StoreFault) as caught:
            call()
        assert caught.value.code == "disk_full"
    store.close()
    kept = stored(path, number)
    assert [bend.index for bend in kept] == list(range(1, len(kept) + 1))
    assert kept


def test_closing_tells_a_fault_that_nobody_was_told_of(path):
    store = SessionStore(path)
    number = store.begin("camera", None)
    store.add_bend(number, a_bend(1, confidence="not a number"))
    with pytest.raises(StoreFault) as caught:
        store.close()
    assert caught.value.code == "store_failed"
    store.close()


def test_a_bend_that_fails_leaves_nothing_of_itself(path, bends):
    store = SessionStore(path)
    number = store.begin("camera", None)
    store.add_bend(number, bends[0])
    broken = dataclasses.replace(bends[0], kind=Kind.SQUAT, cues=(Cue("never", "early"),))
    store.add_bend(number, broken)
    with pytest.raises(StoreFault):
        store.close()
    assert stored(path) == [bends[0]]


def test_a_disk_that_does_not_answer_is_said_and_not_waited_for(path, monkeypatch):
    store = SessionStore(path)
    go_on = threading.Event()
    commit = store._commit

    def slow(statements):
        go_on.wait()
        return commit(statements)

    monkeypatch.setattr(store, "_commit", slow)
    monkeypatch.setattr(session_module, "_PATIENCE_S", 0.01)
    with pytest.raises(StoreFault, match="did not answer") as caught:
        store.begin("camera", None)
    assert caught.value.code == "store_stuck"
    with pytest.raises(StoreFault, match="did not answer"):
        store.close()
    go_on.set()
    store._thread.join()


KILLED = """
import os, sys
sys.path[:0] = {paths!r}
from pathlib import Path
from tests.fakes.bend import a_bend
from hingecue.store.session import SessionStore
store = SessionStore(Path(sys.argv[1]))
number = store.begin("camera", None)
for index in range(1, 6):
    store.add_bend(number, a_bend(index))
store.begin("barrier", None)
print("committed", flush=True)
for index in range(6, 10**6):
    store.add_bend(number, a_bend(index))
"""


def test_what_was_committed_survives_a_kill_in_the_middle(path):
    script = KILLED.format(paths=[entry for entry in (os.getcwd(), *sys.path) if entry])  # noqa: PTH109
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"committed\n"
        process.send_signal(signal.SIGKILL)
    kept = stored(path)
    assert kept[:5] == [a_bend(index) for index in range(1, 6)]
    assert kept == [a_bend(index) for index in range(1, len(kept) + 1)]
    with SessionStore(path) as store:
        assert store.notices == ()
        assert store.begin("the next morning", None) == 3


def test_a_read_that_fails_is_a_fault(path):
    SessionStore(path).close()
    reader = SessionReader(path)
    reader.close()
    with pytest.raises(StoreFault) as caught:
        reader.sessions()
    assert isinstance(caught.value.__cause__, sqlite3.Error)


def test_halves_that_were_joined_are_forgotten_at_the_end(path):
    with SessionStore(path) as store:
        number = store.begin("film", None)
        for index in (1, 2, 3):
            store.add_bend(number, a_bend(index))
        kept = [a_bend(1), a_bend(2)]
        store.finish(number, summarise(kept))
    assert stored(path, number) == kept
