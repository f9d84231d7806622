from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hingecue.errors import InputFault
from hingecue.sense.framelog import FrameLogWriter
from hingecue.sense.recording import open_recording
from hingecue.types import Frame

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeFilm

TRACK = "t_s,ax_g,ay_g,az_g\n0,0,0,1\n0.5,0,0,1\n1.5,0,0,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "Übung 1"
    path.mkdir()
    (path / "recording.toml").write_text("format = 1\n", encoding="utf-8")
    return path


def fault(path: Path) -> InputFault:
    with pytest.raises(InputFault) as caught:
        open_recording(path)
    return caught.value


def test_a_whole_recording(folder: Path, make_film: MakeFilm) -> None:
    (folder / "recording.toml").write_text(
        """
format = 1
title = "Zehn Hüftbeugen"
[calibration]
stand = [0, 3.0]
flex = [4.0, 6]
[camera]
file = "phone film.mp4"
start_s = 0.25
[[imu]]
role = "pelvis"
file = "back.csv"
[[imu]]
role = "thorax"
""",
        encoding="utf-8",
    )
    make_film(f"{folder.name}/phone film.mp4")
    for name in ("back.csv", "imu-thorax.csv", "imu-pelvis.csv", "imu-mount.csv"):
        (folder / name).write_text(TRACK.replace(",1\n", ",0.5\n") if name == "back.csv" else TRACK)
    (folder / "truth.csv").write_text("t_s,trunk_deg,kind\n0,1,hinge\n")
    with open_recording(folder) as recording:
        assert recording.title == "Zehn Hüftbeugen"
        assert recording.name == "Übung 1"
        assert recording.calibration.stand == (0.0, 3.0)
        assert recording.calibration.flex == (4.0, 6.0)
        assert set(recording.imu) == {"pelvis", "thorax", "mount"}
        assert recording.imu["pelvis"].accel_g[0, 2] == 0.5
        assert recording.truth is not None
        assert recording.truth.kind == ("hinge",)
        assert recording.video is not None
        times = [frame.t_s for frame in recording.video]
        assert times[0] == 0.25
        assert len(times) == 30
        assert recording.duration_s == 1.5
        assert recording.warnings == []


def test_a_film_with_the_usual_name_needs_no_entry(folder: Path, make_film: MakeFilm) -> None:
    make_film(f"{folder.name}/camera.mp4")
    recording = open_recording(folder)
    assert recording.title == "Übung 1"
    assert recording.calibration.stand is None
    assert recording.truth is None
    assert recording.imu == {}
    assert recording.video is not None
    assert recording.video.start_s == 0.0
    assert recording.duration_s == pytest.approx(1.0)


def test_sensors_alone_are_a_recording(folder: Path) -> None:
    (folder / "imu-pelvis.csv").write_text(TRACK)
    with open_recording(folder) as recording:
        assert recording.video is None
        assert recording.warnings == []
        assert recording.duration_s == 1.5
        assert recording.imu["pelvis"].role == "pelvis"


def test_a_frame_log_is_a_recording_too(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with FrameLogWriter(folder, title='a "b"\tc') as writer:
        for index in range(3):
            writer.write(Frame(index, index * 10**8, np.zeros((8, 8, 3), np.uint8)))
    recording = open_recording(folder)
    assert recording.title == 'a "b"\tc'
    assert recording.video is not None
    assert recording.video.info.kind == "recording"
    assert [frame.t_ns for frame in recording.video] == [0, 10**8, 2 * 10**8]
    (folder / "recording.toml").write_text("format = 1\n[camera]\nfile = 'camera.mjpeg'\nstart_s = 2\n")
    video = open_recording(folder).video
    assert video is not None
    assert next(iter(video)).t_ns == 2 * 10**9


@pytest.mark.parametrize(
    ("toml", "code", "sentence"),
    [
        ("format = ", "recording_toml", "recording.toml: this is not valid TOML: invalid value (at "),
        ("title = 'x'\n", "recording_value", "the format is not told; this program reads format = 1"),
        ("format = 2\n", "recording_value", "recording.toml: the format is 2; this program reads format = 1"),
        (
            "format = 1\ntitel = 'x'\n",
            "recording_key",
            'recording.toml: unknown key "titel" (did you mean "title"?); ',
        ),
        ("format = 1\nzzz = 1\n", "recording_key", 'unknown key "zzz"; the keys here are: format, title'),
        ("format = 1\ntitle = 3\n", "recording_value", '"title" must be a text'),
        (
            "format = 1\ncalibration = 3\n",
            "recording_value",
            "recording.toml [calibration]: this must be a table",
        ),
        ("format = 1\n[calibration]\nstnad = [0,1]\n", "recording_key", '(did you mean "stand"?)'),
        ("format = 1\n[calibration]\nstand = [3.0, 1.0]\n", "recording_value", '"stand" must be two numbers'),
        (
            "format = 1\n[calibration]\nstand = [true, 1.0]\n",
            "recording_value",
            '"stand" must be two numbers',
        ),
        ("format = 1\n[calibration]\nflex = [0.0, inf]\n", "recording_value", '"flex" must be two numbers'),
        ("format = 1\n[calibration]\nflex = 'x'\n", "recording_value", '"flex" must be two numbers'),
        ("format = 1\n[camera]\nstart_s = -1\n", "recording_value", '"start_s" must be a number of seconds'),
        ("format = 1\n[camera]\nfile = ''\n", "recording_value", '"file" must be a text'),
        ("format = 1\n[camera]\nfile = '../x.mp4'\n", "recording_value", 'the file "../x.mp4" lies outside'),
        ("format = 1\n[camera]\n", "input_missing", "camera.mp4: there is no such file"),
        ("format = 1\n[imu]\nrole = 'pelvis'\n", "recording_value", '"imu" must be a list of tables'),
        ("format = 1\nimu = [1]\n", "recording_value", "recording.toml [[imu]]: this must be a table"),
        (
            "format = 1\n[[imu]]\nrole = 'pelvic'\n",
            "recording_value",
            'unknown role "pelvic" (did you mean "pelvis"?)',
        ),
        ("format = 1\n[[imu]]\nfile = 'a.csv'\n", "recording_value", "the roles are: pelvis, thorax, mount"),
        (
            "format = 1\n[[imu]]\nrole='mount'\n[[imu]]\nrole='mount'\n",
            "recording_value",
            'the role "mount" stands',
        ),
        (
            "format = 1\n[[imu]]\nrole = 'pelvis'\n",
            "csv_missing",
            "imu-pelvis.csv: the recording names this file",
        ),
        ("format = 1\n", "recording_empty", "the recording holds neither a film nor a sensor's track"),
        ("", "input_empty", "the file is empty"),
    ],
)
def test_every_fault_of_the_plan(folder: Path, toml: str, code: str, sentence: str) -> None:
    (folder / "recording.toml").write_text(toml, encoding="utf-8")
    found = fault(folder)
    assert found.code == code
    assert sentence in str(found)


def test_a_plan_that_is_no_text(folder: Path) -> None:
    (folder / "recording.toml").write_bytes(b"\xff\xfe\x00")
    assert fault(folder).code == "recording_toml"


def test_faults_of_the_tables_and_the_film_come_through(folder: Path, make_film: MakeFilm) -> None:
    (folder / "imu-thorax.csv").write_text(TRACK + "1.4,0,0,1\n")
    assert str(fault(folder)).startswith("imu-thorax.csv line 5: the time runs back, from 1.5 s to 1.4 s; ")
    (folder / "imu-thorax.csv").write_text(TRACK[:-9])
    assert fault(folder).where == "imu-thorax.csv line 4"
    (folder / "imu-thorax.csv").write_text(TRACK)
    film = make_film(f"{folder.name}/camera.mp4")
    film.write_bytes(film.read_bytes()[:-500])
    found = fault(folder)
    assert (found.code, found.where) == ("video_cut", "camera.mp4")
    film.unlink()
    (folder / "truth.csv").write_text("t_s\nx\n")
    assert fault(folder).where == "truth.csv line 2"
