"""Real sensors on real people (public data beside the project; skipped where it is absent).

Assumptions of the bend strip (`strip_recording`): the strip's lumbar part, its scale as given, is thorax − pelvis. The
pelvis feels what the sacral accelerometer felt; its gyro is left out, for its unit is not told. The thorax feels
gravity in the direction that sacral pitch + lumbar flexion gives, as strongly as the sacrum does. Standing is where
`reps.csv` says.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from hingecue.app.engine import Engine
from hingecue.app.film import analyse_film
from hingecue.app.sensors import moments, prepared, samples_of
from hingecue.posture.tilt import length
from hingecue.sense.recording import open_recording
from hingecue.types import ImuSample, Role, SensorRole

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
P, T = SensorRole.PELVIS, SensorRole.THORAX
LIFTS = ("Arwed_DL_Better", "Arwed_DL_Worse", "Arwed_Squat_Worse", "Jonas_DL_Better", "Jonas_DL_Worse",
         "Jonas_Squat_Better", "Jonas_Squat_Worse")  # fmt: skip
COLUMNS = ["t_s", "ax_g", "ay_g", "az_g", "gx_dps", "gy_dps", "gz_dps"]
MOVES_DEG = 15.0


def need(path):
    if not path.exists():
        pytest.skip("the public data is not beside the project")
    return path


def judged(folder):
    with open_recording(folder) as recording:
        samples = samples_of(recording.imu)
        sensed, _ = prepared(recording, samples)
        engine = Engine(tracker=None, spine=None, sensed=sensed)
        return analyse_film(None, engine, name=folder.name, kind="recording", flow=moments(None, samples)).bends


def write(folder, tracks, toml=""):
    """Write tracks (role → (n, 4 or 7), g and deg/s) as a recording."""
    folder.mkdir(exist_ok=True)
    (folder / "recording.toml").write_text(f"format = 1\n{toml}", "utf-8")
    for role, rows in tracks.items():
        names = COLUMNS[: rows.shape[1]]
        np.savetxt(folder / f"imu-{role}.csv", rows, "%.5f", ",", header=",".join(names), comments="")
    return folder


def growing(rows):
    """Leave out samples whose time does not grow."""
    keep, last = [], -1.0
    for i, t in enumerate(rows[:, 0]):
        if t > last:
            keep.append(i)
            last = t
    return rows[keep]


def strip_recording(name, folder):
    """Make a recording of one performance; give its folder, and times and lumbar flexion (deg) of the strip."""
    with need(DATA / "spine" / f"{name}.csv").open(encoding="utf-8") as file:
        table = [[float(row[k]) for k in ("t_s", "ax_g", "ay_g", "az_g", "sacral_pitch_deg", "lumbar_flex_deg")]
                 for row in csv.DictReader(file)]  # fmt: skip
    table = growing(np.array(table))
    pitch = np.radians(table[:, 4] + table[:, 5])
    size = np.linalg.norm(table[:, 1:4], axis=1)
    thorax = np.stack([table[:, 0], -np.cos(pitch) * size, 0 * pitch, np.sin(pitch) * size], axis=1)
    stand = min(float(rep["t_stand"]) for rep in repetitions()[name])
    toml = f"[calibration]\nstand = [{stand - 0.15:.2f}, {stand + 0.15:.2f}]\n"
    return write(folder, {"pelvis": table[:, :4], "thorax": thorax}, toml), table[:, 0], table[:, 5], stand


def repetitions():
    found = defaultdict(list)
    with need(DATA / "spine" / "reps.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["rec"]].append(row)
    return found


@pytest.mark.parametrize("name", LIFTS)
def test_lifts_with_a_bend_strip(name, tmp_path) -> None:
    folder, t_s, lumbar, stand = strip_recording(name, tmp_path / name)
    bends = [b for b in judged(folder) if b.role not in {Role.SETUP, Role.SET_DOWN}]
    truth = repetitions()[name]
    assert len(bends) == len(truth)
    zero = lumbar[abs(t_s - stand) < 0.15].mean()
    errors = []
    for bend, rep in zip(bends, truth, strict=True):
        assert bend.bottom_s == pytest.approx(float(rep["t_bottom"]), abs=0.3)
        peak = lumbar[abs(t_s - float(rep["t_bottom"])) < 0.3].max() - zero
        errors.append(abs(bend.spine_flexion_deg - peak))
    if name.startswith("Jonas"):  # the other strip held part of the pelvis' turn
        assert median(errors) <= 4.0


def umafall(tmp_path):
    """Give folder and how far each site moved (deg) for every recording of one bend."""
    path = need(DATA / "imu" / "umafall_bending_chest_waist.csv.gz")
    rows = defaultdict(lambda: defaultdict(list))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "acc_g":
                role = T if row["site"] == "chest" else P
                rows[row["rec"]][role].append([float(row["t_ms"]) / 1e3, *(float(row[k]) for k in "xyz")])
    for rec, tracks in rows.items():
        arrays = {role: growing(np.array(sorted(track))) for role, track in tracks.items()}
        yield write(tmp_path / rec, arrays), {role: moved(array) for role, array in arrays.items()}


def moved(rows):
    up = rows[:, 1:4] / np.linalg.norm(rows[:, 1:4], axis=1)[:, None]
    first = np.median(up[:20], axis=0)
    return float(np.percentile(np.degrees(np.arccos(np.clip(up @ (first / np.linalg.norm(first)), -1, 1))), 95))


def test_one_bend_with_chest_and_waist(tmp_path) -> None:
    counts, differences = [], []
    for folder, span in umafall(tmp_path):
        bends = judged(folder)  # none may crash
        if len(span) == 2 and min(span.values()) > MOVES_DEG:
            counts.append(len(bends))
            differences += [b.spine_flexion_deg for b in bends if b.spine_flexion_deg is not None]
    assert counts.count(1) >= 0.95 * len(counts), f"one bend in {counts.count(1)} of {len(counts)}"
    assert len(differences) >= 0.9 * len(counts)  # chest − waist is reported


def test_squats_with_one_sensor_at_the_back(tmp_path) -> None:
    windows = defaultdict(list)
    with gzip.open(need(DATA / "imu" / "choijaeh01_squat_reps.csv.gz"), "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = row["cls"], row["subject"], row["set"], row["window"]
            accel = [float(row[f"s0_a{k}"]) / 9.80665 for k in "xyz"]
            rate = [float(np.degrees(float(row[f"s0_g{k}"]))) for k in "xyz"]
            windows[key].append([float(row["millis"]) / 1e3, *accel, *rate])
    counts = []
    for number, rows in enumerate(windows.values()):
        track = growing(np.array(rows))
        track[:, 0] -= track[0, 0]
        counts.append(len(judged(write(tmp_path / str(number), {"pelvis": track}))))
    assert counts.count(1) >= 0.95 * len(counts), f"one squat in {counts.count(1)} of {len(counts)} windows"


def test_a_sample_of_real_gravity_is_about_1_g(tmp_path) -> None:
    folder, *_ = strip_recording("Jonas_DL_Better", tmp_path / "a")
    with open_recording(folder) as recording:
        sizes = [length(s.accel_g) for s in samples_of(recording.imu) if isinstance(s, ImuSample)]
    assert median(sizes) == pytest.approx(1.0, abs=0.1)
