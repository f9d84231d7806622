from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from hingecue.errors import StoreFault
from hingecue.posture.calibration import Calibration
from hingecue.store.calibrations import MALFORMED, as_record, flexion_history_deg, latest_calibration, of_record
from hingecue.store.database import open_writer
from hingecue.store.migrations import MIGRATIONS
from hingecue.store.session import SessionStore
from hingecue.types import SensorRole

P, T = SensorRole.PELVIS, SensorRole.THORAX
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
FULL = Calibration(
    zero={P: (0.0, 0.6, 0.8), T: (1.0, 0.0, 0.0)},
    axis={P: (1.0, 0.0, 0.0), T: (0.0, 0.0, -1.0)},
    flexion_max_deg=54.25,
    camera_max_deg=71.5,
    chord_share=0.66,
    touches=3,
    swapped=True,
    notes=("the sensors of pelvis and thorax are swapped; that is taken care of",),
)
ONE = Calibration(zero={T: (0.0, 0.0, 1.0)}, axis={T: (1.0, 0.0, 0.0)}, flexion_max_deg=None)


def keep(path, *calibrations, profile="guest", made_utc=NOON):
    with SessionStore(path) as store:
        return [store.add_calibration(profile, one, made_utc) for one in calibrations]


def cells(path, names):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {names} FROM calibration ORDER BY id").fetchall()  # noqa: S608


def spoil(path, name, value):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE calibration SET {name} = ?", (value,))  # noqa: S608


@pytest.mark.parametrize("one", [FULL, ONE])
def test_a_calibration_comes_back_as_it_was(path, one):
    keep(path, one)
    assert latest_calibration(path, "guest") == one


def test_numbers_of_numpy_are_kept_as_numbers(path):
    direction = tuple(np.float64(x) for x in (0.0, 0.6, 0.8))
    keep(path, replace(FULL, flexion_max_deg=np.float32(54.25), zero=dict.fromkeys((P, T), direction)))
    assert latest_calibration(path, "guest").zero[P] == (0.0, 0.6, 0.8)
    assert cells(path, "flexion_max_deg") == [(54.25,)]


def test_the_newest_of_the_profile_counts_and_history_is_kept(path):
    many = [replace(FULL, flexion_max_deg=x) for x in (50.0, 52.0, 54.0)]
    assert keep(path, *many) == [1, 2, 3]
    keep(path, replace(FULL, flexion_max_deg=70.0), profile="Ännchen ☂")
    keep(path, ONE)
    assert latest_calibration(path, "guest") == ONE
    assert flexion_history_deg(path, "guest") == [50.0, 52.0, 54.0]
    assert flexion_history_deg(path, "Ännchen ☂") == [70.0]
    assert latest_calibration(path, "nobody") is None
    assert flexion_history_deg(path, "nobody") == []
    assert len(cells(path, "id")) == 5


def test_the_time_is_utc_or_not_known(path):
    keep(path, FULL, made_utc=NOON.astimezone(timezone(timedelta(hours=2))))
    keep(path, FULL, made_utc=None)
    assert cells(path, "made_utc") == [("2026-03-04T12:00:00+00:00",), (None,)]
    with SessionStore(path) as store, pytest.raises(ValueError, match="time zone"):
        store.add_calibration("guest", FULL, NOON.replace(tzinfo=None))


def test_nothing_is_stored_yet(path):
    assert latest_calibration(path, "guest") is None
    assert flexion_history_deg(path, "guest") == []


def test_a_store_from_before_calibrations_is_read_and_brought_up_to_date(path):
    connection, _ = open_writer(path, MIGRATIONS[:1])
    connection.execute("INSERT INTO sessions (start_ns, source, app_version) VALUES (0, 'camera', '0')")
    connection.close()
    assert latest_calibration(path, "guest") is None
    assert flexion_history_deg(path, "guest") == []
    keep(path, FULL)
    assert latest_calibration(path, "guest") == FULL
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT source FROM sessions").fetchall() == [("camera",)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("zero", "{"),
        ("zero", "[]"),
        ("zero", '{"elbow": [0, 0, 1]}'),
        ("zero", '{"pelvis": [0, 0]}'),
        ("zero", '{"pelvis": [0, 0, 5]}'),
        ("zero", '{"pelvis": [0, 0, NaN]}'),
        ("zero", '{"pelvis": [0, 0, "up"]}'),
        ("zero", '{"pelvis": "up"}'),
        ("zero", f'{{"pelvis": [0, 0, 1{"0" * 400}]}}'),
        ("zero", '{"pelvis": [0, 0, 1]}'),  # the axis then has one that zero has not
        ("axis", "null"),
        ("notes", "{}"),
        ("notes", "[1]"),
        ("flexion_max_deg", float("inf")),
        ("flexion_max_deg", -5.0),
        ("camera_max_deg", 0.0),
        ("chord_share", 0.0),
    ],
)
def test_a_row_that_somebody_changed_is_told_in_one_sentence(path, name, value):
    keep(path, FULL)
    spoil(path, name, value)
    with pytest.raises(StoreFault, match="hingecue calibrate") as caught:
        latest_calibration(path, "guest")
    assert caught.value.code == MALFORMED
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_history_that_somebody_changed_is_told(path):
    keep(path, FULL)
    spoil(path, "flexion_max_deg", float("-inf"))
    with pytest.raises(StoreFault, match="flexion_max_deg is -inf"):
        flexion_history_deg(path, "guest")


def test_a_store_that_cannot_be_read_is_told(path):
    path.parent.mkdir()
    path.write_bytes(b"no store at all " * 1000)
    with pytest.raises(StoreFault, match="not a session store"):
        latest_calibration(path, "guest")


def test_a_table_of_another_shape_is_told(path):
    keep(path, FULL)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE calibration RENAME COLUMN profile TO whose")
    with pytest.raises(StoreFault, match="no such column"):
        latest_calibration(path, "guest")


def test_a_calibration_that_cannot_be_written_is_told_once(path, monkeypatch):
    def full(*_given):
        error = sqlite3.OperationalError("disk full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with SessionStore(path) as store:
        monkeypatch.setattr(store, "_commit", full)
        with pytest.raises(StoreFault, match="full") as caught:
            store.add_calibration("guest", FULL, NOON)
    assert caught.value.code == "disk_full"


@pytest.mark.parametrize("one", [FULL, ONE])
def test_a_calibration_goes_through_json(path, one):
    record = json.loads(json.dumps(as_record(one)))
    assert of_record(record, path) == one
    with pytest.raises(StoreFault, match="touches"):
        of_record({name: value for name, value in record.items() if name != "touches"}, path)
