"""The bundled recording is whole and agrees with itself: film, truth and worn sensors tell the same twelve bends."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from itertools import groupby, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "device" / "hingecue" / "demo_recording"
STAND_S = (0.0, 3.0)


def columns(name):
    """Read one table: a dict of float arrays, `kind` as a list of words."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {k: [r[k] for r in rows] if k == "kind" else np.array([float(r[k]) for r in rows]) for k in rows[0]}


@pytest.fixture(scope="module")
def truth():
    return columns("truth.csv")


@pytest.fixture(scope="module")
def bends(truth):
    """(kind, slice of truth rows) of each bend."""
    found, at = [], 0
    for kind, group in groupby(truth["kind"]):
        count = len(list(group))
        if kind:
            found.append((kind, slice(at, at + count)))
        at += count
    return found


@pytest.fixture(scope="module")
def film():
    """Frame rate, size and number of frames that really decode."""
    capture = cv2.VideoCapture(str(FOLDER / "camera.mp4"))
    count = 0
    while capture.grab():
        count += 1
    size = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return fps, size, count


def sagittal_tilt_deg(imu):
    """Tilt from standing: the gyroscope's rate about its main axis, without its standing mean, added up."""
    t = imu["t_s"]
    still = (t >= STAND_S[0] + 0.2) & (t < STAND_S[1] - 0.1)
    rate = np.stack([imu[f"g{axis}_dps"] for axis in "xyz"], 1)
    rate = rate - rate[still].mean(0)
    axis = np.linalg.svd(rate, full_matrices=False)[2][0]
    tilt = np.cumsum(rate @ axis) * np.median(np.diff(t))
    return tilt * np.sign(tilt[np.argmax(np.abs(tilt))])


def test_the_folder_is_small_and_names_files_that_are_there() -> None:
    told = tomllib.loads((FOLDER / "recording.toml").read_text("utf-8"))
    assert told["format"] == 1
    assert tuple(told["calibration"]["stand"]) == STAND_S
    assert "flex" not in told["calibration"], "a toe touch would be a thirteenth bend"
    assert [imu["role"] for imu in told["imu"]] == ["pelvis", "thorax"]
    named = {told["camera"]["file"], *(imu["file"] for imu in told["imu"])}
    assert {f.name for f in FOLDER.iterdir()} == named | {"recording.toml", "truth.csv"}
    assert sum(f.stat().st_size for f in FOLDER.iterdir()) < 4_000_000


def test_all_streams_run_on_one_clock_and_end_together(truth, film) -> None:
    fps, size, count = film
    assert 25 <= fps <= 30
    assert size == (640, 480)
    end = truth["t_s"][-1]
    assert count / fps == pytest.approx(end, abs=0.1)
    for name, hz in (("truth.csv", 50), ("imu-pelvis.csv", 100), ("imu-thorax.csv", 100)):
        t = columns(name)["t_s"]
        assert t[0] == 0.0
        assert t[-1] == pytest.approx(end, abs=0.1)
        np.testing.assert_allclose(np.diff(t), 1 / hz, atol=1e-6)


def test_there_are_six_hinges_two_squats_and_four_rounded_bends(bends, truth) -> None:
    assert Counter(kind for kind, _ in bends) == {"hinge": 6, "squat": 2, "flexion": 4}
    t = truth["t_s"]
    assert t[bends[0][1].start] >= STAND_S[1]
    for _, rows in bends:
        assert 2.0 < t[rows.stop - 1] - t[rows.start] < 3.6
    for (_, before), (_, after) in pairwise(bends):
        assert 1.0 <= t[after.start] - t[before.stop] <= 2.6


def test_standing_is_the_zero_of_every_angle(truth) -> None:
    stand = truth["t_s"] < STAND_S[1]
    still = np.array([not kind for kind in truth["kind"]])
    for name in ("trunk_deg", "pelvis_deg", "thorax_deg", "spine_flexion_deg", "lumbar_deg"):
        assert abs(truth[name][stand].mean()) < 0.05
        assert np.abs(truth[name][still]).max() < 3.0


@pytest.mark.parametrize(
    ("kind", "trunk", "spine"),
    [("hinge", (58, 80), (6, 20)), ("squat", (30, 45), (4, 15)), ("flexion", (50, 80), (55, 80))],
)
def test_each_kind_is_what_its_word_says(truth, bends, kind, trunk, spine) -> None:
    for _, rows in (b for b in bends if b[0] == kind):
        assert trunk[0] <= truth["trunk_deg"][rows].max() <= trunk[1]
        assert spine[0] <= truth["spine_flexion_deg"][rows].max() <= spine[1]


def test_lumbar_flexion_is_thorax_against_pelvis(truth) -> None:
    difference = truth["thorax_deg"] - truth["pelvis_deg"]
    np.testing.assert_allclose(difference, truth["lumbar_deg"], atol=0.15)
    assert (truth["spine_flexion_deg"] - truth["lumbar_deg"]).min() > -2.0


@pytest.mark.parametrize("role", ["pelvis", "thorax"])
def test_a_still_sensor_feels_one_g_with_honest_noise(role) -> None:
    imu = columns(f"imu-{role}.csv")
    still = imu["t_s"] < STAND_S[1] - 0.1
    force = np.stack([imu[f"a{axis}_g"] for axis in "xyz"], 1)[still]
    rate = np.stack([imu[f"g{axis}_dps"] for axis in "xyz"], 1)[still]
    assert np.linalg.norm(force.mean(0)) == pytest.approx(1.0, abs=0.06)
    assert 0.002 < force.std(0).max() < 0.02
    assert np.abs(rate.mean(0)).max() < 1.5
    assert rate.std(0).min() > 0.03
    assert rate.std(0).max() < 1.0


@pytest.mark.parametrize("role", ["pelvis", "thorax"])
def test_the_worn_sensor_turns_as_the_truth_does(truth, bends, role) -> None:
    imu = columns(f"imu-{role}.csv")
    tilt = np.interp(truth["t_s"], imu["t_s"], sagittal_tilt_deg(imu))
    for _, rows in bends:
        bottom = rows.start + int(np.argmax(truth[f"{role}_deg"][rows]))
        turned = tilt[bottom] - tilt[rows.start]
        true = truth[f"{role}_deg"][bottom] - truth[f"{role}_deg"][rows.start]
        assert turned == pytest.approx(true, abs=2.5)


def test_film_and_truth_move_at_the_same_moments(truth) -> None:
    capture = cv2.VideoCapture(str(FOLDER / "camera.mp4"))
    fps, last, change = capture.get(cv2.CAP_PROP_FPS), None, []
    for _ in range(int(20 * fps)):
        small = cv2.resize(capture.read()[1], (80, 60), interpolation=cv2.INTER_AREA).astype(np.float32)
        change.append(0.0 if last is None else float(np.abs(small - last).mean()))
        last = small
    capture.release()
    at = np.arange(len(change)) / fps - 0.5 / fps
    speed = np.interp(at, truth["t_s"], np.abs(np.gradient(truth["trunk_deg"], truth["t_s"])))
    lags = range(-5, 6)
    match = [np.corrcoef(np.roll(change, lag)[8:-8], speed[8:-8])[0, 1] for lag in lags]
    assert max(match) > 0.8
    assert abs(lags[int(np.argmax(match))]) <= 1
