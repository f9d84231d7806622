"""The wire of the motion sensors: its adapter, its speed, who answers, and what they are."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue.app.doctor.finding import ABSENT, FAULT, OK, Finding, of_fault
from hingecue.app.worn_sensors import ABSENT as ABSENT_CODES
from hingecue.errors import Fault
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import DRIVERS, Found, probe

if TYPE_CHECKING:
    from hingecue.config import Settings

HEADER_BUS: Final = 1
"""The bus whose SDA and SCL are pins 3 and 5 of the header."""
USUAL_HZ: Final = 100_000
"""What a bus runs at when its device tree names no speed: the default of Linux."""


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Ask every address a sensor may have. It only reads, so a running service is not disturbed."""
    del served
    try:
        with Bus(settings.i2c_bus) as bus:
            found = probe(bus)
    except Fault as fault:
        return [of_fault("sensors", fault, ABSENT_CODES)]
    findings = [_bus(settings.i2c_bus, found), *(_sensor(chip, bus) for chip in found)]
    if not found:
        what = f"no motion sensor answers on {bus.name}"
        findings.append(Finding("sensors", ABSENT, what, "plug them in to feel the spine"))
    return findings


def bus_line(number: int, prefix: Path = Path("/")) -> str:
    """Tell which adapter a bus has, on which pins, and how fast; what is not known is left out."""
    folder = prefix / f"sys/class/i2c-adapter/i2c-{number}"
    parts = [f"I2C-{number}"]
    with suppress(OSError, ValueError):
        parts.append((folder / "name").read_text("utf-8").strip())
    if number == HEADER_BUS and (folder / "of_node").exists():
        parts.append("SDA on header pin 3, SCL on pin 5")
        try:
            speed = int.from_bytes((folder / "of_node/clock-frequency").read_bytes(), "big")
        except OSError:
            speed = USUAL_HZ
        parts.append(f"{speed / 1000:g} kHz")
    return ", ".join(parts)


def _bus(number: int, found: list[Found]) -> Finding:
    there = {chip.address for chip in found}
    silent = " ".join(f"0x{address:02X}" for address in sorted(DRIVERS) if address not in there)
    heard = " ".join(f"0x{address:02X}" for address in sorted(there)) or "nobody"
    answered = f"asked: {heard} answered" + (f", not {silent}" if there else f" of {silent}")
    return Finding("i2c", OK, f"{bus_line(number)}; {answered}", where=f"/dev/i2c-{number}")


def _sensor(chip: Found, bus: Bus) -> Finding:
    where = bus.where(chip.address)
    if chip.fault is not None:
        return Finding("sensor", FAULT, f"{where}: {chip.fault.what}", chip.fault.try_this)
    lesser = "" if chip.has_gyro else ", no gyro: for slow repetitions only"
    return Finding("sensor", OK, f"{chip.name} at {where}{lesser}")
