from __future__ import annotations

import json
from typing import Never

import cv2
import numpy as np
import pytest
from tests.app.conftest import write_film

from hingecue.app.cli import build_parser, main, settings_of
from hingecue.config import home as default_home
from hingecue.config import spare_cores


def run(capsys, *argv):
    status = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return status, out, err


def objects(out):
    return [json.loads(line) for line in out.splitlines()]


def test_no_command_shows_the_help(capsys) -> None:
    status, out, _ = run(capsys)
    assert status == 2
    assert "analyze" in out


@pytest.mark.parametrize("argv", [["nonsense"], ["analyze"], ["analyze", "--threads", "0", "x"], ["run", "--fps", "x"]])
def test_wrong_usage_is_two(argv, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    ["demo", "analyze", "run", "record", "replay", "calibrate", "check", "bench", "sessions", "report", "export"],
)
def test_every_command_has_help(command, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "usage" in capsys.readouterr().out


def test_settings_take_what_is_given(tmp_path) -> None:
    options = build_parser().parse_args(["run", "--camera", "2", "--model", "lite", "--database", str(tmp_path / "x")])
    settings = settings_of(options)
    assert (settings.camera, settings.model, settings.threads) == ("2", "lite", spare_cores())
    assert settings.database == tmp_path / "x"


def test_the_data_folder(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("HINGECUE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_home() == tmp_path / "hingecue"
    monkeypatch.setenv("HINGECUE_HOME", "/elsewhere")
    assert str(default_home()) == "/elsewhere"


def test_inputs_that_fail_are_told_and_the_others_go_on(tmp_path, home, capsys, black) -> None:
    noise = tmp_path / "noise.jpg"
    noise.write_bytes(b"not a picture at all" * 100)
    empty = tmp_path / "empty"
    empty.mkdir()
    status, out, err = run(capsys, "analyze", "--json", tmp_path / "missing.mp4", noise, empty, black)
    assert status == 1
    answers = objects(out)
    assert [a["input"] for a in answers] == [str(tmp_path / "missing.mp4"), str(noise), str(empty), str(black)]
    assert all(a["error"]["message"] for a in answers[:3])
    assert answers[3]["frames_with_person"] == 0
    assert answers[3]["view"] == "unknown"
    assert len(err.strip().splitlines()) == 3


def test_a_film_with_nobody_says_so_to_a_person(home, capsys, black) -> None:
    status, out, _ = run(capsys, "analyze", black)
    assert status == 0
    assert "Nobody was seen" in out


def test_a_photo_with_nobody(tmp_path, capsys) -> None:
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((200, 300, 3), 90, np.uint8))
    status, out, _ = run(capsys, "analyze", path, "--json")
    (answer,) = objects(out)
    assert status == 0
    assert answer["person"] is False
    assert answer["back"] == "unsure"
    assert answer["trunk_deg"] is None
    assert answer["reasons"] == ["person_lost"]
    assert "nobody" in run(capsys, "analyze", path)[1]


def test_a_film_of_one_frame(tmp_path, home, capsys) -> None:
    path = write_film(tmp_path / "one.mp4", [np.full((64, 48, 3), 128, np.uint8)])
    status, out, _ = run(capsys, "analyze", "--json", path)
    (answer,) = objects(out)
    assert status == 0
    assert answer["frames"] == 1
    assert answer["bends"] == []


def test_a_corrupt_database_is_set_aside_and_the_answer_given(home, capsys, black) -> None:
    home.mkdir()
    (home / "sessions.db").write_bytes(b"garbage" * 1000)
    status, out, err = run(capsys, "analyze", "--json", black)
    assert status == 0
    assert objects(out)[0]["frames"] == 15
    assert "a new one is begun" in err
    assert len(list(home.glob("sessions.db.corrupt-*"))) == 1


def test_a_store_that_cannot_be_written_costs_the_status_but_not_the_answer(tmp_path, capsys, black) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    status, out, err = run(capsys, "analyze", "--json", black, "--database", blocked / "sessions.db")
    assert status == 1
    assert objects(out)[0]["frames"] == 15
    assert len(err.strip().splitlines()) == 1


def test_the_picture_that_cannot_be_written_is_a_fault(tmp_path, home, capsys, black) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    status, _, err = run(capsys, "analyze", black, "--picture", blocked / "x.svg")
    assert status == 1
    assert "picture" in err


def test_sessions_before_there_are_any_and_after(home, capsys, black) -> None:
    status, _, err = run(capsys, "sessions")
    assert status in (0, 1)
    run(capsys, "analyze", black)
    status, out, err = run(capsys, "sessions", "--json")
    assert (status, err) == (0, "")
    (session,) = objects(out)
    assert session["bends"] == 0
    assert "No bends" in run(capsys, "sessions")[1]
    assert run(capsys, "report")[0] == 0
    assert run(capsys, "report", "77")[0] == 1
    (home / "file").write_text("in the way")
    status, _, err = run(capsys, "report", "--picture", home / "file" / "x.svg")
    assert status == 1
    assert len(err.strip().splitlines()) == 1
    assert run(capsys, "export")[0] == 0


def test_no_camera_is_one_sentence(home, tmp_path, capsys) -> None:
    status, _, err = run(capsys, "run", "--camera", tmp_path / "video9")
    assert status == 1
    assert len(err.strip().splitlines()) == 1


def test_the_doctor_finds_the_models_and_misses_the_camera(home, tmp_path, capsys) -> None:
    status, out, _ = run(capsys, "check", "--json", "--camera", tmp_path / "video9")
    parts = {p["part"]: p for p in objects(out)[0]["parts"]}
    assert status == 0
    assert parts["models"]["state"] == "ok"
    assert "litert" in parts["runtime"]["what"]
    assert parts["camera"]["state"] == "absent"
    assert parts["camera"]["try_this"]
    assert run(capsys, "check", "--camera", tmp_path / "video9")[0] == 0


def test_the_doctor_names_a_wrong_model_file(home, tmp_path, capsys, monkeypatch) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("HINGECUE_MODELS", str(tmp_path / "models"))
    status, out, _ = run(capsys, "check")
    assert status == 1
    assert "✗ models" in out


def test_a_broken_pipe_is_no_fault(monkeypatch) -> None:
    from hingecue.app import commands

    def gone(_options, _settings) -> Never:
        raise BrokenPipeError

    monkeypatch.setattr(commands, "sessions", gone)
    monkeypatch.setattr("sys.stderr.close", lambda: None)
    assert main(["sessions"]) == 0


def test_ctrl_c_outside_a_film_has_its_own_status(monkeypatch, capsys) -> None:
    from hingecue.app import commands

    def stop(_options, _settings) -> Never:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "sessions", stop)
    assert main(["sessions"]) == 130
    assert "stopped" in capsys.readouterr().err
