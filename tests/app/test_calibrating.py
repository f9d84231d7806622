from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from tests.fakes.segments import simulate
from tests.fakes.touching import TOUCH, UNKIND, P, Worn, samples_of

from hingecue.app import calibrating
from hingecue.app.calibrating import load
from hingecue.app.cli import main
from hingecue.config import Settings
from hingecue.errors import DeviceFault
from hingecue.store.calibrations import flexion_history_deg
from hingecue.types import SensorRole


@pytest.fixture
def database(tmp_path):
    return tmp_path / "kept" / "sessions.db"


@pytest.fixture
def folder(tmp_path):
    return write_recording(tmp_path / "Aufnahme ü", simulate(replace(TOUCH, stand_s=3.0), np.random.default_rng(0)))


def write_recording(folder, body, windows="stand = [0.0, 3.0]\nflex = [3.0, 20.0]", roles=("pelvis", "thorax")):
    folder.mkdir()
    (folder / "recording.toml").write_text(f"format = 1\n[calibration]\n{windows}\n", "utf-8")
    for role in roles:
        table = np.column_stack([body.t_s, body.accel_g[SensorRole(role)], body.gyro_dps[SensorRole(role)]])
        np.savetxt(
            folder / f"imu-{role}.csv",
            table,
            delimiter=",",
            fmt="%.5f",
            header="t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps",
            comments="",
        )
    return folder


def run(capsys, database, *argv):
    status = main(["calibrate", "--database", str(database), *map(str, argv)])
    out, err = capsys.readouterr()
    return status, out, err


def test_help(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["calibrate", "--help"])
    assert stop.value.code == 0
    assert "guest" in capsys.readouterr().out


def test_a_profile_needs_a_name(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["calibrate", "--profile", "  "])
    assert stop.value.code == 2
    assert "a profile needs a name" in capsys.readouterr().err


def test_a_recording_is_told_kept_and_loaded(capsys, database, folder):
    status, out, err = run(capsys, database, folder)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "Your largest spinal flexion is 55°, from 3 touches of the toes.",
        'It is kept for the profile "guest".',
    ]
    calibration = load(Settings(database=database), "guest")
    assert calibration.flexion_max_deg == pytest.approx(55, abs=2)
    assert load(Settings(database=database), "Anna") is None


def test_a_recording_as_json(capsys, database, folder):
    status, out, err = run(capsys, database, folder, "--json", "--profile", " Anna  B ")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert answer.pop("flexion_max_deg") == pytest.approx(55, abs=2)
    assert answer == {
        "profile": "Anna B",
        "accepted": True,
        "camera_max_deg": None,
        "chord_share": 0.69,
        "touches": 3,
        "swapped": False,
        "sensors": ["pelvis", "thorax"],
        "notes": [],
        "refusal": None,
    }
    assert load(Settings(database=database), "Anna B").touches == 3


def test_the_refusal_of_an_unusual_maximum_is_not_kept(capsys, database, folder, tmp_path):
    run(capsys, database, folder, "--profile", "Anna")
    body = simulate(replace(TOUCH, stand_s=3.0, spine_share=0.3), np.random.default_rng(0))
    other = write_recording(tmp_path / "other", body)
    status, out, _ = run(capsys, database, other, "--profile", "Anna")
    assert status == 1
    assert "55° is usual for you" in out
    assert "--profile" in out
    assert not any(word in out.lower() for word in UNKIND)
    status, out, _ = run(capsys, database, other, "--profile", "Anna", "--json")
    answer = json.loads(out)
    assert status == 1
    assert (answer["accepted"], answer["refusal"]["code"], answer["flexion_max_deg"]) == (False, "off_usual", None)
    assert len(flexion_history_deg(database, "Anna")) == 1
    assert run(capsys, database, other, "--profile", "Ben")[0] == 0
    # Guests are many people: one is not held against the other.
    assert run(capsys, database, folder)[0] == 0
    assert run(capsys, database, other)[0] == 0


def test_one_sensor_the_other_way_up(capsys, database, tmp_path):
    body = simulate(replace(TOUCH, stand_s=3.0), np.random.default_rng(0))
    run(capsys, database, write_recording(tmp_path / "one", body, roles=["pelvis"]), "--profile", "Anna")
    turned = replace(body, accel_g={P: -body.accel_g[P]}, gyro_dps={P: body.gyro_dps[P]})
    status, out, _ = run(
        capsys, database, write_recording(tmp_path / "two", turned, roles=["pelvis"]), "--profile", "Anna"
    )
    assert status == 0
    first, second, _ = out.splitlines()
    assert first.startswith("Standing and the way forward are known for the pelvis sensor, from 3 touches")
    assert second == "The pelvis sensor is worn the other way up than last time; that is taken care of."
    assert load(Settings(database=database), "Anna").flexion_max_deg is None


@pytest.mark.parametrize(
    ("windows", "word"),
    [
        ("stand = [0.0, 3.0]", '"flex" is not told; write flex = ['),
        ("flex = [3.0, 9.0]", '"stand" is not told; write stand = [0.0, 3.0]'),
        ("stand = [0.0, 3.0]\nflex = [300.0, 900.0]", '"flex" holds no samples'),
    ],
)
def test_windows_that_are_not_there(capsys, database, tmp_path, windows, word):
    body = simulate(replace(TOUCH, stand_s=3.0), np.random.default_rng(0))
    folder = write_recording(tmp_path / "a", body, windows)
    status, out, err = run(capsys, database, folder, "--json")
    assert status == 1
    assert word in err
    assert "recording.toml" in err
    assert err.count("\n") == 1
    assert json.loads(out)["error"]["code"] == "calibration_window"
    assert not database.exists()


def test_a_recording_without_sensors(capsys, database, tmp_path, black):
    folder = tmp_path / "film only"
    folder.mkdir()
    black.rename(folder / "camera.mp4")
    text = "format = 1\n[calibration]\nstand = [0.0, 0.5]\nflex = [0.5, 1.0]\n"
    (folder / "recording.toml").write_text(text, "utf-8")
    status, out, _ = run(capsys, database, folder)
    assert status == 1
    assert "no sensor was felt" in out


def test_what_is_no_recording(capsys, database, black):
    status, out, err = run(capsys, database, black)
    assert (status, out) == (1, "")
    assert "this is not a recording folder" in err


def test_a_row_that_somebody_changed_does_not_bar_the_way(capsys, database, folder):
    run(capsys, database, folder)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE calibration SET zero = '?'")
    status, _, err = run(capsys, database, folder)
    assert status == 0
    assert "the new one is made without it" in err
    assert load(Settings(database=database), "guest") is not None


def test_a_store_that_cannot_be_used_is_told(capsys, database, folder):
    database.parent.mkdir()
    database.mkdir()
    status, out, err = run(capsys, database, folder, "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"].startswith("store_")
    assert err.count("\n") == 1


def test_a_damaged_store_is_set_aside_and_told(capsys, database, folder, monkeypatch):
    monkeypatch.setattr(calibrating, "flexion_history_deg", lambda *_: [])
    monkeypatch.setattr(calibrating, "latest_calibration", lambda *_: None)
    database.parent.mkdir()
    database.write_bytes(b"damaged " * 1000)
    status, _, err = run(capsys, database, folder)
    assert status == 0
    assert "a new one is begun" in err


def test_a_clock_that_is_not_set_is_not_written(capsys, database, folder, monkeypatch):
    class Unset(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(1970, 1, 1, 0, 1, tzinfo=UTC)

    run(capsys, database, folder)
    monkeypatch.setattr("hingecue.app.wallclock.datetime", Unset)
    run(capsys, database, folder)
    with closing(sqlite3.connect(database)) as connection:
        first, second = connection.execute("SELECT made_utc FROM calibration ORDER BY id").fetchall()
    assert first[0].startswith("20")
    assert second == (None,)


@pytest.fixture
def live(monkeypatch):
    """Live sensors that give these samples as fast as they are asked; sleeping takes no time."""
    closed = []

    def plug(samples):
        worn = Worn(samples)

        @contextmanager
        def open_sensors(settings):
            assert isinstance(settings, Settings)
            try:
                yield worn
            finally:
                closed.append(True)

        monkeypatch.setitem(sys.modules, "hingecue.app.worn_sensors", SimpleNamespace(open_sensors=open_sensors))
        monkeypatch.setattr(calibrating, "time", SimpleNamespace(sleep=worn.sleep))
        return closed

    return plug


def test_live_with_sentences(capsys, database, live):
    closed = live(samples_of())
    status, out, err = run(capsys, database)
    assert (status, err) == (0, "")
    assert out.startswith("Stand as you usually do")
    assert "Your largest spinal flexion is 55°, from 3 touches of the toes." in out
    assert closed == [True]


def test_live_with_json_keeps_stdout_clean(capsys, database, live):
    live(samples_of(replace(TOUCH, repetitions=0, stand_s=70.0)))
    status, out, err = run(capsys, database, "--json")
    assert status == 1
    assert json.loads(out)["refusal"]["code"] == "no_bend"
    assert "Stand as you usually do" in err


def test_live_without_sensors(capsys, database, monkeypatch):
    def open_sensors(_settings):
        raise DeviceFault("sensor_missing", where="I2C bus 1", what="no sensor", try_this="plug one in", blinks=3)

    monkeypatch.setitem(sys.modules, "hingecue.app.worn_sensors", SimpleNamespace(open_sensors=open_sensors))
    status, out, err = run(capsys, database, "--json")
    assert status == 1
    assert json.loads(out) == {
        "input": "sensors",
        "error": {"code": "sensor_missing", "message": "I2C bus 1: no sensor; plug one in"},
    }
    assert err == "hingecue: I2C bus 1: no sensor; plug one in\n"
