"""Opening the store's file: where it is, bringing it up to date, and what to say when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hingecue import config
from hingecue.errors import StoreFault
from hingecue.store.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BUSY_TIMEOUT_S: Final = 5.0
"""How long another process may hold the file, s: our judgement; a commit takes milliseconds."""

_RETRY_S: Final = 0.02
"""Pause before SQLite is asked again for what it does not wait for by itself, s."""

_SIDE_FILES: Final = ("", "-wal", "-shm")

_ADVICE: Final = {
    sqlite3.SQLITE_FULL: (
        "disk_full",
        "the disk is full, so this session is no longer stored",
        "free some space; what was stored is kept, and practice can go on",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "store_corrupt",
        "the file is damaged",
        "start a new session: the file is then set aside, never deleted, and a new one begun",
    ),
    sqlite3.SQLITE_NOTADB: (
        "store_corrupt",
        "the file is not a session store",
        "start a new session: the file is then set aside, never deleted, and a new one begun",
    ),
    sqlite3.SQLITE_BUSY: (
        "store_busy",
        "another program keeps the file locked",
        "close the other program and start again",
    ),
    sqlite3.SQLITE_READONLY: (
        "store_read_only",
        "the file or its folder may not be written",
        "give your user write permission, or set HINGECUE_HOME to another folder",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "store_unopenable",
        "the file cannot be opened",
        "check the permissions of the file and of its folder, or set HINGECUE_HOME to another folder",
    ),
    sqlite3.SQLITE_IOERR: (
        "store_io",
        "the disk did not take or give the data",
        "check the disk and its free space; what was stored is kept, and practice can go on",
    ),
}


def fault(error: sqlite3.Error, path: Path) -> StoreFault:
    """Turn SQLite's error into the one sentence that is shown."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    code, what, try_this = _ADVICE.get(
        primary, ("store_failed", f"SQLite says: {error}", "please report this with the file's name")
    )
    return StoreFault(code, where=str(path), what=what, try_this=try_this)


def open_writer(path: Path, migrations: Sequence[str] = MIGRATIONS) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """Open for writing, made or brought up to date; with the sentences that the user is to be told.

    A damaged file is set aside under another name and a new one begun. The connection may be handed to
    another thread, which then owns it. Raises StoreFault.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFault(
            "store_unopenable",
            where=str(path.parent),
            what=f"the folder cannot be made ({error.strerror})",
            try_this="check its permissions, or set HINGECUE_HOME to another folder",
        ) from error
    try:
        try:
            return _open(path, migrations), ()
        except sqlite3.DatabaseError as error:
            if fault(error, path).code != "store_corrupt":
                raise
            aside = _set_aside(path)
            notice = f"{path}: the file was damaged; it is kept as {aside.name}, and a new one is begun"
            return _open(path, migrations), (notice,)
    except sqlite3.Error as error:
        raise fault(error, path) from error
    except OSError as error:
        raise StoreFault(
            "store_corrupt",
            where=str(path),
            what=f"the file is damaged and cannot be set aside ({error.strerror})",
            try_this="give your user write permission to its folder, or set HINGECUE_HOME to another folder",
        ) from error


def open_reader(path: Path) -> sqlite3.Connection:
    """Open for reading only. Raises StoreFault when there is nothing to read, or it cannot be read."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _empty(path) from error
    except OSError as error:
        raise StoreFault(
            "store_unopenable",
            where=str(path),
            what=f"the file cannot be read ({error.strerror})",
            try_this="check the permissions of its folder, or set HINGECUE_HOME to another folder",
        ) from error
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY_TIMEOUT_S)
    except sqlite3.Error as error:
        raise fault(error, path) from error
    try:
        version = _version(connection)
        _refuse_newer(version, len(MIGRATIONS), path)
        if version == 0:
            raise _empty(path)
    except sqlite3.Error as error:
        connection.close()
        raise fault(error, path) from error
    except StoreFault:
        connection.close()
        raise
    return connection


def _begin_as_folder(path: Path) -> None:
    """Make a file that root begins its folder's owner's, as SQLite does with what it keeps beside it."""
    if os.geteuid() != 0 or path.exists():
        return
    with suppress(OSError):  # SQLite says why it cannot be made
        folder = path.parent.stat()
        path.touch()
        os.chown(path, folder.st_uid, folder.st_gid)


def _open(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    _begin_as_folder(path)
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        # FULL: at a power cut NORMAL lost acknowledged commits, FULL none (research/engineering).
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _refuse_newer(_version(connection), len(migrations), path)
        _use_wal(connection)
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            damaged = sqlite3.DatabaseError(finding)
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged  # joins the damage that SQLite itself raises
        _migrate(connection, migrations)
    except (sqlite3.Error, StoreFault):
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. SQLite does not wait for others here, so we do."""
    end_s = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= end_s:
                raise
            time.sleep(_RETRY_S)
        else:
            return


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Apply the missing steps, each in a transaction of its own; a failed one is undone whole."""
    for number in range(_version(connection), len(migrations)):
        step = f"BEGIN IMMEDIATE; {migrations[number]}; PRAGMA user_version = {number + 1}; COMMIT"
        try:
            connection.executescript(step)
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if _version(connection) <= number:
                raise
            # Another process opened the same file at the same moment and has just made this step.


def _refuse_newer(version: int, known: int, path: Path) -> None:
    if version > known:
        raise StoreFault(
            "store_newer",
            where=str(path),
            what=f"a newer HingeCue wrote this file (format {version}, this one knows {known})",
            try_this="update HingeCue, or set HINGECUE_HOME to another folder",
        )


def _empty(path: Path) -> StoreFault:
    return StoreFault(
        "store_empty",
        where=str(path),
        what="no session is stored here yet",
        try_this=(
            "practise once with `hingecue run`, or put sudo before the command for those of the service"
            if config.SERVICE_HOME.exists() and path.parent != config.SERVICE_HOME
            else "practise once with `hingecue run`, or set HINGECUE_HOME to the folder that has them"
        ),
    )


def _set_aside(path: Path) -> Path:
    """Rename the file, and what SQLite keeps beside it, to the first free `….corrupt-<n>`."""
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    for suffix in _SIDE_FILES:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside
