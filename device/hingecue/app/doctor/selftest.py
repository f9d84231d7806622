"""`hingecue check --self-test`: moves, sounds and lights every part, and asks a person what came of it."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hingecue.app.doctor import service, tilting
from hingecue.app.doctor.asking import AGAIN, NO, Asker, Terminal
from hingecue.app.doctor.finding import ABSENT, FAULT, OK, Finding, of_fault
from hingecue.app.doctor.pins import opened_chip
from hingecue.app.worn_sensors import ABSENT as NO_SENSORS
from hingecue.app.worn_sensors import open_sensors
from hingecue.boards import is_pi
from hingecue.cue.gpio import GpioButton, GpioCue
from hingecue.cue.lights import Light
from hingecue.cue.patterns import PATTERNS
from hingecue.cue.pins import read_pins
from hingecue.errors import DeviceFault, Fault
from hingecue.types import Cue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from hingecue.config import Settings
    from hingecue.cue.patterns import Pattern
    from hingecue.cue.pins import Pins
    from hingecue.cue.presses import Press

NO_PINS: Final = frozenset({"gpio_library", "gpio_missing"})
SHOWN_S: Final = 1.0
"""How long a light shines and the buzzer sounds where nobody is asked, s."""
PRESS_S: Final = 10.0
"""How long the button is waited for, s."""

_WIRING: Final = "see hardware/wiring.svg"
_MEND: Final = {
    "motor": f"look at the motor's plug, the ring of its diode (to 5 V) and its transistor; {_WIRING}",
    "buzzer": f"look at the buzzer's poles and its transistor, and that it is an active one; {_WIRING}",
    "led": f"look which way round it sits (the short leg to ground) and at its resistor; {_WIRING}",
    "button": f"look at its two wires, to its pin and to ground; {_WIRING}",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing to notice. `pin`: its name in pins.toml; `seconds`: how long it takes where nobody is asked."""

    name: str
    pin: str
    begin: Callable[[GpioCue], None]
    seconds: float
    question: str


def trials() -> tuple[Trial, ...]:
    """Give them in the order in which they are made."""
    return (
        *(_pattern(pattern) for pattern in PATTERNS.values()),
        Trial("buzzer", "buzzer", lambda cue: cue.sound(round(SHOWN_S * 1000)), SHOWN_S, "Did the buzzer sound?"),
        Trial("red", "led_red", lambda cue: cue.show_blinks(1), SHOWN_S, "Does the red light blink?"),
        Trial("amber", "led_amber", lambda cue: cue.show(Light.UNSURE), SHOWN_S, "Does the amber light shine?"),
        Trial("green", "led_green", lambda cue: cue.show(Light.READY), SHOWN_S, "Does the green light shine?"),
        Trial(
            "camera led",
            "led_camera",
            lambda cue: cue.show_camera(on=True),
            SHOWN_S,
            "Does the light of the camera shine?",
        ),
    )


def self_test(
    settings: Settings, asker: Asker | None = None, chip: Any = None, press_s: float = PRESS_S
) -> Iterator[Finding]:
    """Give what came of each part. `chip`: what `open_chip` gives; None opens it."""
    asker = Terminal() if asker is None else asker
    if service.look().running:
        what = "it has camera, pins and sensors for itself"
        yield Finding("service", FAULT, what, "stop it for the test: sudo systemctl stop hingecue")
        return
    try:
        pins = read_pins()
        with ExitStack() as stack:
            yield from _header(pins, asker, stack.enter_context(opened_chip()) if chip is None else chip, press_s)
    except DeviceFault as fault:
        yield of_fault("pins", fault, frozenset() if is_pi() else NO_PINS)
    try:
        with open_sensors(settings) as reader:
            yield from tilting.tilt_each(reader, asker)
    except Fault as fault:
        yield of_fault("sensors", fault, NO_SENSORS)


def _pattern(pattern: Pattern) -> Trial:
    count = len(pattern.pulses)
    how = f"{count} pulses" if count > 1 else f"one {'short' if pattern.length_ms < 100 else 'long'} pulse"
    cue = Cue(0.0, pattern.name)
    question = f"Did the motor give {how}?"
    return Trial(f"motor {pattern.name}", "motor", lambda pins: pins.play(cue), pattern.length_ms / 1000, question)


def _header(pins: Pins, asker: Asker, chip: Any, press_s: float) -> Iterator[Finding]:
    cue = GpioCue(pins, chip)
    try:
        faults = cue.faults
        yield from (of_fault("pin", fault) for fault in faults)
        lost = {_pin_of(fault) for fault in faults}
        for trial in trials():
            if trial.pin not in lost:
                yield _tried(trial, cue, asker, f"BCM {getattr(pins, trial.pin)}")
    finally:
        cue.close()
    yield _button(pins.button, asker, chip, press_s)


def _pin_of(fault: DeviceFault) -> str:
    """Give the name in pins.toml: a fault says `motor on BCM 18`, or `motor`."""
    return fault.where.split()[0]


def _tried(trial: Trial, cue: GpioCue, asker: Asker, where: str) -> Finding:
    if not asker.there:
        asker.say(f"{trial.name} on {where}, {trial.seconds:g} s")
    answer: str | None = AGAIN
    while answer == AGAIN:
        trial.begin(cue)
        if not asker.there:
            threading.Event().wait(trial.seconds)
        answer = asker.ask(trial.question)
    cue.show(Light.OFF)
    cue.show_camera(on=False)
    # A light that fails is found when any of the three is written: each fault is told with its own part.
    if faults := [fault for fault in cue.faults if _pin_of(fault) == trial.pin]:
        return of_fault(trial.name, faults[0])
    if answer is None:
        return Finding(trial.name, ABSENT, "it was driven; nobody said what came of it", where=where)
    if answer == NO:
        return Finding(trial.name, FAULT, "it was driven and not noticed", _MEND[trial.pin.split("_")[0]], where=where)
    return Finding(trial.name, OK, "noticed", where=where)


def _button(pin: int, asker: Asker, chip: Any, press_s: float) -> Finding:
    news = threading.Event()
    pressed: list[Press] = []

    def on_press(press: Press) -> None:
        pressed.append(press)
        news.set()

    button = GpioButton(pin, on_press, chip)
    try:
        asker.say(f"press the button once, within {press_s:g} s")
        news.wait(press_s)
    finally:
        button.close()
    where = f"BCM {pin}"
    if pressed:
        return Finding("button", OK, f"it says {pressed[0].action}", where=where)
    what = f"no press within {press_s:g} s"
    if not asker.there:
        return Finding("button", ABSENT, what, where=where)
    return Finding("button", FAULT, what, _MEND["button"], where=where)
