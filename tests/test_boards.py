from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hingecue import boards, config
from hingecue.boards import (
    OTHER,
    PI_4,
    PI_5,
    UNKNOWN_PI,
    ZERO_2_W,
    board_line,
    board_name,
    board_of,
    is_pi,
    spare_cores,
)
from hingecue.config import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pi(tmp_path: Path):
    """Make a machine whose firmware gives a name."""

    def make(name: bytes) -> Path:
        place = tmp_path / boards.MODEL_FILE
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(name)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("name", "board"),
    [
        ("Raspberry Pi 5 Model B Rev 1.0", PI_5),
        ("Raspberry Pi 500 Rev 1.0", PI_5),
        ("Raspberry Pi Compute Module 5 Rev 1.0", PI_5),
        ("Raspberry Pi 4 Model B Rev 1.5", PI_4),
        ("Raspberry Pi 400 Rev 1.0", PI_4),
        ("Raspberry Pi Compute Module 4 Rev 1.1", PI_4),
        ("Raspberry Pi Zero 2 W Rev 1.0", ZERO_2_W),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", ZERO_2_W),
        ("Raspberry Pi 9 Model C Rev 1.0", UNKNOWN_PI),
        ("Radxa ROCK 5B", OTHER),
        (None, OTHER),
    ],
)
def test_a_board_is_known_by_what_it_calls_itself(name: str | None, board: boards.Board) -> None:
    assert board_of(name) is board


def test_only_the_fast_boards_carry_the_full_model() -> None:
    assert (PI_5.model, OTHER.model) == ("full", "full")
    assert (PI_4.model, ZERO_2_W.model, UNKNOWN_PI.model) == ("lite", "lite", "lite")
    assert ZERO_2_W.fps < PI_4.fps == PI_5.fps


def test_the_name_ends_before_the_zero_byte(pi) -> None:
    assert board_name(pi(b"Raspberry Pi 5 Model B Rev 1.0\0")) == "Raspberry Pi 5 Model B Rev 1.0"


@pytest.mark.parametrize("name", [b"", b"\0", b"\xff\xfe"])
def test_a_name_that_is_none_is_not_known(pi, name: bytes) -> None:
    assert board_name(pi(name)) is None


def test_a_machine_without_a_device_tree_has_no_name(tmp_path: Path) -> None:
    assert board_name(tmp_path) is None
    assert board_line(tmp_path).startswith("another machine: full model, ")


def test_one_line_tells_the_board_and_what_it_gets(pi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert board_line(pi(b"Raspberry Pi 4 Model B Rev 1.5\0")) == (
        "Raspberry Pi 4 Model B Rev 1.5: lite model, 3 threads, 640×480 at 30 a second"
    )


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (1, 1), (2, 1), (4, 3)])
def test_one_core_is_left_to_the_camera(monkeypatch: pytest.MonkeyPatch, cores: int | None, threads: int) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert spare_cores() == threads
    assert Settings().threads == threads


def test_the_settings_are_the_board_s_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "this_board", lambda: ZERO_2_W)
    settings = Settings()
    assert (settings.model, settings.fps, settings.width, settings.height) == ("lite", 15.0, 640, 480)
    assert settings.camera == "auto"
    told = Settings(model="full", fps=30.0)
    assert (told.model, told.fps) == ("full", 30.0)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("processor : 0\nModel\t\t: Raspberry Pi Zero 2 W Rev 1.0\n", "Raspberry Pi Zero 2 W Rev 1.0"),
        ("processor : 0\nmodel name : another\n", None),
        ("Model :\n", None),
    ],
)
def test_without_a_device_tree_the_processor_tells(tmp_path: Path, told: str, name: str | None) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text(told, "utf-8")
    assert board_name(tmp_path) == name
    assert is_pi(tmp_path) is (name is not None)


def test_the_device_tree_comes_first(pi) -> None:
    root = pi(b"Raspberry Pi 5 Model B Rev 1.0\0")
    (root / "proc/cpuinfo").write_text("Model : Raspberry Pi 4 Model B\n", "utf-8")
    assert board_name(root) == "Raspberry Pi 5 Model B Rev 1.0"
    assert is_pi(root)
