"""A Pi as it boots by itself: udev, D-Bus, polkit, picamera2 and the package. Its camera is pulled out and put in
again; in the end somebody holds the button until the box switches itself off."""

from __future__ import annotations

import grp
import json
import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.virtual_device.device import Feeder, Header, modprobe
from tests.virtual_device.film import Worn
from tests.virtual_device.unit import DATABASE, Report, coaching, journal, run, show, until

from hingecue.cue.pins import read_pins

VIMC = Path("/sys/bus/platform/drivers/vimc")
NODES = ("/dev/i2c-1", "/dev/gpiochip0", "/dev/media0", "/dev/video0", "/dev/dma_heap/system")
PATIENCE_S = 180.0
"""How long a start may take, s: nothing here is about speed."""
LIFTS_S = 12.0
"""How long somebody lifts, s: two bends."""
HELD_S = 7.0
"""How long the button is held, s: switching off asks for 6."""


def ended(_signal, _frame) -> None:
    """Say what is stored, as the machine goes off; the unit ends before this one."""
    with closing(sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True)) as db:
        report["whole"] = db.execute("PRAGMA integrity_check").fetchone()[0]
        report["finished"] = [bool(end) for (end,) in db.execute("SELECT end_ns IS NOT NULL FROM sessions")]
        report["bends"] = db.execute("SELECT count(*) FROM bends").fetchone()[0]
    report["result"], report["journal"] = show("Result"), journal()
    report.end()
    sys.exit(0)


signal.signal(signal.SIGTERM, ended)
report = Report()
modprobe("i2c-regsim")
header, pins = Header(), read_pins()
modprobe("vimc")
run("udevadm", "settle")
states = {node: Path(node).stat() for node in NODES}
report["nodes"] = {node: [grp.getgrgid(s.st_gid).gr_name, oct(s.st_mode & 0o777)] for node, s in states.items()}
worn, lifts_s = Worn(), float("inf")
Feeder(lambda role, t_s: worn.at(role, max(0.0, t_s - lifts_s)))
fed_s = time.monotonic()
run("systemd-notify", "--ready")  # the world is there; now the unit may start
report["coaching"] = until(coaching, PATIENCE_S)
found = json.loads(run("hingecue", "check", "--json") or "{}")
report["check"] = {part["part"]: [part["state"], part["what"]] for part in found.get("parts", [])}
report["back"] = 0
for _ in range(int(os.environ.get("TIMES", "1"))):
    (VIMC / "unbind").write_text("vimc.0")
    told = until(lambda: header.value(pins.led_camera) == 0, PATIENCE_S)
    (VIMC / "bind").write_text("vimc.0")
    if not (told and until(coaching, PATIENCE_S)):
        break
    report["back"] += 1
lifts_s = time.monotonic() - fed_s
time.sleep(LIFTS_S)
header.press(pins.button, HELD_S, bounces=4)
time.sleep(PATIENCE_S)
report["still on"] = journal()
report.end()
