from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from tests.fakes.bend import a_bend

from hingecue.errors import StoreFault
from hingecue.store import database
from hingecue.store.database import fault, open_reader, open_writer
from hingecue.store.migrations import MIGRATIONS
from hingecue.store.reader import SessionReader
from hingecue.store.session import SessionStore


def version(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def an_error(code, words="something"):
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


def test_a_new_file_and_its_folder_are_made_at_the_newest_format(path):
    connection, notices = open_writer(path)
    assert notices == ()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert version(path) == len(MIGRATIONS)


def test_an_older_file_is_brought_up_to_date_and_keeps_its_rows(path):
    with SessionStore(path) as store:
        store.begin("camera", None)
    later = (*MIGRATIONS, "ALTER TABLE sessions ADD COLUMN mood TEXT", "UPDATE sessions SET mood = 'fine'")
    connection, _ = open_writer(path, later)
    with closing(connection):
        assert connection.execute("SELECT source, mood FROM sessions").fetchall() == [("camera", "fine")]
    assert version(path) == len(MIGRATIONS) + 2


def test_a_step_that_fails_is_undone_whole(path):
    SessionStore(path).close()
    broken = (*MIGRATIONS, "CREATE TABLE extra (id INTEGER); INSERT INTO nowhere VALUES (1)")
    with pytest.raises(StoreFault, match="nowhere"):
        open_writer(path, broken)
    assert version(path) == len(MIGRATIONS)
    connection, _ = open_writer(path)
    with closing(connection):
        assert connection.execute("SELECT name FROM sqlite_schema WHERE name = 'extra'").fetchall() == []


@pytest.mark.parametrize("opener", [open_writer, open_reader])
def test_a_newer_file_is_refused_and_left_as_it_is(path, opener):
    SessionStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreFault, match="update HingeCue") as caught:
        opener(path)
    assert caught.value.code == "store_newer"
    assert version(path) == len(MIGRATIONS) + 1
    assert not list(path.parent.glob("*.corrupt-*"))


def damage(path):
    """Overwrite every page but the first, so that the file still says that it is a database."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x5a" * (size - 4096))


def full_store(path):
    with SessionStore(path) as store:
        number = store.begin("camera", None)
        for index in range(1, 60):
            store.add_bend(number, a_bend(index))


@pytest.mark.parametrize("harm", [damage, lambda path: path.write_bytes(b"no database at all" * 300)])
def test_a_damaged_file_is_set_aside_and_that_is_said(path, harm):
    for number in (1, 2):
        full_store(path)
        harm(path)
        before = path.read_bytes()
        with SessionStore(path) as store:
            assert store.begin("camera", None) == 1
            (notice,) = store.notices
        aside = path.with_name(f"sessions.db.corrupt-{number}")
        assert aside.name in notice
        assert aside.read_bytes() == before
        path.unlink()


def test_the_files_beside_a_damaged_one_go_with_it(path):
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 300)
    path.with_name("sessions.db-shm").write_bytes(b"beside")
    connection, _ = open_writer(path)
    connection.close()
    assert path.with_name("sessions.db.corrupt-1-shm").exists()


def test_a_damaged_file_is_told_to_a_reader_and_left_in_its_place(path):
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 300)
    with pytest.raises(StoreFault, match="not a session store") as caught:
        open_reader(path)
    assert caught.value.code == "store_corrupt"
    assert path.exists()


def test_there_is_nothing_to_read_yet(path):
    with pytest.raises(StoreFault, match="hingecue run") as caught:
        SessionReader(path)
    assert caught.value.code == "store_empty"
    assert not path.exists()
    path.parent.mkdir()
    path.touch()
    with pytest.raises(StoreFault) as caught:
        SessionReader(path)
    assert caught.value.code == "store_empty"


@pytest.mark.parametrize("opener", [open_writer, open_reader])
def test_a_folder_in_the_place_of_the_file_is_a_fault(path, opener):
    path.mkdir(parents=True)
    with pytest.raises(StoreFault) as caught:
        opener(path)
    assert caught.value.code in {"store_unopenable", "store_io"}  # SQLite's builds differ


def test_a_reader_that_cannot_connect_says_so(path, monkeypatch):
    SessionStore(path).close()

    def refuse(*_args, **_kwargs):
        raise an_error(sqlite3.SQLITE_CANTOPEN)

    monkeypatch.setattr(database.sqlite3, "connect", refuse)
    with pytest.raises(StoreFault, match="cannot be opened"):
        open_reader(path)


def test_a_file_in_the_place_of_the_folder_is_said(path):
    path.parent.write_text("a file")
    with pytest.raises(StoreFault, match="folder cannot be made") as caught:
        open_writer(path)
    assert caught.value.where == str(path.parent)
    assert os.strerror(errno.EEXIST) in str(caught.value)


def test_a_folder_that_may_not_be_written_is_said(path):
    path.parent.mkdir()
    path.parent.chmod(0o500)
    if os.access(path.parent, os.W_OK):
        pytest.skip("permission bits do not bite this user")
    try:
        with pytest.raises(StoreFault, match="HINGECUE_HOME"):
            open_writer(path)
    finally:
        path.parent.chmod(0o700)


def test_a_damaged_file_in_a_folder_that_may_not_be_written_is_said(path, monkeypatch):
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 300)

    def refuse(*_args):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(type(path), "rename", refuse)
    with pytest.raises(StoreFault, match="cannot be set aside") as caught:
        open_writer(path)
    assert caught.value.code == "store_corrupt"
    assert path.exists()


def test_a_folder_that_may_not_be_looked_into_is_said_to_a_reader(path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(type(path), "stat", refuse)
    with pytest.raises(StoreFault, match="HINGECUE_HOME") as caught:
        open_reader(path)
    assert caught.value.code == "store_unopenable"


OPEN_TOGETHER = """
import sys
from pathlib import Path
from hingecue.store.session import SessionStore
print("ready", flush=True)
sys.stdin.readline()
with SessionStore(Path(sys.argv[1])) as store:
    store.begin("camera", None)
"""


def test_programs_that_begin_a_new_file_at_the_same_moment_share_it(path):
    command = [sys.executable, "-c", OPEN_TOGETHER, str(path)]
    programs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(3)]
    for program in programs:
        assert program.stdout.readline() == b"ready\n"
    for program in programs:
        program.stdin.write(b"go\n")
        program.stdin.flush()
    for program in programs:
        program.communicate(timeout=30)
    assert [program.returncode for program in programs] == [0, 0, 0]
    with SessionReader(path) as reader:
        assert len(reader.sessions()) == 3


def test_a_step_that_another_program_has_just_made_is_not_made_again(path, monkeypatch):
    SessionStore(path).close()
    real, late = database._version, iter([0])
    monkeypatch.setattr(database, "_version", lambda connection: next(late, real(connection)))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        database._migrate(connection, MIGRATIONS)
        assert not connection.in_transaction
    assert version(path) == len(MIGRATIONS)


def test_a_step_that_cannot_begin_is_a_fault(path, monkeypatch):
    path.parent.mkdir()
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_S", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFault, match="locked") as caught:
            open_writer(path)
    assert caught.value.code == "store_busy"


@pytest.mark.parametrize(("code", "told"), [(sqlite3.SQLITE_BUSY, None), (sqlite3.SQLITE_IOERR, "disk")])
def test_the_log_is_waited_for_while_another_program_makes_it(code, told):
    class Connection:
        asked = 0

        def execute(self, _sql):
            self.asked += 1
            if self.asked == 1:
                raise an_error(code, "disk")

    connection = Connection()
    if told is None:
        database._use_wal(connection)
        assert connection.asked == 2
    else:
        with pytest.raises(sqlite3.OperationalError, match=told):
            database._use_wal(connection)


def test_a_file_that_another_program_holds_is_said(path, monkeypatch):
    SessionStore(path).close()
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_S", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreFault, match="locked") as caught:
            open_writer(path)
    assert caught.value.code == "store_busy"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (sqlite3.SQLITE_FULL, "disk_full"),
        (sqlite3.SQLITE_READONLY, "store_read_only"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "store_read_only"),
        (sqlite3.SQLITE_IOERR_FSYNC, "store_io"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "store_corrupt"),
        (sqlite3.SQLITE_MISUSE, "store_failed"),
    ],
)
def test_every_error_becomes_a_fault_with_a_code(path, code, word):
    told = fault(an_error(code), path)
    assert told.code == word
    assert str(path) in str(told)


def test_an_error_without_a_code_keeps_its_own_words(path):
    assert "no such thing" in str(fault(sqlite3.Error("no such thing"), path))


def test_a_read_only_disk_surfaces_while_opening(path, monkeypatch):
    def refuse(_connection, _migrations):
        raise an_error(sqlite3.SQLITE_READONLY)

    monkeypatch.setattr(database, "_migrate", refuse)
    with pytest.raises(StoreFault, match="may not be written") as caught:
        open_writer(path)
    assert caught.value.code == "store_read_only"
