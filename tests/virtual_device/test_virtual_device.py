"""The product against real kernel interfaces: I2C, GPIO, a card that loses its power. Each test is one boot or more."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest

from hingecue.coach.constants import PatternName
from hingecue.cue.patterns import PATTERNS
from tests.virtual_device.boot import HERE

pytestmark = pytest.mark.virtual
LOOSE_S = 0.01
"""What a pulse may be longer or shorter than its pattern, s: a period of the PWM, and the step of the scope."""


def report_of(outcome):
    assert outcome.status == 0, outcome.output + outcome.console
    return json.loads(outcome.output.splitlines()[-1])


def plan(name):
    return f"exec $PY {HERE / 'plans' / name}"


def test_sensors_on_a_real_bus_are_found_read_and_survive_what_happens_to_a_cable(guest) -> None:
    report = report_of(guest.run(plan("sensors.py")))
    assert report["found"] == {"pelvis": "MPU-6050", "thorax": "MPU-6050"}
    assert report["read"]
    assert report["first_g"] == pytest.approx([0.0, 0.02, 1.0], abs=0.002)
    for round_ in range(3):
        assert report[f"vanished {round_}"]
        assert report[f"returned {round_}"]
        assert report[f"other {round_}"] in {"ok", "degraded"}
    assert report["hangs"]
    assert report["goes on"]
    assert report["leaks"] == {"threads": 0, "descriptors": 0}
    assert report["warnings"] == []


def test_real_lines_follow_the_patterns_and_the_button_is_heard_through_its_bounce(guest) -> None:
    report = report_of(guest.run(plan("pins.py")))
    assert report["faults"] == []
    for name in PatternName:
        wanted, begin_s = [], 0.0
        for pulse in PATTERNS[name].pulses:
            wanted.append((begin_s, pulse.on_ms / 1000))
            begin_s += (pulse.on_ms + pulse.off_ms) / 1000
        felt = report[str(name)]["motor"]
        assert len(felt) == len(wanted), f"{name}: {felt}"
        for (begin, length), (begin_wanted, length_wanted) in zip(felt, wanted, strict=True):
            assert begin == pytest.approx(begin_wanted, abs=LOOSE_S)
            assert length == pytest.approx(length_wanted, abs=LOOSE_S)
        assert len(report[str(name)]["buzzer"]) == (0 if name is PatternName.GOOD else len(wanted))
    assert (report["green"], report["camera"]) == (1, 1)
    assert report["button"] == ["start_stop", "mute", "calibrate"]
    assert report["rest"] == [0, 0, 0, 0]
    assert report["busy"] == [["gpio_busy", "buzzer on BCM 23"]]
    assert report["rest works"] == 1
    assert report["there"]
    assert report["gone"] == "gpio_error"


def test_a_real_camera_gives_frames_and_says_when_it_is_silent_or_gone(guest, times) -> None:
    guest.environ["TIMES"] = str(times)
    report = report_of(guest.run(plan("camera.py"), 60.0 + 30.0 * times))
    assert report["nothing there"] == "camera_missing"
    assert report["size"] == [640, 480]
    assert report["shape"] == [480, 640, 4]
    assert report["in order"]
    assert report["moves"]
    assert report["seconds"] > 0.5
    assert report["silent"] == "camera_silent"
    assert report["speaks again"] == 3
    assert report["pulled out"] == "camera_silent"
    assert report["away"] == "camera_missing"
    assert not report["stuck"]
    assert report["put in"] == 3
    assert report["leaks"] == {"threads": 0, "descriptors": 0}


def test_no_bend_that_was_stored_is_lost_when_the_power_is_cut(guest, times) -> None:
    guest.travels = False  # its disk answers in its own time
    guest.data = guest.share / "card.ext4"
    for _ in range(times):
        with guest.data.open("wb") as card:
            card.truncate(64 << 20)
        subprocess.run([shutil.which("mkfs.ext4") or "/sbin/mkfs.ext4", "-q", "-F", guest.data], check=True)
        process = guest.start(plan("power.py"))
        guest.wait_for("\n1 40\n".lstrip(), process)
        guest.cut(process)
        session, stored = guest.outcome().output.splitlines()[-1].split()
        assert guest.run("cp /run/data/sessions.db* /run/share/").status == 0
        with closing(sqlite3.connect(guest.share / "sessions.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            there = connection.execute('SELECT "index" FROM bends WHERE session_id = ?', (session,)).fetchall()
        assert [index for (index,) in there][: int(stored)] == list(range(1, int(stored) + 1))
        for file in guest.share.glob("sessions.db*"):
            file.unlink()
