"""Whether the pins of the header can be had: their list, their chip, each line, and the library."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from hingecue.app.doctor.finding import ABSENT, FAULT, OK, Finding, of_fault
from hingecue.app.doctor.origin import version_of
from hingecue.boards import is_pi
from hingecue.cue.gpio import open_chip
from hingecue.cue.lines import Header, read_header
from hingecue.cue.pins import BLINKS, pins_path, read_pins
from hingecue.errors import DeviceFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hingecue.config import Settings

PART: Final = "pins"
WIRE: Final = frozenset({"i2c_sda", "i2c_scl"})
"""These belong to the I2C driver of the kernel, which `i2c` looks at."""
HOLLOW: Final = "0.0.0"
"""lgpio 0.0.0.2 is on the index of Python packages with nothing in it, and pip takes it where it finds no other."""


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Claim nothing: the service may have the pins, and a motor must not move because somebody asks."""
    del settings
    pi = is_pi()
    try:
        pins = read_pins()
        lines = {name: pin for name, pin in asdict(pins).items() if name not in WIRE}
        header = read_header(lines.values(), pi=pi)
        if header is None:
            what = f"the list of pins is valid; this {'Raspberry Pi shows' if pi else 'machine has'} no 40-pin header"
            advice = "update the system and start it again" if pi else ""
            return [Finding(PART, FAULT if pi else ABSENT, what, advice, where=str(pins_path()))]
        with opened_chip():
            pass
    except DeviceFault as fault:
        return [of_fault(PART, fault)]
    taken = {name: header.users[pin] for name, pin in lines.items() if pin in header.users}
    if not taken:
        return [_finding(header, f"all {len(lines)} lines are free")]
    if served:
        return [_finding(header, f"{len(taken)} of {len(lines)} lines are in use; the service runs")]
    return [
        _finding(header, f"{len(taken)} of {len(lines)} lines are taken"),
        *(_taken(f"{name} on BCM {lines[name]}", user) for name, user in taken.items()),
    ]


@contextmanager
def opened_chip() -> Iterator[Any]:
    """Open the pins as `open_chip` does, with a folder for the pipe that lgpio makes where nobody named one.

    Raises `DeviceFault` as `open_chip`, and `gpio_library` for an lgpio that is empty.
    """
    version = version_of("lgpio") or ""
    if version.startswith(HOLLOW):
        raise DeviceFault(
            "gpio_library",
            where=f"lgpio {version}",
            what="this release of lgpio is empty",
            try_this=f"remove it with `{sys.executable} -m pip uninstall lgpio`, and apt install python3-lgpio",
            blinks=BLINKS,
        )
    with tempfile.TemporaryDirectory(prefix="hingecue-") as folder:
        own = "LG_WD" not in os.environ
        if own:
            os.environ["LG_WD"] = folder
        try:
            with open_chip() as chip:
                yield chip
        finally:
            if own:
                del os.environ["LG_WD"]


def _finding(header: Header, what: str) -> Finding:
    versions = f"gpiozero {version_of('gpiozero')}, lgpio {version_of('lgpio')}"
    return Finding(PART, OK, f"{header.label}, {what}", version=versions, where=str(header.path))


def _taken(where: str, user: str) -> Finding:
    return Finding("pin", FAULT, f"{where}: {user} has this pin", "stop that program, or move the pin in pins.toml")
