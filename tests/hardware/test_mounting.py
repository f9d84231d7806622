from __future__ import annotations

import importlib.util
import re
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from hingecue.posture.constants import VIEW_SIDE_MAX_DEG

HARDWARE = Path(__file__).resolve().parents[2] / "hardware"
FROM, TO = r"L(\S+),(\S+) A", r"(\S+),(\S+) Z"  # where the arc of the sector begins and ends
WIDTH_PER_SIZE = 0.55  # an ordinary sans-serif letter of running text


@pytest.fixture(scope="module")
def mounting():
    sys.path.insert(0, str(HARDWARE))
    try:
        spec = importlib.util.spec_from_file_location("draw_mounting", HARDWARE / "draw_mounting.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(HARDWARE))
    return module


DRAWN = (HARDWARE / "mounting.svg").read_text("utf-8")


def boxes():
    for element in ET.fromstring(DRAWN).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 - our own file
        size, text = float(element.get("font-size")), element.text
        width = size * WIDTH_PER_SIZE * len(text)
        left = float(element.get("x")) - {"start": 0, "middle": width / 2, "end": width}[element.get("text-anchor")]
        base = float(element.get("y"))
        yield text, left, left + width, base - 0.75 * size, base + 0.2 * size


def test_the_drawing_is_what_the_script_draws(mounting):
    assert mounting.draw() == DRAWN, "run `python hardware/draw_mounting.py`"


def test_the_drawing_says_what_the_table_says():
    table = (HARDWARE / "README.md").read_text("utf-8")
    assert "0.07 to 1.93" in table
    assert "sees 0.07 to 1.93 m" in DRAWN
    assert "**2.65**" in table
    assert "to 2.65 m, the feet from 1.51 m on" in DRAWN


def test_the_sector_is_the_one_that_the_program_answers_in():
    assert f"within {VIEW_SIDE_MAX_DEG:.0f}°" in DRAWN


def test_a_metre_is_as_long_up_as_along(mounting):
    (x, y), (x2, y2) = mounting.side(0.0, 0.0), mounting.side(1.0, 1.0)
    assert x2 - x == pytest.approx(y - y2)


def test_the_sector_spans_twice_its_angle_around_the_direction_of_look(mounting):
    path = mounting.sector(0.0, 90).split('"')[1]
    (ax, ay), (bx, by) = (map(float, re.search(pattern, path).groups()) for pattern in (FROM, TO))
    assert ax == pytest.approx(-bx, abs=0.2)
    assert ay == pytest.approx(by)
    assert abs(bx - ax) == pytest.approx(0.75 * mounting.SCALE, abs=0.3)  # the chord of 60° is the radius


def test_no_word_covers_another_or_leaves_the_sheet(mounting):
    words = list(boxes())
    assert len(words) > 12
    for text, left, right, top, bottom in words:
        assert left >= 0, text
        assert right <= mounting.WIDTH, text
        assert top >= 0, text
        assert bottom <= mounting.HEIGHT, text
    for (one, left, right, top, bottom), (two, left2, right2, top2, bottom2) in combinations(words, 2):
        assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top, f"{one!r} and {two!r}"
