"""The program as it is, with a film as its camera, chips on a real bus and real lines; says what it did and stored."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.virtual_device.device import Feeder, Header, Scope, fail, heal, modprobe, pulses

from hingecue.app.demo import FOLDER
from hingecue.cue.pins import read_pins
from hingecue.sense.recording import open_recording
from hingecue.store.reader import SessionReader

modprobe("i2c-regsim")
header, pins = Header(), read_pins()
home = Path("/tmp/home")  # noqa: S108 - the guest's own
with open_recording(FOLDER) as recording:
    tracks = {role: (t.accel_g.tolist(), t.gyro_dps.tolist(), t.rate_hz) for role, t in recording.imu.items()}
    length_s = recording.duration_s
film_s = [None]


def source(role, t_s):
    accel, gyro, rate = tracks[role]
    at_s = 0.0 if film_s[0] is None else time.monotonic() - film_s[0]
    i = max(0, min(len(accel) - 1, int(at_s * rate)))
    return accel[i], gyro[i]


def plays(pid, name):
    """Tell whether the program has opened its film, which plays from then on."""
    with suppress(OSError):
        return any(str(link.readlink()).endswith(name) for link in Path(f"/proc/{pid}/fd").iterdir())
    return False


feeder = Feeder(source)
scope = Scope(header, {"buzzer": pins.buzzer, "led_camera": pins.led_camera})
program = Path(sys.executable).with_name("hingecue")
words = [
    sys.executable,
    program,
    "run",
    "--camera",
    FOLDER / "camera.mp4",
    "--model",
    "lite",
    "--database",
    home / "s.db",
]
run = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
report = {}
while run.poll() is None and not plays(run.pid, "camera.mp4"):
    time.sleep(0.005)
film_s[0] = time.monotonic()
if os.environ.get("FAULT") == "sensor":  # the pelvis is pulled out for two seconds in the middle of a lift
    time.sleep(20.0)
    fail(0x68)
    time.sleep(2.0)
    heal()
try:
    run.wait(length_s + 90.0)
except subprocess.TimeoutExpired:
    run.send_signal(signal.SIGINT)
report["status"] = run.wait(10.0)
report["took_s"], report["length_s"] = time.monotonic() - film_s[0], length_s
report["said"] = run.stderr.read()
edges = scope.close()
report["buzzes"] = [round(length, 3) for _, length in pulses(edges["buzzer"])]
report["camera light"] = [value for _, value in edges["led_camera"]]
with SessionReader(home / "s.db") as reader:
    sessions = reader.sessions()
    if len(sessions) != 1:
        sys.exit(f"{len(sessions)} sessions, exit status {report['status']}: {report['said']}")
    (session,) = sessions
    bends = reader.bends(session.id)
report["finished"] = session.finished
report["kinds"] = [str(b.kind) for b in bends]
report["sources"] = sorted({str(b.spine_source) for b in bends})
report["reasons"] = [[str(r) for r in b.reasons] for b in bends]
report["bottoms_s"] = [b.bottom_s for b in bends]
report["cues"] = [c.pattern for b in bends for c in b.cues]
print(json.dumps(report))  # noqa: T201
