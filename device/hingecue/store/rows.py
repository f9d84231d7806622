"""Between the plain values and their rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hingecue.coach.summary import Summary
from hingecue.types import Bend, Cue, Facing, Kind, Reason, Role, SpineSource, View

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

SUMMARY_COLUMNS: Final = tuple(f.name for f in fields(Summary))
BEND_COLUMNS: Final = tuple(f.name for f in fields(Bend) if f.name != "cues")

_WORDS: Final = {"role": Role, "kind": Kind, "spine_source": SpineSource, "view": View}


@dataclass(frozen=True, slots=True)
class Session:
    """One stored session. `started_utc` is None when the clock was never known to be right.

    `finished` is False for a session that is under way or was cut off; its summary is then counted from the
    bends that were stored, and its duration is not known.
    """

    id: int
    started_utc: datetime | None
    duration_s: float | None
    source: str
    app_version: str
    view: View | None
    finished: bool
    summary: Summary


def bend_row(session_id: object, bend: Bend) -> tuple[object, ...]:
    """Give the row of `bends`: the session, then `BEND_COLUMNS`."""
    return session_id, *(_cell(getattr(bend, name)) for name in BEND_COLUMNS)


def cue_rows(session_id: object, bend: Bend) -> list[tuple[object, ...]]:
    """Give the rows of `cues` in the order in which the cues were given."""
    return [
        (session_id, bend.index, position, _cell(cue.t_s), str(cue.pattern), _cell(cue.latency_ms))
        for position, cue in enumerate(bend.cues)
    ]


def bend_from_row(row: sqlite3.Row, cues: Iterable[Cue]) -> Bend:
    """Give the bend back as it was stored."""
    values: dict[str, Any] = {name: row[name] for name in BEND_COLUMNS}
    for name, words in _WORDS.items():
        values[name] = words(values[name])
    values["reasons"] = tuple(Reason(word) for word in json.loads(values["reasons"]))
    values["facing"] = None if values["facing"] is None else Facing(values["facing"])
    return Bend(**values, cues=tuple(cues))


def session_from_row(row: sqlite3.Row, summary: Summary) -> Session:
    """Give the session of this row; its summary is found by the reader."""
    finished = row["end_ns"] is not None
    started = row["started_utc"]
    return Session(
        id=row["id"],
        started_utc=None if started is None else datetime.fromisoformat(started),
        duration_s=(row["end_ns"] - row["start_ns"]) / 1e9 if finished else None,
        source=row["source"],
        app_version=row["app_version"],
        view=None if row["view"] is None else View(row["view"]),
        finished=finished,
        summary=summary,
    )


def _cell(value: object) -> object:
    """Give what SQLite takes: NumPy's numbers become Python's, reasons JSON, words text."""
    if isinstance(value, tuple):
        return json.dumps([str(reason) for reason in value])
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, int):
        return value
    return float(value)  # type: ignore[arg-type]  # every other field of a Bend is a number
