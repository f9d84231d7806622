"""The unmodified unit under a real systemd: a lift before a real camera, with chips on a real bus and real lines, and
what happens when parts of it go away in the middle of practice."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from hingecue.app.demo import FOLDER
from hingecue.coach.constants import PatternName
from hingecue.cue.patterns import PATTERNS
from tests.virtual_device.boot import HERE

pytestmark = pytest.mark.virtual
LOOSE_S = 0.01
"""What a pulse may be longer or shorter than its pattern, s: a period of the PWM, and the step of the scope."""
CHIPS = 7
"""How often the GPIO chip may go in one boot: this kernel never gives a number again that was in use when its chip
went, and it has numbers for nine chips of 54 lines."""
APART_S = 0.06
"""How far the clock of the session may seem from the film's, s: a picture, since both are told by the first bottom."""


@cache
def replayed() -> list[dict]:
    """Give the bends of the bundled recording as `analyze` finds them, with the model of the guest's board."""
    words = [Path(sys.executable).with_name("hingecue"), "analyze", "--json", "--no-store", "--model", "lite", FOLDER]
    return json.loads(subprocess.run(words, check=True, capture_output=True).stdout)["bends"]


def report_of(outcome) -> dict:
    assert outcome.status == 0, outcome.output + outcome.console
    return json.loads(outcome.output.splitlines()[-1])


def lift(guest) -> dict:
    guest.systemd = True
    report = report_of(guest.run(f"exec $PY {HERE / 'plans' / 'lift.py'}", 900.0))
    said = "\n".join(report["journal"])
    for name in ("active", "coaching", "stopped", "goes on"):
        assert report[name], f"{name}\n{said}"
    assert report["finished"] == [True]
    assert report["result"] == "success"
    assert report["stopped after s"] < 2.0
    assert "Traceback" not in said
    return report


def test_a_lift_through_camera_chips_and_lines_gives_the_kinds_and_cues_of_its_replay(guest) -> None:
    report = lift(guest)
    assert report["kinds"] == [bend["kind"] for bend in replayed()]
    assert report["sources"] == ["fused"]
    assert report["camera light"] == [0, 1, 0, 1, 0]
    motor, buzzer = [], []
    _, first_s = report["cues"][0]
    zero_s = report["motor"][0][0] - first_s
    assert zero_s == pytest.approx(replayed()[0]["bottom_s"] - report["first_s"], abs=APART_S)
    for name, t_s in report["cues"]:
        begin_s = t_s + zero_s
        for pulse in PATTERNS[name].pulses:
            motor.append((begin_s, pulse.on_ms / 1000))
            if name != PatternName.GOOD:
                buzzer.append((begin_s, pulse.on_ms / 1000))
            begin_s += (pulse.on_ms + pulse.off_ms) / 1000
    assert [name for name, _ in report["cues"]].count(PatternName.EARLY) >= 3
    for line, wanted in (("motor", motor), ("buzzer", buzzer)):
        assert len(report[line]) == len(wanted), line
        for (begin, length), (begin_wanted, length_wanted) in zip(report[line], wanted, strict=True):
            assert begin == pytest.approx(begin_wanted, abs=LOOSE_S), line
            assert length == pytest.approx(length_wanted, abs=LOOSE_S), line


def test_a_sensor_that_is_pulled_out_for_two_seconds_costs_no_bend_and_no_wrong_kind(guest) -> None:
    guest.environ["FAULT"] = "sensor"
    report = lift(guest)
    right = [bend["kind"] for bend in replayed()]
    assert len(report["kinds"]) == len(right)
    assert all(kind in {wanted, "unsure"} for kind, wanted in zip(report["kinds"], right, strict=True))


@pytest.mark.parametrize("fault", ["sensor", "bus", "clock"])
def test_what_practice_outlives_costs_no_bend_and_no_restart(guest, times, fault) -> None:
    report = befall(guest, times, fault)
    assert report["restarts"] == 0
    assert report["same process"]


@pytest.mark.parametrize("fault", ["frozen", "camera", "pins"])
def test_what_only_a_new_process_mends_costs_no_finished_bend_and_needs_no_hand(guest, times, fault) -> None:
    most = CHIPS if fault == "pins" else times
    for begin in range(0, times, most):
        rounds = min(most, times - begin)
        report = befall(guest, rounds, fault)
        assert report["restarts"] >= rounds
        # RestartSec= and what a camera needs; the processor's own time is not in the guest's.
        assert max(report["back_s"]) < 5.0


def befall(guest, times, fault) -> dict:
    """Let a fault befall the unit so many times while somebody lifts; give what came of it."""
    guest.systemd = True
    bends = [(bend["start_s"], bend["bottom_s"], bend["end_s"]) for bend in replayed()]
    guest.environ |= {"FAULT": fault, "TIMES": str(times), "BENDS": json.dumps(bends)}
    report = report_of(guest.run(f"exec $PY {HERE / 'plans' / 'faults.py'}", 900.0 + 60.0 * times))
    said = "\n".join(report["journal"])
    assert report["coaching"], said
    assert report["times"] == times, said
    assert report["untold"] == 0, said
    assert report["finished"] >= times / 2
    assert report["lost"] == 0, report["told"]
    assert "Traceback" not in said
    return report
