"""The one writer of the session store."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import Future
from dataclasses import astuple
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from hingecue import __version__
from hingecue.errors import StoreFault
from hingecue.store.calibrations import ADD_CALIBRATION, calibration_row
from hingecue.store.database import fault, open_writer
from hingecue.store.faults import ADD_FAULT
from hingecue.store.rows import BEND_COLUMNS, SUMMARY_COLUMNS, bend_row, cue_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from hingecue.coach.summary import Summary
    from hingecue.errors import Fault
    from hingecue.posture.calibration import Calibration
    from hingecue.types import Bend, View

    Statement: TypeAlias = tuple[str, tuple[object, ...]]
    Job: TypeAlias = tuple[tuple[Statement, ...], Future[int]]
    Number: TypeAlias = int | Future[int]

_PATIENCE_S: Final = 15.0
"""Longest wait for the writer, s: three times SQLite's busy timeout; a slow card needs tenths."""

_BEGIN = "INSERT INTO sessions (started_utc, start_ns, source, app_version) VALUES (?, ?, ?, ?)"
_STARTED = "UPDATE sessions SET started_utc = ? WHERE id = ?"
_FINISH = (
    f"UPDATE sessions SET end_ns = ?, view = ?, {', '.join(f'{name} = ?' for name in SUMMARY_COLUMNS)}"  # noqa: S608
    " WHERE id = ?"
)
_FORGET_BEYOND = 'DELETE FROM bends WHERE session_id = ? AND "index" > ?'
_FORGET_BEND = 'DELETE FROM bends WHERE session_id = ? AND "index" = ?'
_BEND_NAMES = ", ".join(f'"{name}"' for name in ("session_id", *BEND_COLUMNS))
_ADD_BEND = f"INSERT INTO bends ({_BEND_NAMES}) VALUES (?{', ?' * len(BEND_COLUMNS)})"  # noqa: S608
_ADD_CUE = "INSERT INTO cues VALUES (?, ?, ?, ?, ?, ?)"


class SessionStore:
    """Keeps sessions, their bends and their cues, and people's calibrations in one SQLite file.

    A thread of its own owns the connection, so that a slow card never delays a cue. What is handed over is
    committed one after the other and never dropped; the queue has no limit because a person bends at most
    about once a second. When storing fails, that fault is raised by the next call and by every one after it
    (`close` raises it only if nobody was told); what was committed before is kept, and practice can go on.

    `notices`: sentences to tell the user, such as a damaged file that was set aside.
    """

    def __init__(self, path: Path, *, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._path = path
        self._monotonic_ns = monotonic_ns
        self._connection, self.notices = open_writer(path)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._fault: StoreFault | None = None
        self._told = False
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="store", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> StoreFault | None:
        """Why nothing is stored any more; None while all is well."""
        return self._fault

    def begin(self, source: str, started_utc: datetime | None) -> int:
        """Begin a session and give its id. `started_utc` None: the clock is not known to be right yet."""
        return self._answer(self.begin_soon(source, started_utc))

    def begin_soon(self, source: str, started_utc: datetime | None) -> Future[int]:
        """Begin a session without waiting for the disk; what is given names it for the other calls here."""
        return self._submit((_BEGIN, (_iso(started_utc), self._monotonic_ns(), source, __version__)))

    def started(self, session_id: Number, started_utc: datetime) -> None:
        """Fill in when the session began, once the clock is known to be right."""
        self._submit((_STARTED, (_iso(started_utc), session_id)))

    def add_bend(self, session_id: Number, bend: Bend) -> None:
        """Store a bend and its cues; one with the same index is replaced by it."""
        self._submit(
            (_FORGET_BEND, (session_id, bend.index)),
            (_ADD_BEND, bend_row(session_id, bend)),
            *((_ADD_CUE, row) for row in cue_rows(session_id, bend)),
        )

    def finish(self, session_id: Number, summary: Summary, view: View | None = None) -> None:
        """End the session with its counts, and the view that most of it was seen from.

        Bends beyond the count are forgotten: two halves that were stored one by one may have been joined since.
        """
        seen = None if view is None else str(view)
        self._submit(
            (_FORGET_BEYOND, (session_id, summary.bends)),
            (_FINISH, (self._monotonic_ns(), seen, *astuple(summary), session_id)),
        )

    def add_calibration(self, profile: str, calibration: Calibration, made_utc: datetime | None) -> int:
        """Add a calibration to the profile's history, wait until it is on the disk, and give its number.

        `made_utc` None: the clock is not known to be right.
        """
        return self._answer(self._submit((ADD_CALIBRATION, calibration_row(profile, calibration, _iso(made_utc)))))

    def add_fault(self, fault: Fault, at_utc: datetime | None) -> None:
        """Count a fault; `at_utc` None: the clock is not known to be right."""
        now = _iso(at_utc)
        self._submit((ADD_FAULT, (fault.code, fault.where, str(fault), now, now, __version__)))

    def close(self) -> None:
        """Commit everything that was handed over, then close. Raises a fault that nobody was told of."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():
            raise self._stuck()
        if self._fault is not None and not self._told:
            raise self._fault

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _submit(self, *statements: Statement) -> Future[int]:
        if self._closed:
            raise StoreFault(
                "store_closed", where=str(self._path), what="the store is closed", try_this="open it again"
            )
        if self._fault is not None:
            self._told = True
            raise self._fault
        done: Future[int] = Future()
        self._jobs.put((statements, done))
        return done

    def _answer(self, job: Future[int]) -> int:
        """Wait for the writer and give the number of the row that it added."""
        try:
            return job.result(_PATIENCE_S)
        except StoreFault:
            self._told = True
            raise
        except TimeoutError as error:
            raise self._stuck() from error

    def _write(self) -> None:
        """Work through the jobs until the sentinel; after a fault the rest is answered with it."""
        while (job := self._jobs.get()) is not None:
            statements, done = job
            if self._fault is None:
                try:
                    done.set_result(self._commit(statements))
                    continue
                except sqlite3.Error as error:
                    self._fault = fault(error, self._path)
            done.set_exception(self._fault)
        self._connection.close()

    def _commit(self, statements: tuple[Statement, ...]) -> int:
        """Run the statements in one transaction and give the last row's id."""
        last = 0
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for sql, values in statements:
                last = self._connection.execute(sql, tuple(map(_settled, values))).lastrowid or 0
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:  # a full disk may have rolled it back already
                self._connection.execute("ROLLBACK")
            raise
        return last

    def _stuck(self) -> StoreFault:
        return StoreFault(
            "store_stuck",
            where=str(self._path),
            what=f"the disk did not answer within {_PATIENCE_S:.0f} s",
            try_this="check the card or the disk; what was stored is kept",
        )


def _settled(value: object) -> object:
    """Give a number that was promised: whoever names it comes after it in the queue, so it is there."""
    return value.result(0) if isinstance(value, Future) else value


def _iso(moment: datetime | None) -> str | None:
    """Give the moment in UTC as ISO 8601. A naive one is refused: it does not say when it was."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment must carry its time zone")
    return moment.astimezone(UTC).isoformat()
