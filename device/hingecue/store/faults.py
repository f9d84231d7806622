"""What went wrong on this device: each fault once, with how often and when."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hingecue.errors import StoreFault
from hingecue.store.database import fault, open_reader

if TYPE_CHECKING:
    from pathlib import Path

ADD_FAULT: Final = """
INSERT INTO faults (code, place, sentence, times, first_utc, last_utc, app_version) VALUES (?, ?, ?, 1, ?, ?, ?)
ON CONFLICT (code, place) DO UPDATE SET
    sentence = excluded.sentence,
    times = times + 1,
    last_utc = coalesce(excluded.last_utc, last_utc),
    app_version = excluded.app_version
"""
_KNOWN: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'faults'"
_ALL: Final = "SELECT code, place, sentence, times, first_utc, last_utc FROM faults ORDER BY last_utc DESC, code, place"


@dataclass(frozen=True, slots=True)
class KeptFault:
    """One fault and its place: the newest sentence, and how often it came. Times: ISO 8601, UTC; None is not known."""

    code: str
    place: str
    sentence: str
    times: int
    first_utc: str | None
    last_utc: str | None


def kept_faults(path: Path) -> list[KeptFault]:
    """Give all faults that were kept, the newest first; none where nothing was ever stored. Raises `StoreFault`."""
    try:
        connection = open_reader(path)
    except StoreFault as error:
        if error.code == "store_empty":
            return []
        raise
    with closing(connection):
        try:
            known = connection.execute(_KNOWN).fetchone()
            return [KeptFault(*row) for row in connection.execute(_ALL)] if known else []
        except sqlite3.Error as error:
            raise fault(error, path) from error
