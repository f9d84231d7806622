"""Our pins on a real GPIO chip: a cue on the lines, a button that bounces, a busy line, a chip that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from tests.virtual_device.device import Header, Scope, pulses

from hingecue.cue.gpio import GpioButton, GpioCue, open_chip
from hingecue.cue.lights import Light
from hingecue.cue.pins import read_pins
from hingecue.types import Cue

header, pins, report, told = Header(), read_pins(), {}, []
HOLD = """
import lgpio, time
lgpio.gpio_claim_output(lgpio.gpiochip_open(0), 23)
print("held", flush=True)
time.sleep(60)
"""

with open_chip() as chip:
    cue = GpioCue(pins, chip)
    report["faults"] = [f.code for f in cue.faults]
    for pattern in ("early", "after", "good"):
        scope = Scope(header, {"motor": pins.motor, "buzzer": pins.buzzer})
        cue.play(Cue(0.0, pattern))
        time.sleep(1.0)
        edges = scope.close()
        report[pattern] = {
            name: [[round(b - pulses(edges[name])[0][0], 3), round(n, 3)] for b, n in pulses(edges[name])]
            for name in edges
        }
    cue.show(Light.READY)
    cue.show_camera(on=True)
    time.sleep(0.2)
    report["green"], report["camera"] = header.value(pins.led_green), header.value(pins.led_camera)
    button = GpioButton(pins.button, lambda press: told.append(str(press.action)), chip)
    time.sleep(0.2)
    header.press(pins.button, bounces=4)
    time.sleep(1.0)
    header.press(pins.button, bounces=4)
    time.sleep(0.15)
    header.press(pins.button, bounces=4)
    time.sleep(1.0)
    header.press(pins.button, 2.3, bounces=4)
    time.sleep(0.5)
    report["button"] = told
    button.close()
    cue.close()
    report["rest"] = [header.value(p) for p in (pins.motor, pins.buzzer, pins.led_green, pins.led_camera)]

other = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE)
other.stdout.readline()
with open_chip() as chip:
    cue = GpioCue(pins, chip)
    report["busy"] = [(f.code, f.where) for f in cue.faults]
    scope = Scope(header, {"motor": pins.motor})
    cue.play(Cue(0.0, "after"))
    time.sleep(0.6)
    report["rest works"] = len(pulses(scope.close()["motor"]))
    cue.close()
other.kill()
other.wait()

chip = open_chip()
factory = chip.__enter__()
cue = GpioCue(pins, factory)
cue.look()
report["there"] = cue.lost is None
header.unplug()
cue.look()
report["gone"] = None if cue.lost is None else cue.lost.code
print(json.dumps(report), flush=True)  # noqa: T201
os._exit(0)  # the library's thread turns without end once its chip is gone: only the end of the process ends it
