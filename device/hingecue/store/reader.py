"""Reading the session store while it is, or is not, being written."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import TYPE_CHECKING, Self

from hingecue.coach.summary import Summary, summarise
from hingecue.store.database import fault, open_reader
from hingecue.store.rows import SUMMARY_COLUMNS, Session, bend_from_row, session_from_row
from hingecue.types import Bend, Cue

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class SessionReader:
    """Gives the stored sessions, newest first. Read only; every method raises StoreFault.

    SQLite needs write permission on the folder even to read a cleanly closed WAL file
    (research/engineering), so readers run as the user that writes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_reader(path)
        self._connection.row_factory = sqlite3.Row

    def sessions(self, limit: int | None = None) -> list[Session]:
        """Give the newest sessions, at most `limit` of them."""
        sql = "SELECT * FROM sessions ORDER BY id DESC LIMIT ?"
        rows = self._rows(sql, -1 if limit is None else limit)
        return [session_from_row(row, self._summary(row)) for row in rows]

    def latest(self) -> Session | None:
        """Give the newest session, or None when there is none."""
        return next(iter(self.sessions(1)), None)

    def session(self, session_id: int) -> Session | None:
        """Give one session, or None when there is none of this id."""
        rows = self._rows("SELECT * FROM sessions WHERE id = ?", session_id)
        return session_from_row(rows[0], self._summary(rows[0])) if rows else None

    def bends(self, session_id: int) -> list[Bend]:
        """Give the bends of one session with their cues, in order."""
        cues = defaultdict(list)
        for row in self._rows("SELECT * FROM cues WHERE session_id = ? ORDER BY position", session_id):
            cues[row["bend_index"]].append(Cue(row["t_s"], row["pattern"], row["latency_ms"]))
        rows = self._rows('SELECT * FROM bends WHERE session_id = ? ORDER BY "index"', session_id)
        return [bend_from_row(row, cues[row["index"]]) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _summary(self, row: sqlite3.Row) -> Summary:
        if row["bends"] is None:
            return summarise(self.bends(row["id"]))
        return Summary(**{name: row[name] for name in SUMMARY_COLUMNS})

    def _rows(self, sql: str, value: int) -> list[sqlite3.Row]:
        try:
            return self._connection.execute(sql, (value,)).fetchall()
        except sqlite3.Error as error:
            raise fault(error, self._path) from error
