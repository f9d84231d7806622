"""How the box is: supply, temperature, disk, clock and memory, and what to do about it.

Everything is read below a prefix, so a test has its own /sys. What is not known is None.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOT_C: Final = 80.0
"""From here a Pi slows itself down, °C: the documentation of its `get_throttled`."""
NEARLY_FULL_MB: Final = 200.0
"""Less free disk than this is told, MB: our judgement; sessions take little, but the system beside them writes too."""

_NOW: Final = ("low voltage", "capped clock", "throttled", "warm")
"""Bits 0 to 3 of `get_throttled`, in this order; 16 to 19 are the same since the start of the machine."""
_SINCE_START: Final = 16

_THROTTLED: Final = "sys/devices/platform/soc*/soc*:firmware/get_throttled"
"""On a Pi 5 the node carries its address: soc@107c000000."""
_ZONE: Final = "sys/class/thermal/thermal_zone0"
_TIMESYNC: Final = "run/systemd/timesync"


@dataclass(frozen=True, slots=True)
class Power:
    """What the firmware of a Pi says of its supply: `low voltage`, `capped clock`, `throttled`, `warm`.

    `now`: at this moment; `since_start`: at any moment since the machine started.
    """

    now: tuple[str, ...] = ()
    since_start: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """How the box is; None where this machine does not say.

    `clock_set`: whether the date came from a time server since the start.
    """

    power: Power | None = None
    temperature_c: float | None = None
    disk_free_mb: float | None = None
    memory_available_mb: float | None = None
    clock_set: bool | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of the box: `state` is ok, absent or fault; `try_this` only where something is to be done."""

    part: str
    state: str
    what: str
    try_this: str = ""


def read_health(folder: Path, prefix: Path = Path("/")) -> Health:
    """Give how the box is now; `folder` is where sessions are kept, and may still be missing. Raises nothing."""
    return Health(
        power=_power(prefix),
        temperature_c=_temperature_c(prefix),
        disk_free_mb=_disk_free_mb(folder),
        memory_available_mb=_memory_available_mb(prefix),
        clock_set=clock_set(prefix),
    )


def conditions(health: Health) -> tuple[Condition, ...]:
    """Tell how supply, temperature, disk and clock are, in this order."""
    return (_of_power(health.power), _of_heat(health), _of_disk(health.disk_free_mb), _of_clock(health.clock_set))


def advice(health: Health) -> tuple[Condition, ...]:
    """Give only those conditions about which something is to be done."""
    return tuple(condition for condition in conditions(health) if condition.try_this)


def clock_set(prefix: Path = Path("/")) -> bool | None:
    """Tell whether timesyncd has set the clock since the start; None where it is not used."""
    folder = prefix / _TIMESYNC
    try:
        return (folder / "synchronized").exists() if folder.exists() else None
    except OSError:
        return None


def _of_power(power: Power | None) -> Condition:
    if power is None:
        return Condition("power", "absent", "this machine does not tell how its supply is")
    if "low voltage" in power.now:
        what = "the supply is too weak at this moment"
    elif "low voltage" in power.since_start:
        what = "the supply was too weak since the start"
    elif power.now:
        return Condition("power", "ok", f"the supply is strong enough; now: {', '.join(power.now)}")
    else:
        return Condition("power", "ok", "the supply is strong enough")
    return Condition("power", "fault", what, "use the Pi's own supply and a short, thick cable")


def _of_heat(health: Health) -> Condition:
    heat = health.temperature_c
    if heat is None:
        return Condition("temperature", "absent", "this machine does not tell its temperature")
    if heat >= HOT_C:
        return Condition("temperature", "fault", f"{heat:.0f} °C, it slows down", "give it air, or a heat sink")
    slowed = health.power is not None and "throttled" in health.power.since_start
    return Condition("temperature", "ok", f"{heat:.0f} °C{', slowed down since the start' if slowed else ''}")


def _of_disk(free_mb: float | None) -> Condition:
    if free_mb is None:
        return Condition("disk", "absent", "the free space cannot be read")
    if free_mb < NEARLY_FULL_MB:
        return Condition("disk", "fault", f"only {free_mb:.0f} MB are free", "delete what you do not need")
    return Condition("disk", "ok", f"{free_mb / 1000:.1f} GB are free")


def _of_clock(clock_set: bool | None) -> Condition:
    if clock_set is None:
        return Condition("clock", "absent", "this machine does not tell whether its clock is set")
    if clock_set:
        return Condition("clock", "ok", "set by a time server")
    what = "not set since the start, so sessions may carry a wrong date"
    return Condition("clock", "absent", what, "connect it to a network once, or add a clock chip")


def _power(prefix: Path) -> Power | None:
    text = next(iter(filter(None, map(_text, sorted(prefix.glob(_THROTTLED))))), None)
    try:
        bits = int(text or "", 16)
    except ValueError:
        return None
    now = tuple(word for i, word in enumerate(_NOW) if bits >> i & 1)
    return Power(now, tuple(word for i, word in enumerate(_NOW) if bits >> (i + _SINCE_START) & 1))


def _temperature_c(prefix: Path) -> float | None:
    """Give what the zone of a Pi says; zone 0 of a laptop is something else, with other limits."""
    if _text(prefix / _ZONE / "type") != "cpu-thermal":
        return None
    text = _text(prefix / _ZONE / "temp")
    return int(text) / 1000 if text and text.lstrip("-").isdecimal() else None


def _disk_free_mb(folder: Path) -> float | None:
    try:
        there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
        return shutil.disk_usage(there).free / 1e6
    except OSError:
        return None


def _memory_available_mb(prefix: Path) -> float | None:
    for line in (_text(prefix / "proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if name == "MemAvailable" and words and words[0].isdecimal():
            return int(words[0]) * 1024 / 1e6
    return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return None
