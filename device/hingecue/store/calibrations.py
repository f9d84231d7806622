"""The history of calibrations: their rows, and reading them. `SessionStore.add_calibration` adds one."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from hingecue.errors import StoreFault
from hingecue.posture.calibration import Calibration
from hingecue.store.database import fault, open_reader
from hingecue.types import SensorRole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hingecue.posture.tilt import Vector

MALFORMED: Final = "calibration_malformed"
"""Code of the fault for a row that is not what `add_calibration` writes."""
UNIT_OFF: Final = 0.01
"""A direction's length may differ from 1 by this much: far more than rounding, far less than another meaning."""

_COLUMNS: Final = ("profile", "made_utc", *(field.name for field in fields(Calibration)))
ADD_CALIBRATION: Final = f"INSERT INTO calibration ({', '.join(_COLUMNS)}) VALUES (?{', ?' * (len(_COLUMNS) - 1)})"  # noqa: S608
_LATEST = "SELECT * FROM calibration WHERE profile = ? ORDER BY id DESC LIMIT 1"
_HISTORY = "SELECT id, flexion_max_deg FROM calibration WHERE profile = ? AND flexion_max_deg IS NOT NULL ORDER BY id"
_KNOWN = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'calibration'"


def calibration_row(profile: str, calibration: Calibration, made_utc: str | None) -> tuple[object, ...]:
    """Give what `ADD_CALIBRATION` takes. `made_utc`: ISO 8601, None when the clock is not known to be right."""
    values = {field.name: getattr(calibration, field.name) for field in fields(Calibration)}
    for name in ("flexion_max_deg", "camera_max_deg", "chord_share"):
        values[name] = None if values[name] is None else float(values[name])
    for name in ("zero", "axis"):
        values[name] = json.dumps({str(role): [float(x) for x in vector] for role, vector in values[name].items()})
    values["notes"] = json.dumps(list(calibration.notes), ensure_ascii=False)
    values["swapped"] = int(calibration.swapped)
    return profile, made_utc, *values.values()


def as_record(calibration: Calibration) -> dict[str, object]:
    """Give the calibration as plain values that JSON can hold."""
    return dict(zip(_COLUMNS, calibration_row("", calibration, None), strict=True))


def of_record(record: Mapping[str, Any], path: Path) -> Calibration:
    """Read what `as_record` gave, from the file `path`. Raises `StoreFault` `calibration_malformed`."""
    try:
        return _calibration(record, path)
    except KeyError as error:
        raise _malformed(path, "", f"{error} is missing") from error


def latest_calibration(path: Path, profile: str) -> Calibration | None:
    """Give the profile's newest calibration, None when there is none.

    Raises `StoreFault`: `calibration_malformed` for a row that somebody changed, and those of the file.
    """
    rows = _rows(path, _LATEST, profile)
    return _calibration(rows[0], path) if rows else None


def flexion_history_deg(path: Path, profile: str) -> list[float]:
    """Give the profile's largest flexions (deg), the oldest first. Raises `StoreFault` as `latest_calibration` does."""
    rows = _rows(path, _HISTORY, profile)
    try:
        return [_positive(row["flexion_max_deg"], "flexion_max_deg") for row in rows]
    except ValueError as error:
        raise _malformed(path, profile, str(error)) from error


def _rows(path: Path, sql: str, profile: str) -> list[sqlite3.Row]:
    """Give the rows; none where nothing was ever stored, or only by a HingeCue that kept no calibrations."""
    try:
        connection = open_reader(path)
    except StoreFault as error:
        if error.code == "store_empty":
            return []
        raise
    connection.row_factory = sqlite3.Row
    with closing(connection):
        try:
            return connection.execute(sql, (profile,)).fetchall() if connection.execute(_KNOWN).fetchone() else []
        except sqlite3.Error as error:
            raise fault(error, path) from error


def _calibration(row: sqlite3.Row | Mapping[str, Any], path: Path) -> Calibration:
    try:
        return Calibration(
            zero=(zero := _vectors(row, "zero")),
            axis=_vectors(row, "axis", only=zero),
            flexion_max_deg=_positive_or_none(row, "flexion_max_deg"),
            camera_max_deg=_positive_or_none(row, "camera_max_deg"),
            chord_share=_positive(row["chord_share"], "chord_share"),
            touches=row["touches"],
            swapped=bool(row["swapped"]),
            notes=_notes(row),
        )
    except (ValueError, OverflowError) as error:  # JSON's own errors are ValueErrors too
        raise _malformed(path, row["profile"], str(error)) from error


def _positive_or_none(row: sqlite3.Row | Mapping[str, Any], name: str) -> float | None:
    return None if row[name] is None else _positive(row[name], name)


def _positive(value: float, name: str) -> float:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {value}")
    return value


def _vectors(
    row: sqlite3.Row | Mapping[str, Any], name: str, only: Mapping[SensorRole, Vector] | None = None
) -> dict[SensorRole, Vector]:
    """Read role → unit vector; the roles must be among those of `only`."""
    raw = json.loads(row[name])
    if not isinstance(raw, dict):
        raise ValueError(f"{name} is not an object")  # noqa: TRY004 - one kind of error for all that is malformed
    found = {SensorRole(role): _direction(vector, f"{name} of {role}") for role, vector in raw.items()}
    if only is not None and not found.keys() <= only.keys():
        raise ValueError(f"{name} has a sensor that zero has not")
    return found


def _direction(raw: Any, name: str) -> Vector:
    match raw:
        case [float() | int() as x, float() | int() as y, float() | int() as z] if (
            abs(math.hypot(x, y, z) - 1.0) < UNIT_OFF
        ):
            return float(x), float(y), float(z)
    raise ValueError(f"{name} is not a direction")


def _notes(row: sqlite3.Row | Mapping[str, Any]) -> tuple[str, ...]:
    raw = json.loads(row["notes"])
    if not isinstance(raw, list) or not all(isinstance(note, str) for note in raw):
        raise ValueError("notes is not a list of sentences")
    return tuple(raw)


def _malformed(path: Path, profile: str, what: str) -> StoreFault:
    return StoreFault(
        MALFORMED,
        where=str(path),
        what=f'a calibration of the profile "{profile}" cannot be read ({what})',
        try_this="run `hingecue calibrate` again",
    )
