from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hingecue.cue.pins import HEADER, PINS_VARIABLE, pins_path, read_pins
from hingecue.errors import DeviceFault

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "hardware" / "pins.toml"


@pytest.fixture(autouse=True)
def _no_wish(monkeypatch):
    monkeypatch.delenv(PINS_VARIABLE, raising=False)


def fault_of(tmp_path, old, new):
    text = OWN.read_text("utf-8")
    assert old in text
    path = tmp_path / "pins.toml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(DeviceFault) as caught:
        read_pins(path)
    assert caught.value.blinks == 4
    assert caught.value.where == str(path)
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_list_in_the_source_tree_is_good():
    pins = read_pins()
    assert pins_path() == OWN
    assert pins.motor == 18
    assert (pins.i2c_sda, pins.i2c_scl) == (2, 3)


def test_outputs_are_on_pins_that_are_pulled_down_while_the_pi_starts():
    pins = read_pins()
    for name in ("motor", "buzzer", "led_red", "led_amber", "led_green", "led_camera"):
        assert 9 <= getattr(pins, name) <= 27


def test_comments_name_the_right_header_pin():
    for line in OWN.read_text("utf-8").splitlines():
        if "# header" in line:
            bcm, header = line.split("=")[1].split("#")
            assert header.strip().startswith(f"header {HEADER[int(bcm)]}:")


def test_the_header_has_every_pin_once():
    assert len(set(HEADER.values())) == 28
    assert set(HEADER.values()) <= set(range(1, 41)) - {1, 2, 4, 6, 9, 14, 17, 20, 25, 30, 34, 39}


def test_a_wish_in_the_environment_wins(tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"
    path.write_text(OWN.read_text("utf-8").replace("buzzer = 23", "buzzer = 25"), "utf-8")
    monkeypatch.setenv(PINS_VARIABLE, str(path))
    assert read_pins().buzzer == 25


def test_the_list_of_this_machine_comes_before_the_package_s(tmp_path, monkeypatch):
    own = tmp_path / "pins.toml"
    own.write_text(OWN.read_text("utf-8").replace("buzzer = 23", "buzzer = 25"), "utf-8")
    monkeypatch.setattr("hingecue.cue.pins.OWN_PINS", own)
    assert pins_path() == own
    assert read_pins().buzzer == 25


def test_the_installed_package_has_its_own_list(tmp_path, monkeypatch):
    (tmp_path / "_hardware").mkdir()
    packaged = tmp_path / "_hardware" / "pins.toml"
    packaged.write_bytes(OWN.read_bytes())
    monkeypatch.setattr("hingecue.cue.pins._PACKAGE", tmp_path)
    assert pins_path() == packaged
    assert read_pins() == read_pins(OWN)


def test_the_wheel_takes_the_list_along():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    taken = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert taken["hardware/pins.toml"] == "hingecue/_hardware/pins.toml"


@pytest.mark.parametrize(
    ("old", "new", "what", "try_this"),
    [
        ("buzzer =", "buzzr =", "nothing is called buzzr", "did you mean buzzer?"),
        ("buzzer = 23", "", "buzzer has no pin", "add a line `buzzer = ` with its BCM number"),
        ("buzzer = 23", "buzzer = 18", "motor and buzzer are both on BCM 18", "give each a pin of its own"),
        ("buzzer = 23", "buzzer = 40", "buzzer = 40 is not a BCM pin", None),
        ("buzzer = 23", "buzzer = -1", "buzzer = -1 is not a BCM pin", None),
        ("buzzer = 23", "buzzer = true", "buzzer = True is not a BCM pin", None),
        ("buzzer = 23", 'buzzer = "23"', "buzzer = '23' is not a BCM pin", None),
        ("buzzer = 23", "buzzer = 3", "buzzer is on BCM 3, which the sensors' I2C wire has", None),
        ("buzzer = 23", "buzzer = 0", "buzzer is on BCM 0, which is for the EEPROM of add-on boards", None),
        ("i2c_sda = 2", "i2c_sda = 4", "i2c_sda is on BCM 4, but the sensors' wire is always on BCM 2", "set it back"),
        ("motor = 18", "motor = 25", "motor is on BCM 25, which has no hardware PWM", "use 12, 13, 18 or 19"),
        ("format = 1", "format = 2", "it is not a list of pins of format 1", None),
        ("[pins]", "[pin]", "it is not a list of pins of format 1", None),
    ],
)
def test_a_wrong_list_is_one_sentence(tmp_path, old, new, what, try_this):
    fault = fault_of(tmp_path, old, new)
    assert fault.code in ("pins_wrong", "pins_unreadable")
    assert what is None or fault.what == what
    assert try_this is None or fault.try_this == try_this


def test_a_key_that_resembles_nothing_gets_no_guess(tmp_path):
    assert fault_of(tmp_path, "buzzer =", "xyzzyx =").try_this == "take it out"


def test_a_list_that_is_not_toml_is_unreadable(tmp_path):
    assert fault_of(tmp_path, "format = 1", "format 1").code == "pins_unreadable"


def test_a_list_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(DeviceFault, match=PINS_VARIABLE) as caught:
        read_pins(tmp_path / "none.toml")
    assert caught.value.code == "pins_missing"
