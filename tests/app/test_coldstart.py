from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hingecue.app.coldstart import COLD_START, ColdStart, process_began_ns
from hingecue.clock import monotonic_ns

S = 1_000_000_000


def clock_of(*times_ns):
    left = iter(times_ns)
    return lambda: next(left)


def test_each_part_has_the_time_since_the_one_before() -> None:
    start = ColdStart(1 * S, clock_of(2 * S, 2 * S + 345_678_000, 5 * S))
    for part in ("python", "models", "first_moment"):
        start.reached(part)
    assert start.parts_ms == {"python": 1000.0, "models": 345.7, "first_moment": 2654.3}
    assert list(start.parts_ms) == ["python", "models", "first_moment"]


def test_only_the_first_time_is_a_cold_start() -> None:
    start = ColdStart(0, clock_of(S, 2 * S))
    start.reached("parts")
    start.reached("parts")
    start.reached("first_moment")
    assert start.parts_ms == {"parts": 1000.0, "first_moment": 1000.0}


def test_a_start_that_nobody_knows_has_no_length() -> None:
    start = ColdStart(None, clock_of(S, 3 * S))
    start.reached("python")
    start.reached("models")
    assert start.parts_ms == {"python": None, "models": 2000.0}


def test_what_was_given_does_not_change_any_more() -> None:
    start = ColdStart(0, clock_of(S, 2 * S))
    start.reached("python")
    given = start.parts_ms
    start.reached("models")
    assert given == {"python": 1000.0}


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system has no /proc")  # noqa: PTH110
def test_the_system_tells_when_this_process_began() -> None:
    before_ns = monotonic_ns()
    line = "from hingecue.app.coldstart import process_began_ns; print(process_began_ns())"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60, check=True)
    tick_ns = S // os.sysconf("SC_CLK_TCK")
    assert before_ns - tick_ns <= int(done.stdout) <= monotonic_ns()


@pytest.mark.parametrize("text", ["", "1 (name) S 1 2 3", "1 (a) b) S" + " x" * 40])
def test_a_system_that_tells_something_else_is_not_known(tmp_path, text) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/stat").write_text(text, "utf-8")
    assert process_began_ns(tmp_path) is None


def test_a_system_without_proc_is_not_known(tmp_path) -> None:
    assert process_began_ns(tmp_path) is None


def test_this_program_knows_its_own_start() -> None:
    assert next(iter(COLD_START.parts_ms)) == "python"
