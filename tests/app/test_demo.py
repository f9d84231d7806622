"""The bundled recording through the real models, and everything that hangs on it."""

from __future__ import annotations

import csv
import json

import pytest

from hingecue.app.cli import main
from hingecue.app.demo import FOLDER
from hingecue.app.loop import different_keys


@pytest.fixture(scope="session")
def demo_answer(tmp_path_factory):
    """The demo's JSON, made once."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["demo", "--json", "--fast", "--database", str(tmp_path_factory.mktemp("demo") / "s.db")])
    assert status == 0
    return json.loads(out.getvalue())


def true_bends():
    """The kinds and bottoms (s) that truth.csv tells."""
    bends = []
    with (FOLDER / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row["kind"]:
                bends.append(None)
            elif not bends or bends[-1] is None:
                bends.append([row])
            else:
                bends[-1].append(row)
    found = []
    for rows in filter(None, bends):
        deepest = max(rows, key=lambda r: float(r["trunk_deg"]))
        found.append((rows[0]["kind"], float(deepest["t_s"])))
    return found


def beginning(film, to, seconds):
    """Write the first seconds of a film."""
    import cv2
    from tests.app.conftest import write_film

    capture = cv2.VideoCapture(str(film))
    fps = capture.get(cv2.CAP_PROP_FPS)
    frames = [capture.read()[1] for _ in range(int(seconds * fps))]
    capture.release()
    return write_film(to, frames, fps)


def test_the_twelve_bends_are_found_and_no_more(demo_answer) -> None:
    truth = true_bends()
    assert len(truth) == 12
    assert len(demo_answer["bends"]) == 12
    for (_, bottom), bend in zip(truth, demo_answer["bends"], strict=True):
        assert bend["bottom_s"] == pytest.approx(bottom, abs=0.25)


def test_kinds_are_right_and_none_is_badly_wrong(demo_answer) -> None:
    pairs = [(kind, bend["kind"]) for (kind, _), bend in zip(true_bends(), demo_answer["bends"], strict=True)]
    assert ("flexion", "hinge") not in pairs
    assert ("hinge", "flexion") not in pairs
    assert sum(a == b for a, b in pairs) == 12


def test_the_camera_alone_is_as_right_and_less_sure(demo_answer, tmp_path, capsys) -> None:
    assert main(["demo", "--json", "--fast", "--no-sensors", "--database", str(tmp_path / "s.db")]) == 0
    seen = json.loads(capsys.readouterr().out)
    pairs = [(kind, bend["kind"]) for (kind, _), bend in zip(true_bends(), seen["bends"], strict=True)]
    assert sum(a == b for a, b in pairs) >= 10
    assert all(b in (a, "unsure") for a, b in pairs)
    for fused, alone in zip(demo_answer["bends"], seen["bends"], strict=True):
        assert alone["spine_source"] == "camera"
        assert alone["spine_sd_deg"] > fused["spine_sd_deg"]


def test_the_object_is_the_contracts(demo_answer) -> None:
    assert {"input", "type", "duration_s", "frames", "frames_analyzed", "frames_with_person", "view", "facing",
            "bends", "summary", "rate_fps"} <= set(demo_answer)  # fmt: skip
    assert demo_answer["type"] == "recording"
    assert demo_answer["view"] == "side"
    assert demo_answer["summary"]["bends"] == 12
    bend = demo_answer["bends"][0]
    assert {"index", "role", "start_s", "bottom_s", "end_s", "kind", "confidence", "reasons", "trunk_deg", "hip_deg",
            "knee_deg", "spine_flexion_deg", "spine_sd_deg", "flexion_share", "spine_source", "down_s", "pause_s",
            "up_s", "cues"} <= set(bend)  # fmt: skip
    assert {b["spine_source"] for b in demo_answer["bends"]} == {"fused"}


def test_rounded_bends_are_cued_once_and_hinges_are_praised(demo_answer) -> None:
    for bend in demo_answer["bends"]:
        corrective = [c for c in bend["cues"] if c["pattern"] in ("early", "after")]
        assert len(corrective) <= 1
        if bend["kind"] == "hinge":
            assert corrective == []


def test_the_demo_for_a_person_draws_its_picture(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("HINGECUE_HOME", str(tmp_path))
    assert main(["demo", "--fast", "--model", "lite"]) == 0
    out = capsys.readouterr().out
    assert "12 bends" in out
    assert (tmp_path / "demo.svg").read_text("utf-8").startswith("<svg")
    assert main(["sessions"]) == 0
    assert "12 bends" in capsys.readouterr().out
    assert main(["report", "--picture", str(tmp_path / "again.svg")]) == 0
    assert (tmp_path / "again.svg").exists()
    capsys.readouterr()
    assert main(["export"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 13


def test_a_record_is_replayed_to_the_bit(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("HINGECUE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "kept"
    # A film stands in for the camera; its thread drops what the loop cannot take, as a live one does.
    film = beginning(FOLDER / "camera.mp4", tmp_path / "begin.mp4", seconds=7)
    assert main(["record", str(folder), "--camera", str(film), "--model", "lite"]) == 0
    capsys.readouterr()
    assert main(["replay", str(folder)]) == 0
    assert "to the bit" in capsys.readouterr().err
    assert main(["analyze", "--json", "--no-store", "--model", "lite", str(folder)]) == 0
    capsys.readouterr()
    verdicts = folder / "verdicts.json"
    kept = json.loads(verdicts.read_text("utf-8"))
    kept["result"]["frames_with_person"] += 1
    verdicts.write_text(json.dumps(kept), "utf-8")
    assert main(["replay", str(folder), "--json"]) == 1
    assert "frames_with_person" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "not json", "[]"])
def test_a_folder_that_is_no_record_is_told(tmp_path, capsys, content) -> None:
    if content is not None:
        (tmp_path / "verdicts.json").write_text(content)
    assert main(["replay", str(tmp_path)]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_latency_may_differ_between_a_record_and_its_replay() -> None:
    a = {"bends": [{"cues": [{"t_s": 1.0, "latency_ms": 40.0}]}], "rate_fps": 10}
    b = {"bends": [{"cues": [{"t_s": 1.0, "latency_ms": None}]}], "rate_fps": 90}
    assert different_keys(a, b) == []
    b["bends"][0]["cues"][0]["t_s"] = 2.0
    assert different_keys(a, b) == ["bends"]


def test_the_bench_gives_its_figures(tmp_path, capsys) -> None:
    assert main(["bench", "--frames", "30", "--model", "lite", "--threads", "1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["frames"] == 30
    assert figures["stages"]["whole"]["median_ms"] > 0
    assert figures["whole_to_bare"]["total"] > 0
    # Every step has its bare run beside it; which of the two a busy machine favours is no matter for a test.
    assert figures["stages"]["bare"]["count"] == figures["stages"]["whole"]["count"] == 30
    assert figures["memory_peak_mb"] > 0
    assert main(["bench", "--frames", "10", "--model", "lite"]) == 0
    assert "frames a second" in capsys.readouterr().out


def test_a_peer_that_is_not_installed_is_told(capsys, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mediapipe", None)
    assert main(["bench", "--frames", "1", "--peer", "mediapipe"]) == 1
    assert "mediapipe" in capsys.readouterr().err


def test_ctrl_c_in_the_middle_keeps_what_was_finished(tmp_path, monkeypatch, capsys) -> None:
    from hingecue.sense.video import VideoSource

    monkeypatch.setenv("HINGECUE_HOME", str(tmp_path))
    frames = VideoSource.__iter__

    def until(self):
        for frame in frames(self):
            if frame.t_s > 12.0:
                raise KeyboardInterrupt
            yield frame

    monkeypatch.setattr(VideoSource, "__iter__", until)
    assert main(["analyze", "--json", "--model", "lite", str(FOLDER)]) == 130
    out, err = capsys.readouterr()
    assert len(json.loads(out)["bends"]) >= 2
    assert "stopped" in err
    monkeypatch.setattr(VideoSource, "__iter__", frames)
    assert main(["sessions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bends"] >= 2
