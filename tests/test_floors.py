"""Imports only go down the floors, and each native library stays in its room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "device" / "hingecue"
FLOOR = {"pose": 1, "posture": 1, "coach": 1, "store": 2, "sense": 3, "cue": 3, "app": 4}
PURE = ("posture", "coach")
IMPURE = {"time", "threading", "logging", "os", "io", "pathlib", "socket", "random", "sqlite3", "cv2", "subprocess"}
HOME = {
    "cv2": ("pose", "sense"),
    "ai_edge_litert": ("pose/runtime.py",),
    "sqlite3": ("store",),
    "smbus2": ("sense/imu/bus.py",),
    "gpiozero": ("cue/gpio.py",),
    "picamera2": ("sense/libcamera.py",),
    "libcamera": (),
    "rich": ("app", "cue"),
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def room(path):
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down_and_libraries_stay_home(path) -> None:
    here = FLOOR.get(room(path), 0)
    for name in imports(path):
        first, *rest = name.split(".")
        if first == "hingecue" and rest:
            assert FLOOR.get(rest[0], 0) <= here, f"{name} is on a higher floor"
        if first in HOME:
            relative = str(path.relative_to(PACKAGE))
            assert relative.startswith(HOME[first]), f"{first} does not belong here"
        if room(path) in PURE:
            assert first not in IMPURE, f"{first} in a pure room"


def test_there_is_something_to_hold() -> None:
    assert len(FILES) > 30
