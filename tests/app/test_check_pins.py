from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.fakes.pins import PINS

from hingecue.app.doctor import pins
from hingecue.config import Settings
from hingecue.cue.lines import Header
from hingecue.errors import DeviceFault


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """A Pi whose lines `users` has; what the library does is `library`."""

    def asked(users=None, pi=True, served=False, library=None):
        monkeypatch.setattr(pins, "is_pi", lambda: pi)
        path = tmp_path / "gpiochip0"
        found = None if users is None else Header(path, "pinctrl-rp1", users)
        monkeypatch.setattr(pins, "read_header", lambda lines, pi: found)

        @contextmanager
        def open_chip():
            assert Path(os.environ["LG_WD"]).is_dir()
            if library is not None:
                raise library
            yield "chip"

        monkeypatch.setattr(pins, "open_chip", open_chip)
        return pins.look(Settings(database=tmp_path / "x.db"), served=served)

    monkeypatch.delenv("LG_WD", raising=False)
    return asked


def test_free_lines_are_well(ask) -> None:
    (found,) = ask({})
    assert (found.state, found.what) == ("ok", "pinctrl-rp1, all 7 lines are free")
    assert found.where.endswith("gpiochip0")
    assert found.version.startswith("gpiozero 2.")
    assert "LG_WD" not in os.environ


def test_a_taken_line_is_named_with_who_has_it(ask) -> None:
    chip, motor = ask({PINS.motor: "pigpio"})
    assert chip.what == "pinctrl-rp1, 1 of 7 lines are taken"
    assert (motor.part, motor.state, motor.what) == ("pin", "fault", "motor on BCM 18: pigpio has this pin")


def test_lines_of_the_running_service_are_well(ask) -> None:
    lines = [PINS.motor, PINS.buzzer, PINS.led_red, PINS.led_amber, PINS.led_green, PINS.led_camera, PINS.button]
    (found,) = ask(dict.fromkeys(lines, "lg"), served=True)
    assert (found.state, found.what) == ("ok", "pinctrl-rp1, 7 of 7 lines are in use; the service runs")


@pytest.mark.parametrize(("pi", "state"), [(False, "absent"), (True, "fault")])
def test_a_machine_without_a_header_is_no_fault_unless_it_is_a_pi(ask, pi, state) -> None:
    (found,) = ask(None, pi=pi)
    assert found.state == state
    assert "the list of pins is valid" in found.what
    assert bool(found.try_this) == pi


def test_a_list_that_is_wrong_is_a_fault_on_every_machine(ask, tmp_path, monkeypatch) -> None:
    wrong = tmp_path / "pins.toml"
    wrong.write_text("format = 1\n[pins]\nmoter = 18\n", "utf-8")
    monkeypatch.setenv("HINGECUE_PINS", str(wrong))
    (found,) = ask(None, pi=False)
    assert found.state == "fault"
    assert "did you mean motor?" in found.try_this


def test_a_missing_library_is_a_fault_on_a_pi(ask) -> None:
    missing = DeviceFault("gpio_library", where="lgpio", what="not installed", try_this="run `pip`", blinks=4)
    (found,) = ask({}, library=missing)
    assert (found.state, found.what) == ("fault", "lgpio: not installed")


def test_a_library_that_is_empty_is_named(ask, monkeypatch) -> None:
    monkeypatch.setattr(pins, "version_of", lambda name: "0.0.0.2")
    (found,) = ask({})
    assert (found.state, found.what) == ("fault", "lgpio 0.0.0.2: this release of lgpio is empty")
    assert "python3-lgpio" in found.try_this


def test_a_folder_of_ones_own_is_left_as_it_is(ask, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LG_WD", str(tmp_path))
    assert ask({})[0].state == "ok"
    assert os.environ["LG_WD"] == str(tmp_path)


def test_this_machine_answers(tmp_path) -> None:
    assert pins.look(Settings(database=tmp_path / "x.db"), served=False)[0].part == "pins"
