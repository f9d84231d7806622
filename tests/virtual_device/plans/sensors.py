"""Our sensors' drivers on a real /dev/i2c-1: found, read, one vanishes and returns, the bus stands still."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from tests.virtual_device.device import Feeder, fail, heal, modprobe

from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import open_sensors
from hingecue.sense.imu.reader import ImuReader

STILL = ((0.0, 0.02, 1.0), (0.5, 0.0, 0.0))


def until(true, limit_s=20.0):
    end = time.monotonic() + limit_s
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(true())


def holding():
    return {"threads": threading.active_count(), "descriptors": len(list(Path("/proc/self/fd").iterdir()))}


modprobe("i2c-regsim")
feeder = Feeder(lambda _role, _t_s: STILL)
report = {}
with Bus(1) as bus:
    sensors = open_sensors(bus)
    report["found"] = {str(s.role): s.chip.name for s in sensors}
    with ImuReader(sensors) as reader:
        states = lambda: {str(s.role): str(s.health.state) for s in reader.sensors}  # noqa: E731
        report["read"] = until(lambda: set(states().values()) == {"ok"})
        time.sleep(2.0)
        taken = reader.take()
        report["first_g"] = taken[-1].accel_g
        before = holding()
        for round_ in range(3):
            fail(0x68)
            report[f"vanished {round_}"] = until(lambda: states()["pelvis"] == "lost")
            report[f"other {round_}"] = states()["thorax"]
            heal()
            report[f"returned {round_}"] = until(lambda: states()["pelvis"] == "ok")
        fail(0x69, 110, delay_us=50_000)
        report["hangs"] = until(lambda: states()["thorax"] == "lost")
        heal()
        report["goes on"] = until(lambda: set(states().values()) == {"ok"})
        report["leaks"] = {name: count - before[name] for name, count in holding().items()}
        report["faults"] = sorted({s.health.fault.code for s in reader.sensors if s.health.fault})
    report["warnings"] = reader.warnings
feeder.close()
print(json.dumps(report))  # noqa: T201
