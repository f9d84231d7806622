"""How much a store holds, for a report: its format and numbers of rows, and nothing of what stands in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hingecue.store.database import fault, open_reader

if TYPE_CHECKING:
    from pathlib import Path

_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
_PROFILES: Final = "SELECT DISTINCT profile FROM calibration ORDER BY profile"


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """`format`: the step of `migrations`. `rows`: table → how many. `check`: `ok`, or what SQLite finds damaged."""

    format: int
    rows: dict[str, int]
    check: str


def store_counts(path: Path) -> StoreCounts:
    """Count. Raises `StoreFault`."""
    with closing(open_reader(path)) as connection:
        try:
            (number,) = connection.execute("PRAGMA user_version").fetchone()
            (check,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            tables = [name for (name,) in connection.execute(_TABLES)]
            rows = {name: _count(connection, name) for name in tables}
        except sqlite3.Error as error:
            raise fault(error, path) from error
    return StoreCounts(int(number), rows, str(check))


def profile_names(path: Path) -> list[str]:
    """Give the names of everybody who was calibrated, to take them out of a text. Raises `StoreFault`."""
    with closing(open_reader(path)) as connection:
        try:
            if "calibration" not in {name for (name,) in connection.execute(_TABLES)}:
                return []
            return [str(name) for (name,) in connection.execute(_PROFILES)]
        except sqlite3.Error as error:
            raise fault(error, path) from error


def _count(connection: sqlite3.Connection, table: str) -> int:
    (number,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608 - a name of the schema
    return int(number)
