"""The unit as it is under a real systemd, on a real camera, bus and pins: its state, its rights, and what it does when
a part goes away."""

from __future__ import annotations

import grp
import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.virtual_device.device import (
    VIDEO,
    Feeder,
    Header,
    fail,
    heal,
    modprobe,
    plug_camera,
    unplug_camera,
)

from hingecue.cue.pins import read_pins

UNIT = "hingecue.service"
CHIP = Path("/dev/gpiochip0")
STATUS = Path("/run/hingecue/status.json")


class Report(dict):
    """What came of it; said as it comes, so that a plan that stops tells how far it got."""

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        print(f"{time.monotonic():8.1f} {name}: {value}", flush=True)  # noqa: T201


report = Report()


def run(*words: str) -> str:
    return subprocess.run(words, check=False, capture_output=True, text=True).stdout.strip()


def show(key: str) -> str:
    return run("systemctl", "show", "--value", f"--property={key}", UNIT)


def journal() -> list[str]:
    return run("journalctl", "--unit", UNIT, "--output=cat", "--no-pager").splitlines()[-60:]


def until(true, limit_s: float = 60.0) -> bool:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def status() -> dict:
    try:
        return json.loads(STATUS.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def let_go() -> bool:
    """Tell whether no process holds a camera: the kernel gives its number anew only then."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(link.readlink()).startswith(str(VIDEO)):
                return False
    return True


def give(node: Path, group: str) -> None:
    """Do what udev does by systemd/udev/60-hingecue.rules: udev is not on every machine that builds this."""
    os.chown(node, 0, grp.getgrnam(group).gr_gid)
    node.chmod(0o660)


run("systemd-sysusers")
run("systemd-tmpfiles", "--create")
header, pins = Header(), read_pins()
modprobe("i2c-regsim")
modprobe("vivid", "n_devs=1", "node_types=0x1", "num_inputs=1", "input_types=0x0")
feeder = Feeder(lambda _role, _t_s: ((0.0, 0.02, 1.0), (0.5, 0.0, 0.0)))
give(Path("/dev/i2c-1"), "i2c")
give(CHIP, "gpio")
give(VIDEO, "video")

began_s = time.monotonic()
run("systemctl", "start", "--no-block", UNIT)
report["active"] = until(lambda: show("ActiveState") == "active")
report["active after s"] = round(time.monotonic() - began_s, 1)
report["sensors"] = until(lambda: set(status().get("sensors", {}).values()) == {"ok"})
report["frames"] = until(lambda: (status().get("fps") or 0) > 0)
report["camera light"] = until(lambda: header.value(pins.led_camera) == 1, 10.0)

report["journal"] = journal()
for _ in range(int(os.environ.get("TIMES", "1"))):
    fail(0x68)
    report["sensor lost"] = until(lambda: status().get("sensors", {}).get("pelvis") == "lost", 20.0)
    heal()
    report["sensor back"] = until(lambda: status().get("sensors", {}).get("pelvis") == "ok", 20.0)
report["restarts after sensors"] = int(show("NRestarts"))

header.press(pins.button, bounces=4)
report["stopped"] = until(lambda: status().get("state") == "idle" or header.value(pins.led_camera) == 0, 20.0)
header.press(pins.button, bounces=4)
report["goes on"] = until(lambda: header.value(pins.led_camera) == 1, 30.0)

took_s = []
for _ in range(int(os.environ.get("TIMES", "1"))):
    unplug_camera()
    report["camera missed"] = until(lambda: header.value(pins.led_camera) == 0, 30.0)
    report["camera let go"] = until(let_go, 30.0)
    plug_camera()
    report["cameras"] = sorted(str(path) for path in Path("/dev").glob("video*"))
    give(VIDEO, "video")
    began_s = time.monotonic()
    report["camera back"] = until(lambda: header.value(pins.led_camera) == 1, 60.0)
    took_s.append(round(time.monotonic() - began_s, 1))
report["back after s"] = took_s
report["restarts after camera"] = int(show("NRestarts"))

took_s = []
for _ in range(int(os.environ.get("TIMES", "1"))):
    before = int(show("NRestarts"))
    pid = show("MainPID")
    header.unplug()
    report["ends without pins"] = until(lambda p=pid: not Path(f"/proc/{p}").exists(), 20.0)
    time.sleep(1.0)  # longer than the kernel needs to let go of what the process held
    header.plug()
    give(CHIP, "gpio")
    began_s = time.monotonic()
    report["pins back"] = until(lambda: header.value(pins.led_camera) == 1, 60.0)
    took_s.append(round(time.monotonic() - began_s, 1))
    report["restarts for pins"] = int(show("NRestarts")) - before
report["pins back after s"] = took_s
report["state"] = show("ActiveState")
report["journal"] = journal()
print(json.dumps(report), flush=True)  # noqa: T201
