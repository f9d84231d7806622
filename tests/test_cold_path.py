"""What `hingecue run` loads: nothing that answers the web, draws or trains; native libraries where they are needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

WEB = {"http", "html", "ssl", "asyncio", "socketserver", "urllib.request", "xmlrpc", "starlette", "uvicorn"}
DRAWING = {"matplotlib", "PIL", "tkinter", "hingecue.store.picture", "hingecue.app.drawing"}
TRAINING = {"torch", "scipy", "tensorflow", "numba", "jax", "anny", "mediapipe", "litert_torch", "litert_quantizer"}
TOOLS = {"unittest", "doctest", "pydoc", "pdb", "pkg_resources", "setuptools", "pytest", "multiprocessing"}
EYES = {"cv2", "ai_edge_litert", "tflite_runtime"}
"""Native libraries that need a camera: half of the memory of the whole."""
RUN = "import sys; from hingecue.app.cli import main; sys.exit(main(['run', '--no-sensors', '--camera', sys.argv[1]]))"


def loaded_by(line, *words, home="/nonexistent"):
    """Give the modules, and the packages that they are in, that are there after a line of Python in a new process."""
    script = f"import atexit, json, sys\natexit.register(lambda: print(json.dumps(list(sys.modules))))\n{line}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}
    environ |= {"HINGECUE_HOME": str(home)}
    command = [sys.executable, "-I", "-c", script, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environ)
    assert "Traceback" not in done.stderr, done.stderr
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    assert "hingecue" in modules
    return modules


@pytest.fixture(scope="module")
def plain():
    """What is there in a Python that has done nothing, such as what the .pth files of this environment bring."""
    return loaded_by("import hingecue")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Everything that is loaded when `hingecue run` has judged a film and ended."""
    folder = tmp_path_factory.mktemp("run")
    writer = cv2.VideoWriter(str(folder / "film.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 15.0, (160, 120))
    for _ in range(8):
        writer.write(np.zeros((120, 160, 3), np.uint8))
    writer.release()
    return loaded_by(RUN, folder / "film.mp4", home=folder)


@pytest.mark.parametrize("unwanted", [WEB, DRAWING, TRAINING, TOOLS], ids=["web", "drawing", "training", "tools"])
def test_practice_needs_none_of_these(ran, plain, unwanted) -> None:
    assert {"cv2", "ai_edge_litert", "hingecue.app.device", "hingecue.cue.gpio"} <= ran  # it did what it does
    assert sorted(unwanted & (ran - plain)) == []


def test_the_way_of_a_cue_needs_no_eyes_and_no_console(plain) -> None:
    loaded = loaded_by("import hingecue.cue.gpio, hingecue.cue.pins, hingecue.cue.player") - plain
    assert sorted(loaded & (EYES | WEB | DRAWING | TRAINING | TOOLS | {"numpy", "rich", "sqlite3"})) == []


def test_pins_are_driven_by_a_library_that_comes_when_pins_are_opened(plain) -> None:
    assert sorted((loaded_by("import hingecue.app.device") - plain) & {"gpiozero", "lgpio"}) == []


@pytest.mark.parametrize("room", ["posture.judge", "coach.rules", "coach.summary", "store.session"])
def test_rooms_that_do_not_look_need_no_eyes(plain, room) -> None:
    assert sorted((loaded_by(f"import hingecue.{room}") - plain) & EYES) == []


def test_the_models_runtime_comes_with_the_models(plain) -> None:
    loaded = loaded_by("import hingecue.app.device") - plain
    assert sorted(loaded & {"ai_edge_litert", "tflite_runtime"}) == []


def test_help_is_there_before_anything_is_loaded(plain) -> None:
    loaded = loaded_by("from hingecue.app.cli import build_parser; build_parser().format_help()") - plain
    assert sorted(loaded & (EYES | {"numpy", "rich", "sqlite3"})) == []
