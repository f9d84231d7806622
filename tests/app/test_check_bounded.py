"""The doctor's children are real processes here, and what is wrong with them is really wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hingecue.app.doctor.bounded import NOT_THERE, ask, last_json, look
from hingecue.config import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(database=tmp_path / "sessions.db", camera=str(tmp_path / "video9"))


@pytest.fixture
def numpy(tmp_path, monkeypatch):
    """Put another numpy before the real one, for children."""

    def put(program):
        (tmp_path / "wrong" / "numpy").mkdir(parents=True)
        (tmp_path / "wrong" / "numpy" / "__init__.py").write_text(program, "utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "wrong"))

    return put


def test_a_program_is_given_its_question_and_answers() -> None:
    answer = ask(["sh", "-c", "cat; echo no >&2; exit 3"], given="grüezi")
    assert (answer.status, answer.out, answer.err) == (3, "grüezi", "no\n")


def test_a_program_that_is_not_installed_is_no_error() -> None:
    assert ask(["hingecue-has-no-such-program"]).status == NOT_THERE


def test_bytes_that_are_no_text_are_borne() -> None:
    assert ask(["printf", r"a\377b"]).out == "a\ufffdb"


def gone(pid):
    """Wait until a process has ended; False when it stays."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text("ascii").split()[2] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_a_program_that_does_not_end_is_ended_with_its_children(tmp_path) -> None:
    mark = tmp_path / "pid"
    assert ask(["sh", "-c", f"sleep 60 & echo $! > {mark}; wait"], 0.5).status is None
    assert gone(mark.read_text("ascii").strip())


def test_ctrl_c_leaves_no_program_behind(tmp_path) -> None:
    mark = tmp_path / "pid"

    def interrupt():
        while not mark.exists() or not mark.read_text("ascii"):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started deaf to it
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            # It tells its number once it is asked: before that, its end is that of its stdin.
            ask(["sh", "-c", f"read -r asked; echo $$ > {mark}; sleep 60"], 30.0, "go\n")
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert gone(mark.read_text("ascii").strip())


def test_a_part_answers_through_its_process(settings) -> None:
    (camera,) = look("camera", settings)
    assert (camera.part, camera.state) == ("camera", "absent")
    assert "there is no such camera" in camera.what


def test_a_part_is_told_that_the_service_runs(settings) -> None:
    (camera,) = look("camera", replace(settings, camera="auto"), served=True)
    assert (camera.state, camera.what) == ("ok", "the running service has it")


def test_a_library_that_does_not_fit_is_a_finding(settings, numpy) -> None:
    numpy("raise ValueError('numpy.dtype size changed, may indicate binary incompatibility')")
    (libraries,) = look("libraries", settings)
    assert (libraries.part, libraries.state) == ("libraries", "fault")
    assert libraries.what.startswith("looking at it failed: ValueError: numpy.dtype size changed")
    assert "--bundle" in libraries.try_this


def test_a_library_that_crashes_is_a_finding(settings, numpy) -> None:
    numpy("import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    (runtime,) = look("runtime", settings)
    assert (runtime.state, runtime.what) == ("fault", "looking at it was ended by the system: Illegal instruction")


def test_a_library_that_hangs_is_a_finding(settings, numpy) -> None:
    numpy("import time; time.sleep(60)")
    (store,) = look("store", settings, 0.5)
    assert (store.state, store.what) == ("fault", "it gave no answer within 0.5 s")


def test_a_last_word_of_a_library_is_borne() -> None:
    assert last_json('words\n[{"part": "x"}]\n[bye\n') == [{"part": "x"}]
    assert last_json("words\n") is None


def test_a_part_that_ends_without_an_answer_is_a_finding(settings, tmp_path, monkeypatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(0)", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (found,) = look("camera", settings)
    assert (found.state, found.what) == ("fault", "looking at it failed: without a word")


def test_the_whole_doctor_survives_a_library_that_does_not_load(settings, numpy, tmp_path) -> None:
    numpy("raise ImportError('libopenblas.so.0: cannot open shared object file')")
    program = "import sys; from hingecue.app.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "check", "--database", str(settings.database)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "✗ libraries   looking at it failed: ImportError: libopenblas" in done.stdout
    assert "✓ hingecue" in done.stdout
    assert "disk" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
