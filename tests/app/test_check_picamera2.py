"""A library of that name is really loaded by a child here; how it fails to load is what was seen of the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hingecue.app.doctor import bounded, picamera2
from hingecue.config import Settings

SEES = "class Picamera2:\n    @staticmethod\n    def global_camera_info():\n        return {}\n"


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Let a child find a library of this text."""

    def put(program, limit_s=20.0):
        (tmp_path / "libs" / "picamera2").mkdir(parents=True)
        (tmp_path / "libs" / "picamera2" / "__init__.py").write_text(program, "utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "libs"))
        (found,) = bounded.look("picamera2", Settings(database=tmp_path / "x.db"), limit_s)
        assert found.part == "picamera2"
        return found

    return put


@pytest.fixture
def on_a_pi(tmp_path, monkeypatch):
    """What a Pi says whose library lies in this folder."""

    def look(folder):
        monkeypatch.setattr(picamera2, "is_pi", lambda: True)
        monkeypatch.setattr(picamera2, "folder_of", lambda _: folder)
        monkeypatch.setattr(picamera2, "cameras", list)
        (found,) = picamera2.look(Settings(database=tmp_path / "x.db"), served=False)
        return found

    return look


def test_a_laptop_without_it_is_well(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(picamera2, "is_pi", lambda: False)
    monkeypatch.setattr(picamera2, "folder_of", lambda _: None)
    (found,) = picamera2.look(Settings(database=tmp_path / "x.db"), served=False)
    assert (found.state, found.try_this) == ("absent", "")


def test_a_pi_without_it_says_how_to_install_it(on_a_pi) -> None:
    found = on_a_pi(None)
    assert (found.state, found.try_this) == ("absent", picamera2.APT)


def test_one_of_pip_is_a_fault_on_a_pi(on_a_pi) -> None:
    found = on_a_pi("/opt/hingecue/lib/python3.11/site-packages/picamera2")
    assert found.state == "fault"
    assert "pip uninstall picamera2" in found.try_this


def test_the_systems_own_is_well(on_a_pi) -> None:
    found = on_a_pi(str(Path("/usr/lib/python3/dist-packages/picamera2")))
    assert found.state == "ok"
    assert found.what.endswith("sees no camera")


def test_cameras_are_listed(ask) -> None:
    found = ask(SEES.format([{"Model": "imx708_wide", "Num": 0, "Id": "/base/i2c@88000/imx708@1a"}]))
    assert found.state == "ok"
    assert found.what.startswith("it fits numpy ")
    assert found.what.endswith("and sees imx708_wide")
    assert found.where.endswith("libs/picamera2")


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("raise ValueError('numpy.dtype size changed, expected 96, got 88')", ("another numpy", "pip uninstall numpy")),
        ("import libcamera", ("No module named 'libcamera'", "--system-site-packages")),
        ("import os; os.abort()", ("ended by the system: Aborted", "--bundle")),
        ("raise RuntimeError('camera manager')", ("RuntimeError: camera manager", "--bundle")),
    ],
)
def test_one_that_does_not_load_is_a_fault_with_a_way_out(ask, program, words) -> None:
    found = ask(program)
    assert found.state == "fault"
    assert all(word in found.line for word in words)


def test_one_that_never_comes_back_is_a_fault(ask) -> None:
    found = ask("import time; time.sleep(60)", 1.0)
    assert (found.state, found.what) == ("fault", "it gave no answer within 1 s")
