"""Which pin does what: reads `hardware/pins.toml`, the only place where pins are numbered."""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue.errors import DeviceFault

if TYPE_CHECKING:
    from collections.abc import Mapping

PINS_VARIABLE: Final = "HINGECUE_PINS"
OWN_PINS: Final = Path("/etc/hingecue/pins.toml")
"""Where an installed HingeCue has the list, for its owner to change; an upgrade leaves it as it is."""
PINS_FORMAT: Final = 1

BLINKS: Final = 4
"""What the red light blinks for faults of the pins."""

_BY_NUMBER: Final = (
    27,
    28,
    3,
    5,
    7,
    29,
    31,
    26,
    24,
    21,
    19,
    23,
    32,
    33,
    8,
    10,
    36,
    11,
    12,
    35,
    38,
    40,
    15,
    16,
    18,
    22,
    37,
    13,
)
HEADER: Final[Mapping[int, int]] = dict(enumerate(_BY_NUMBER))
"""BCM number → number on the 40-pin header, the same on every Pi that has one."""

PWM_PINS: Final = frozenset({12, 13, 18, 19})
"""BCM numbers with hardware PWM."""

_EEPROM: Final = frozenset({0, 1})
_WIRE: Final[Mapping[str, int]] = {"i2c_sda": 2, "i2c_scl": 3}
_PACKAGE: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Pins:
    """BCM numbers of everything that hangs on the header. Raises `DeviceFault` (`pins_wrong`) when they cannot be."""

    motor: int
    """Vibration motor, through a transistor; a pin with hardware PWM."""

    buzzer: int
    """Active buzzer, through a transistor."""

    led_red: int
    """Faults."""

    led_amber: int
    """Cannot tell."""

    led_green: int
    """Ready, and seen."""

    led_camera: int
    """Shines while the camera is open."""

    button: int
    """The one button, to ground."""

    i2c_sda: int
    """Data of the motion sensors."""

    i2c_scl: int
    """Clock of the motion sensors."""

    def __post_init__(self) -> None:
        taken: dict[int, str] = {}
        for name, pin in asdict(self).items():
            _check(name, pin)
            if pin in taken:
                raise _wrong(f"{taken[pin]} and {name} are both on BCM {pin}", "give each a pin of its own")
            taken[pin] = name


def pins_path() -> Path:
    """Give the file of the pins: $HINGECUE_PINS, else this machine's, else the wheel's own or the source tree's."""
    wish = os.environ.get(PINS_VARIABLE)
    if wish:
        return Path(wish)
    if OWN_PINS.is_file():
        return OWN_PINS
    packaged = _PACKAGE / "_hardware" / "pins.toml"
    return packaged if packaged.is_file() else _PACKAGE.parents[1] / "hardware" / "pins.toml"


def read_pins(path: Path | None = None) -> Pins:
    """Read the pins from `path` (default: `pins_path()`).

    Raises `DeviceFault` (4 blinks): `pins_missing`, `pins_unreadable`, `pins_wrong`.
    """
    path = path or pins_path()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise _fault(
            "pins_missing",
            where=str(path),
            what="the list of pins is missing",
            try_this=f"install HingeCue again, or set {PINS_VARIABLE} to your own file",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _fault(
            "pins_unreadable",
            where=str(path),
            what=f"the list of pins cannot be read ({error})",
            try_this="mend it, or install HingeCue again",
        ) from error
    return _pins(content, path)


def _pins(content: Mapping[str, object], path: Path) -> Pins:
    table = content.get("pins")
    if content.get("format") != PINS_FORMAT or not isinstance(table, dict):
        raise _wrong(f"it is not a list of pins of format {PINS_FORMAT}", "compare it with hardware/pins.toml", path)
    names = [field.name for field in fields(Pins)]
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            raise _wrong(f"nothing is called {key}", f"did you mean {near[0]}?" if near else "take it out", path)
    for name in names:
        if name not in table:
            raise _wrong(f"{name} has no pin", f"add a line `{name} = ` with its BCM number", path)
    try:
        return Pins(**table)
    except DeviceFault as fault:
        raise _wrong(fault.what, fault.try_this, path) from None


def _check(name: str, pin: object) -> None:
    if type(pin) is not int or pin not in HEADER:
        raise _wrong(f"{name} = {pin!r} is not a BCM pin", "use 2 to 27; header pin 12, say, is BCM 18")
    if pin in _EEPROM:
        raise _wrong(f"{name} is on BCM {pin}, which is for the EEPROM of add-on boards", "use 4 to 27")
    if name in _WIRE and pin != _WIRE[name]:
        raise _wrong(f"{name} is on BCM {pin}, but the sensors' wire is always on BCM {_WIRE[name]}", "set it back")
    if name not in _WIRE and pin in _WIRE.values():
        raise _wrong(f"{name} is on BCM {pin}, which the sensors' I2C wire has", "use 4 to 27")
    if name == "motor" and pin not in PWM_PINS:
        raise _wrong(f"motor is on BCM {pin}, which has no hardware PWM", "use 12, 13, 18 or 19")


def _wrong(what: str, try_this: str, path: Path | None = None) -> DeviceFault:
    return _fault("pins_wrong", where=str(path or "pins"), what=what, try_this=try_this)


def _fault(code: str, *, where: str, what: str, try_this: str) -> DeviceFault:
    return DeviceFault(code, where=where, what=what, try_this=try_this, blinks=BLINKS)
