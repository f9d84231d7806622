"""Tables of numbers over time (CSV): every fault names the file, the line and the mend."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hingecue.errors import InputFault
from hingecue.sense.files import check_readable, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hingecue.types import F64

TIME = "t_s"
_ACCEL = ("ax_g", "ay_g", "az_g")
_GYRO = ("gx_dps", "gy_dps", "gz_dps")
_IMU_COLUMNS = (TIME, *_ACCEL, *_GYRO)
_WORDS = frozenset({"kind"})
# A body at rest reads 1 g and 9.8 m/s²; a track whose middle value is above this is not in g (our judgement).
_MAX_MEDIAN_G = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class ImuTrack:
    """What one sensor read. `t_s`: float64 (n,), growing; `accel_g`: float64 (n, 3); `gyro_dps` alike."""

    role: str
    t_s: F64
    accel_g: F64
    gyro_dps: F64 | None

    def __len__(self) -> int:
        return len(self.t_s)

    @property
    def rate_hz(self) -> float | None:
        """Samples a second, by the middle of all steps; None when there is only one sample."""
        return float(1.0 / np.median(np.diff(self.t_s))) if len(self) > 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class TruthTable:
    """What is known to be true, from a simulation or a finer instrument. `t_s`: float64 (n,), growing.

    `columns`: name → float64 (n,), NaN where the cell is empty. `kind`: one word a row, None where empty.
    """

    t_s: F64
    columns: Mapping[str, F64]
    kind: tuple[str | None, ...] | None

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True)
class _Rows:
    name: str
    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]  # line number, cells


def read_imu(path: Path, role: str) -> ImuTrack:
    """Read a sensor's track: `t_s,ax_g,ay_g,az_g[,gx_dps,gy_dps,gz_dps]`.

    Raises `InputFault`: `csv_missing`, `csv_columns`, `csv_row`, `csv_number`, `csv_time`, `csv_units`.
    """
    table = _read(path)
    _check_imu_header(table)
    values = _numbers(table, table.header, gaps=False)
    t_s = values[TIME]
    _check_times(table, t_s)
    accel_g = np.column_stack([values[name] for name in _ACCEL])
    gyro_dps = np.column_stack([values[name] for name in _GYRO]) if _GYRO[0] in table.header else None
    middle = float(np.median(np.linalg.norm(accel_g, axis=1)))
    if middle > _MAX_MEDIAN_G:
        raise InputFault(
            "csv_units",
            where=table.name,
            what=f"the acceleration is {middle:.1f} most of the time, which cannot be in g (1 g at rest)",
            try_this="divide the values by 9.80665 if they are in m/s²",
        )
    return ImuTrack(role, t_s, accel_g, gyro_dps)


def read_truth(path: Path) -> TruthTable:
    """Read a table of truth: `t_s`, any columns of numbers, and `kind` in words. Empty cells are not known.

    Raises `InputFault`: `csv_missing`, `csv_columns`, `csv_row`, `csv_number`, `csv_time`.
    """
    table = _read(path)
    if TIME not in table.header:
        raise _columns(table, f'there is no column "{TIME}"', "name the columns in the first line, times first: t_s")
    t_s = _numbers(table, (TIME,), gaps=False)[TIME]
    _check_times(table, t_s)
    names = tuple(name for name in table.header if name != TIME and name not in _WORDS)
    kind: tuple[str | None, ...] | None = None
    if "kind" in table.header:
        at = table.header.index("kind")
        kind = tuple(cells[at].strip() or None for _, cells in table.rows)
    return TruthTable(t_s, _numbers(table, names, gaps=True), kind)


def _read(path: Path) -> _Rows:
    name = path.name
    if not path.exists():
        raise InputFault(
            "csv_missing",
            where=name,
            what="the recording names this file, but it is not there",
            try_this="copy it into the folder, or take its entry out of recording.toml",
        )
    check_readable(path, where=name)
    try:
        text = read_bytes(path, where=name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFault(
            "csv_text", where=name, what="this is not a text file", try_this="save it as CSV in UTF-8"
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))
    except csv.Error as error:
        raise _row(name, reader.line_num, f"the line cannot be read ({error})") from error
    if not rows:
        raise InputFault("csv_row", where=name, what="the file holds blank lines only", try_this="copy it again")
    header = tuple(cell.strip() for cell in rows[0][1])
    table = _Rows(name, header, rows[1:])
    _check_shape(table)
    return table


def _check_shape(table: _Rows) -> None:
    if len(table.header) == 1 and ";" in table.header[0]:
        raise _columns(
            table,
            "the values are parted by semicolons",
            "save it with commas between and points in the values",
        )
    if len(set(table.header)) < len(table.header):
        raise _columns(table, "a column stands there twice", "give every column a name of its own")
    width = len(table.header)
    last = len(table.rows) - 1
    for number, (line, cells) in enumerate(table.rows):
        if len(cells) == width:
            continue
        cut = number == last and len(cells) < width
        what = f"{len(cells)} values where {width} are expected" + (", the file is cut short here" if cut else "")
        raise _row(table.name, line, what)
    if not table.rows:
        raise InputFault(
            "csv_row",
            where=f"{table.name} line 2",
            what="there is no sample after the column names",
            try_this="copy the file again, or take it out of the folder",
        )


def _check_imu_header(table: _Rows) -> None:
    header = set(table.header)
    if header in ({TIME, *_ACCEL}, set(_IMU_COLUMNS)):
        return
    expected = "the columns must be t_s,ax_g,ay_g,az_g and, if measured, gx_dps,gy_dps,gz_dps"
    unknown = [name for name in table.header if name not in _IMU_COLUMNS]
    if unknown:
        raise _columns(table, f'unknown column "{unknown[0]}"', expected)
    missing = next(name for group in ((TIME, *_ACCEL), _GYRO) for name in group if name not in header)
    raise _columns(table, f'there is no column "{missing}"', expected)


def _numbers(table: _Rows, names: Iterable[str], *, gaps: bool) -> dict[str, F64]:
    """Turn columns into float64 (n,); with `gaps` empty cells and "nan" are NaN, else they are faults."""
    columns: dict[str, F64] = {}
    for name in names:
        at = table.header.index(name)
        column = np.empty(len(table.rows), np.float64)
        for number, (line, cells) in enumerate(table.rows):
            column[number] = _number(table.name, line, name, cells[at].strip(), gaps=gaps)
        columns[name] = column
    return columns


def _number(file: str, line: int, column: str, cell: str, *, gaps: bool) -> float:
    if gaps and not cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = math.inf
    if math.isfinite(value) or (gaps and math.isnan(value)):
        return value
    what = f'{column} is "{cell}", not a number' if cell else f"{column} is empty"
    raise InputFault(
        "csv_number",
        where=f"{file} line {line}",
        what=what,
        try_this="mend the value or delete the line",
    )


def _check_times(table: _Rows, t_s: F64) -> None:
    steps = np.diff(t_s)
    if t_s[0] >= 0 and (steps > 0).all():
        return
    if t_s[0] < 0:
        at, what = 0, f"the time {t_s[0]:g} s is before 0"
    else:
        at = int(np.argmax(steps <= 0)) + 1
        verb = "repeats" if t_s[at] == t_s[at - 1] else "runs back"
        what = f"the time {verb}, from {t_s[at - 1]:.10g} s to {t_s[at]:.10g} s"
    raise InputFault(
        "csv_time",
        where=f"{table.name} line {table.rows[at][0]}",
        what=what,
        try_this="sort the lines by t_s, count from 0, and keep one line for each time",
    )


def _columns(table: _Rows, what: str, try_this: str) -> InputFault:
    return InputFault("csv_columns", where=f"{table.name} line 1", what=what, try_this=try_this)


def _row(name: str, line: int, what: str) -> InputFault:
    return InputFault(
        "csv_row", where=f"{name} line {line}", what=what, try_this="delete this line, or copy the file again"
    )
