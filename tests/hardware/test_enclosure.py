from __future__ import annotations

import importlib.util
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

HARDWARE = Path(__file__).resolve().parents[2] / "hardware"
SPEC = importlib.util.spec_from_file_location("make_enclosure", HARDWARE / "make_enclosure.py")
MAKE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MAKE)

needs_openscad = pytest.mark.skipif(
    shutil.which("openscad") is None, reason="the enclosure is not rendered here: there is no OpenSCAD (apt: openscad)"
)


def triangles(path):
    """The corners of an ASCII STL, float64 (n, 3, 3), mm."""
    corners = re.findall(r"vertex (\S+) (\S+) (\S+)", path.read_text("ascii"))
    return np.array(corners, dtype=np.float64).reshape(-1, 3, 3)


def volume_cm3(faces):
    return float(np.einsum("ij,ij->", faces[:, 0], np.cross(faces[:, 1], faces[:, 2]))) / 6000.0


def open_edges(faces):
    """Edges that are not run through once in each direction for every two faces that meet there."""
    runs = Counter()
    for face in faces.tolist():
        a, b, c = map(tuple, face)
        runs.update([(a, b), (b, c), (c, a)])
    return [edge for edge, times in runs.items() if runs[edge[::-1]] != times]


def overlap_cm3(source, part, target):
    """How much of what is printed lies in what has to stay free; OpenSCAD refuses to write nothing at all."""
    try:
        MAKE.openscad(MAKE.SOURCES / f"{source}.scad", part, target)
    except RuntimeError as nothing:
        assert "top level object is empty" in str(nothing) or "there is nothing in it" in str(nothing)  # noqa: PT017
        return 0.0
    return abs(volume_cm3(triangles(target)))


@needs_openscad
@pytest.mark.parametrize(("source", "part", "settings"), MAKE.PARTS)
def test_a_part_is_closed_prints_without_a_warning_and_fits_a_small_printer(source, part, settings, tmp_path):
    target = tmp_path / MAKE.name_of(source, part, settings)
    assert MAKE.openscad(MAKE.SOURCES / f"{source}.scad", part, target, *settings) == ""
    faces = triangles(target)
    assert open_edges(faces) == []
    assert 1.0 < volume_cm3(faces) < 60.0
    low, high = faces.min(axis=(0, 1)), faces.max(axis=(0, 1))
    assert low[2] == pytest.approx(0.0, abs=1e-4), "it stands on the bed"
    assert (high - low).max() < 180.0


@needs_openscad
@pytest.mark.parametrize("source", ["case", "camera", "pod"])
def test_what_is_bought_has_room_in_what_is_printed(source, tmp_path):
    assert overlap_cm3(source, "clash", tmp_path / "clash.stl") == 0.0


@needs_openscad
@pytest.mark.parametrize("source", ["case", "camera", "pod"])
def test_a_board_that_is_off_by_two_millimetres_is_noticed(source, tmp_path):
    assert overlap_cm3(source, "clash_moved", tmp_path / "clash.stl") > 0.001


@needs_openscad
def test_the_lid_of_the_pod_closes_without_cutting_into_it(tmp_path):
    assert overlap_cm3("pod", "clash_lid", tmp_path / "clash.stl") == 0.0


@needs_openscad
def test_a_standoff_that_is_too_low_stops_the_rendering(tmp_path):
    with pytest.raises(RuntimeError, match="card's slot touch the floor"):
        MAKE.openscad(MAKE.SOURCES / "case.scad", "back", tmp_path / "back.stl", "standoff=3")


@needs_openscad
def test_a_hole_sits_under_each_hole_of_the_board(tmp_path):
    target = tmp_path / "back.stl"
    MAKE.openscad(MAKE.SOURCES / "case.scad", "back", target)
    corners = triangles(target).reshape(-1, 3)
    seat = corners[np.isclose(corners[:, 2], 8.0)]  # where the board lies: 3 of floor, 5 of standoff
    for x, y in ((3.5, 3.5), (61.5, 3.5), (3.5, 52.5), (61.5, 52.5)):  # mechanical drawing of the Pi
        away = np.hypot(seat[:, 0] - x, seat[:, 1] - y)
        assert np.isclose(away, 1.05, atol=0.01).sum() >= 16, (x, y)


def test_a_hole_in_a_body_is_noticed():
    corners = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], dtype=np.float64)
    whole = corners[[[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]]
    assert open_edges(whole) == []
    assert volume_cm3(whole) == pytest.approx(1.0 / 6.0)
    assert len(open_edges(whole[:3])) == 3


def test_every_picture_is_there_and_shown():
    page = (HARDWARE / "README.md").read_text("utf-8")
    for name in MAKE.PICTURES:
        assert (MAKE.SOURCES / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"(enclosure/{name}.png)" in page


def test_without_openscad_one_sentence_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert MAKE.main([]) == 1
    assert capsys.readouterr().err == "There is no OpenSCAD here: sudo apt install openscad\n"
