from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hingecue.errors import InputFault
from hingecue.sense.table import read_imu, read_truth

if TYPE_CHECKING:
    from pathlib import Path

SHORT = "t_s,ax_g,ay_g,az_g\n"
LONG = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps\n"


def write(folder: Path, text: str | bytes, name: str = "imu-pelvis.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def fault(path: Path) -> InputFault:
    with pytest.raises(InputFault) as caught:
        (read_truth if path.name == "truth.csv" else read_imu)(path, *(() if path.name == "truth.csv" else ("pelvis",)))
    return caught.value


def test_a_track_with_a_gyroscope(tmp_path: Path) -> None:
    track = read_imu(write(tmp_path, LONG + "0,0,0,1,1,2,3\n0.01,0.1,0,0.9,4,5,6\n0.02,0,0,1,7,8,9\n"), "pelvis")
    assert track.role == "pelvis"
    assert len(track) == 3
    assert track.t_s.tolist() == [0, 0.01, 0.02]
    assert track.accel_g.tolist() == [[0, 0, 1], [0.1, 0, 0.9], [0, 0, 1]]
    assert track.gyro_dps is not None
    assert track.gyro_dps[1].tolist() == [4, 5, 6]
    assert track.rate_hz == pytest.approx(100)


def test_columns_in_another_order_blank_lines_and_windows_endings(tmp_path: Path) -> None:
    text = "\ufeffaz_g, ax_g,ay_g,t_s\r\n1,0.5,0,0\r\n\r\n1,0,0,1e-2\r\n\r\n"
    track = read_imu(write(tmp_path, text), "pelvis")
    assert track.accel_g[0].tolist() == [0.5, 0, 1]
    assert track.gyro_dps is None
    assert read_imu(write(tmp_path, SHORT + "0,0,0,1\n"), "mount").rate_hz is None


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ("", "input_empty", "imu-pelvis.csv: the file is empty (0 bytes)"),
        ("\n \n,,\n", "csv_row", "imu-pelvis.csv: the file holds blank lines only"),
        (b"\xff\xfe\x00\xd8", "csv_text", "imu-pelvis.csv: this is not a text file"),
        (SHORT, "csv_row", "imu-pelvis.csv line 2: there is no sample after the column names"),
        (
            "t_s;ax_g;ay_g;az_g\n0;0;0;1\n",
            "csv_columns",
            "imu-pelvis.csv line 1: the values are parted by semicolons",
        ),
        ("t_s,ax_g,ay_g\n0,0,0\n", "csv_columns", 'imu-pelvis.csv line 1: there is no column "az_g"'),
        ("t_s,ax_g,ay_g,az_g,gx_dps\n0,0,0,1,0\n", "csv_columns", 'there is no column "gy_dps"'),
        (
            "t_s,ax_g,ay_g,az_g,temp\n0,0,0,1,0\n",
            "csv_columns",
            'imu-pelvis.csv line 1: unknown column "temp"',
        ),
        (
            "t_s,ax_g,ax_g,az_g\n0,0,0,1\n",
            "csv_columns",
            "imu-pelvis.csv line 1: a column stands there twice",
        ),
        (
            SHORT + "0,0,0,1\n0.1,0,0\n",
            "csv_row",
            "line 3: 3 values where 4 are expected, the file is cut short here",
        ),
        (
            SHORT + "0,0,0,1,5\n0.1,0,0,1\n",
            "csv_row",
            "imu-pelvis.csv line 2: 5 values where 4 are expected; ",
        ),
        (
            SHORT + "0,0,0,1\n0.1,0,nan,1\n",
            "csv_number",
            'imu-pelvis.csv line 3: ay_g is "nan", not a number',
        ),
        (
            SHORT + "0,0,0,1\n0.1,0,-inf,1\n",
            "csv_number",
            'imu-pelvis.csv line 3: ay_g is "-inf", not a number',
        ),
        (SHORT + "0,0,0,1\n0.1,,0,1\n", "csv_number", "imu-pelvis.csv line 3: ax_g is empty"),
        (SHORT + "0,0,0,1\n0.1,x,0,1\n", "csv_number", 'ax_g is "x", not a number'),
        (SHORT + "nan,0,0,1\n", "csv_number", 't_s is "nan", not a number'),
        (
            SHORT + "0,0,0,1\n\n2,0,0,1\n1.5,0,0,1\n",
            "csv_time",
            "line 5: the time runs back, from 2 s to 1.5 s",
        ),
        (SHORT + "0,0,0,1\n0,0,0,1\n", "csv_time", "line 3: the time repeats, from 0 s to 0 s"),
        (SHORT + "-1,0,0,1\n0,0,0,1\n", "csv_time", "line 2: the time -1 s is before 0"),
        (SHORT + "0,0,0,9.8\n1,0,0,9.8\n", "csv_units", "the acceleration is 9.8 most of the time"),
    ],
)
def test_every_fault_names_the_file_the_line_and_the_mend(
    tmp_path: Path, text: str | bytes, code: str, sentence: str
) -> None:
    found = fault(write(tmp_path, text))
    assert found.code == code
    assert sentence in str(found)
    assert found.try_this


def test_a_line_that_no_csv_can_hold(tmp_path: Path) -> None:
    found = fault(write(tmp_path, SHORT + "0,0,0," + "9" * 140_000 + "\n"))
    assert found.code == "csv_row"
    assert found.where == "imu-pelvis.csv line 2"


def test_a_missing_file(tmp_path: Path) -> None:
    found = fault(tmp_path / "imu-pelvis.csv")
    assert found.code == "csv_missing"
    assert str(found).startswith("imu-pelvis.csv: the recording names this file, but it is not there; ")


def test_truth_may_have_gaps_words_and_columns_of_its_own(tmp_path: Path) -> None:
    text = "t_s,trunk_deg,kind,load_kg\n0,1.5,,20\n1,,hinge,20\n2,nan, flexion ,20\n"
    truth = read_truth(write(tmp_path, text, "truth.csv"))
    assert len(truth) == 3
    assert set(truth.columns) == {"trunk_deg", "load_kg"}
    assert truth.columns["trunk_deg"][0] == 1.5
    assert np.isnan(truth.columns["trunk_deg"][1:]).all()
    assert truth.kind == (None, "hinge", "flexion")
    assert read_truth(write(tmp_path, "t_s,trunk_deg\n0,1\n", "truth.csv")).kind is None
    assert math.isclose(truth.t_s[2], 2.0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("time,trunk_deg\n0,1\n", "csv_columns"),
        ("t_s,trunk_deg\n0,inf\n", "csv_number"),
        ("t_s,trunk_deg\n,1\n", "csv_number"),
        ("t_s,trunk_deg\n1,1\n0,1\n", "csv_time"),
    ],
)
def test_truth_has_faults_too(tmp_path: Path, text: str, code: str) -> None:
    assert fault(write(tmp_path, text, "truth.csv")).code == code
