"""A whole lift through the unit: the film before its camera, the samples in its chips, its cues on its lines."""

from __future__ import annotations

import os
import time

from tests.virtual_device.device import Header, Scope, fail, heal, modprobe, pulses
from tests.virtual_device.film import Lifter, plug_film_camera
from tests.virtual_device.unit import DATABASE, UNIT, Report, coaching, journal, run, show, start, until

from hingecue.cue.pins import read_pins
from hingecue.store.reader import SessionReader

report = Report()
modprobe("i2c-regsim")
header, pins = Header(), read_pins()
plug_film_camera()
lifter = Lifter()
scope = Scope(header, {"motor": pins.motor, "buzzer": pins.buzzer, "led_camera": pins.led_camera})
start()
report["active"] = until(lambda: show("ActiveState") == "active")
report["coaching"] = until(coaching)

header.press(pins.button, bounces=4)
report["stopped"] = until(lambda: header.value(pins.led_camera) == 0, 20.0)
header.press(pins.button, bounces=4)
report["goes on"] = until(lambda: header.value(pins.led_camera) == 1, 20.0) and until(coaching)

film_s = lifter.begin()
if os.environ.get("FAULT") == "sensor":  # the pelvis is pulled out for two seconds in the middle of a lift
    time.sleep(20.0)
    fail(0x68)
    time.sleep(2.0)
    heal()
time.sleep(film_s + lifter.length_s + 3.0 - time.monotonic())
began_s = time.monotonic()
run("systemctl", "stop", UNIT)
report["stopped after s"] = time.monotonic() - began_s
report["result"] = show("Result")
edges = scope.close()
for name in ("motor", "buzzer"):
    report[name] = [[round(begin - film_s, 3), round(length, 3)] for begin, length in pulses(edges[name])]
report["camera light"] = [value for _, value in edges["led_camera"]]
report["restarts"] = int(show("NRestarts"))
report["journal"] = journal()
with SessionReader(DATABASE) as reader:
    sessions = reader.sessions()
    report["finished"] = [session.finished for session in sessions]
    bends = [bend for session in sessions for bend in reader.bends(session.id)]
report["kinds"] = [str(b.kind) for b in bends]
report["sources"] = sorted({str(b.spine_source) for b in bends})
report["reasons"] = [[str(r) for r in b.reasons] for b in bends]
report["cues"] = [[c.pattern, c.t_s] for b in bends for c in b.cues]
report["first_s"] = bends[0].bottom_s
report.end()
