from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path

import pytest

from hingecue.cue.pins import HEADER, read_pins

HARDWARE = Path(__file__).resolve().parents[2] / "hardware"
WIDTH_PER_SIZE = 0.62  # an ordinary sans-serif letter is not wider than this share of its height


def script(name):
    spec = importlib.util.spec_from_file_location(name, HARDWARE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WIRING = script("draw_wiring")
PINS = read_pins(HARDWARE / "pins.toml")
DRAWN = (HARDWARE / "wiring.svg").read_text("utf-8")


def words():
    for element in ET.fromstring(DRAWN).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 - our own file
        size, text = float(element.get("font-size")), element.text
        width = size * WIDTH_PER_SIZE * len(text)
        left = float(element.get("x")) - {"start": 0, "middle": width / 2, "end": width}[element.get("text-anchor")]
        base = float(element.get("y"))
        yield text, left, left + width, base - 0.75 * size, base + 0.2 * size


def test_the_drawing_is_what_the_script_draws():
    assert WIRING.draw(PINS) == DRAWN, "run `python hardware/draw_wiring.py`"


@pytest.mark.parametrize(("name", "bcm"), asdict(PINS).items())
def test_every_pin_stands_in_the_drawing(name, bcm):
    labels = [text for text, *_ in words()]
    assert labels.count(f"BCM {bcm}  {name}") == 1
    assert str(HEADER[bcm]) in labels


@pytest.mark.parametrize("said", ["0x68", "0x69", "1N5819", "BC337-25", "470 Ω", "1 kΩ", "100 nF", "pelvis", "thorax"])
def test_parts_and_addresses_stand_in_the_drawing(said):
    assert said in DRAWN


def test_no_word_covers_another_or_leaves_the_sheet():
    boxes = list(words())
    assert len(boxes) > 60
    for text, left, right, top, bottom in boxes:
        assert left >= 0, text
        assert right <= WIRING.WIDTH, text
        assert top >= 0, text
        assert bottom <= WIRING.HEIGHT, text
    for (one, left, right, top, bottom), (two, left2, right2, top2, bottom2) in combinations(boxes, 2):
        assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top, f"{one!r} and {two!r}"


def test_a_pin_on_the_other_side_of_the_header_cannot_be_drawn():
    with pytest.raises(ValueError, match="motor"):
        WIRING.draw(replace(PINS, motor=19))


def test_the_drawing_follows_the_pins():
    assert "BCM 25  buzzer" in WIRING.draw(replace(PINS, buzzer=25))


def test_the_table_of_the_field_of_view_is_the_computed_one():
    assert script("field_of_view").table() in (HARDWARE / "README.md").read_text("utf-8")


def test_the_field_of_view_is_plain_geometry():
    low, high = script("field_of_view").seen(1.0, 2.0, 90.0)
    assert (low, high) == pytest.approx((-1.0, 3.0))
    assert script("field_of_view").feet_from(1.0, 90.0) == pytest.approx(1.0)
