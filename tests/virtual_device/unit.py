"""The unit as it is, under a real systemd in the guest: what a plan asks of it, and the world it is put into."""

from __future__ import annotations

import grp
import json
import os
import subprocess
import time
from pathlib import Path

from tests.virtual_device.device import VIDEO

UNIT = "hingecue.service"
CHIP = Path("/dev/gpiochip0")
STATUS = Path("/run/hingecue/status.json")
DATABASE = Path("/var/lib/hingecue/sessions.db")


class Report(dict):
    """What came of it; said as it comes, so that a plan that stops tells how far it got."""

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        print(f"{time.monotonic():8.1f} {name}: {value}", flush=True)  # noqa: T201

    def end(self) -> None:
        """Say all of it, as the last line."""
        print(json.dumps(self), flush=True)  # noqa: T201


def run(*words: str) -> str:
    return subprocess.run(words, check=False, capture_output=True, text=True).stdout.strip()


def show(key: str) -> str:
    """Give one property of the unit, as systemd sees it."""
    return run("systemctl", "show", "--value", f"--property={key}", UNIT)


def journal() -> list[str]:
    """Give the last lines of the journal, each once: lgpio repeats itself without an end when its chip has gone."""
    lines = run("journalctl", "--unit", UNIT, "--output=cat", "--no-pager", "--lines=2000").splitlines()
    return list(dict.fromkeys(lines))[-40:]


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


def coaching() -> bool:
    """Tell whether it judges what its camera and both sensors give."""
    told = status()
    return (told.get("fps") or 0) > 0 and set(told.get("sensors", {}).values()) == {"ok"}


def give(node: Path, group: str) -> None:
    """Do what udev does by systemd/udev/60-hingecue.rules: udev is not on every machine that builds this."""
    os.chown(node, 0, grp.getgrnam(group).gr_gid)
    node.chmod(0o660)


def start() -> None:
    """Make its user and folders, give it the devices that are there, and start it."""
    run("systemd-sysusers")
    run("systemd-tmpfiles", "--create")
    for node, group in ((Path("/dev/i2c-1"), "i2c"), (CHIP, "gpio"), (VIDEO, "video")):
        give(node, group)
    run("systemctl", "start", "--no-block", UNIT)
