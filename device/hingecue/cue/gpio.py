"""Motor, buzzer, lights and the button on the Pi's pins. The only file that touches gpiozero and lgpio."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from hingecue.coach.constants import PatternName
from hingecue.cue.button import PressTeller
from hingecue.cue.lights import DARK, LIGHTS, Light, cue_track, fault_blinks
from hingecue.cue.patterns import PATTERNS
from hingecue.cue.pins import BLINKS
from hingecue.cue.player import Levels, Player, Step, Track
from hingecue.errors import DeviceFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hingecue.cue.pins import Pins
    from hingecue.cue.presses import Press
    from hingecue.types import Cue

MOTOR_HZ: Final = 200
"""Frequency of the motor's PWM: lgpio makes it in software; above some 100 Hz a coin motor's mass evens it out."""

BOUNCE_S: Final = 0.03
"""A change of the button counts once it has stood for so many seconds: small switches bounce for up to 10 ms, and a
quick double press leaves 80 ms between its edges."""

_HOLD_S: Final = 0.1
"""gpiozero's own notion of held, which is not used: closing waits for it when the button is down."""

_LIGHT_NAMES: Final = ("led_red", "led_amber", "led_green")
_CUE_NAMES: Final = ("motor", "buzzer")


@cache
def _zero() -> Any:
    try:
        return import_module("gpiozero")
    except ImportError as error:
        raise _no_library("gpiozero") from error


@cache
def _errors() -> tuple[type[BaseException], ...]:
    """Whatever a pin may raise: gpiozero's, the kernel's, and lgpio's own, which is a bare Exception."""
    common = (_zero().GPIOZeroError, OSError)
    try:
        return (*common, import_module("lgpio").error)
    except ImportError:
        return common


@contextmanager
def open_chip() -> Iterator[Any]:
    """Open the Pi's pins: gives gpiozero's factory on lgpio, never on another library, and closes it in the end.

    Raises `DeviceFault` (4 blinks): `gpio_library`, `gpio_missing` where this is no Pi or its chip cannot be opened.
    """
    errors: tuple[type[BaseException], ...] = (_zero().GPIOZeroError, OSError)
    try:
        module = import_module("gpiozero.pins.lgpio")
        errors = _errors()
        factory = module.LGPIOFactory()
    except ModuleNotFoundError as error:
        raise _no_library("lgpio") from error
    except errors as error:
        raise _fault(
            "gpio_missing",
            "/dev/gpiochip*",
            f"the pins cannot be opened ({error})",
            "run this on a Raspberry Pi, as a user of the group gpio, in a folder that it may write to",
        ) from error
    try:
        yield factory
    finally:
        _close_factory(factory, errors)


def _close_factory(factory: Any, errors: tuple[type[BaseException], ...]) -> None:
    """Close it also where the chip has gone: a pin that cannot be let go of must not keep the chip's handle open."""
    try:
        factory.close()
    except errors:
        factory.pins.clear()
        with suppress(*errors):
            factory.close()


class GpioCue:
    """A `CueSink` on motor and buzzer, and the lights. `chip`: what `open_chip` gives.

    A pin that cannot be had is left out and named in `faults`; the rest works. One thread plays cues, one the lights.
    """

    def __init__(self, pins: Pins, chip: Any) -> None:
        self._lock = threading.Lock()
        self._faults: list[DeviceFault] = []
        self._devices: dict[str, Any] = {}
        zero = _zero()
        self._have("motor", pins.motor, lambda pin: zero.PWMOutputDevice(pin, frequency=MOTOR_HZ, pin_factory=chip))
        self._have("buzzer", pins.buzzer, lambda pin: zero.Buzzer(pin, pin_factory=chip))
        for name in (*_LIGHT_NAMES, "led_camera"):
            self._have(name, getattr(pins, name), lambda pin: zero.LED(pin, pin_factory=chip))
        self._opened = len(self._faults)
        self._camera = 0.0
        self._muted = False
        self._cues = Player("cue pins", lambda levels: self._write(_CUE_NAMES, levels), (0.0, 0.0))
        self._lights = Player("lights", lambda levels: self._write(_LIGHT_NAMES, levels), DARK)

    @property
    def faults(self) -> tuple[DeviceFault, ...]:
        """What does not work, in the order in which it was found."""
        with self._lock:
            return tuple(self._faults)

    @property
    def lost(self) -> DeviceFault | None:
        """The first pin that worked and then failed: the chip is gone, and so is the button. None where all work."""
        with self._lock:
            return next(iter(self._faults[self._opened :]), None)

    @property
    def muted(self) -> bool:
        """Whether cues are kept back. Setting it also ends the one that plays."""
        return self._muted

    @muted.setter
    def muted(self, wish: bool) -> None:
        with self._lock:
            self._muted = wish
            if wish:
                self._cues.play(Track())

    def play(self, cue: Cue) -> None:
        """Begin this cue now, in place of one that still plays."""
        track = cue_track(PATTERNS[PatternName(cue.pattern)])
        with self._lock:
            if not self._muted:
                self._cues.play(track)

    def sound(self, ms: int) -> None:
        """Let the buzzer alone sound for so many milliseconds, in place of a cue that still plays."""
        self._cues.play(Track((Step((0.0, 1.0), ms),)))

    def show(self, light: Light) -> None:
        """Show this state until told otherwise."""
        self._lights.play(LIGHTS[light])

    def show_blinks(self, blinks: int) -> None:
        """Blink a fault's number in red, pause, and so on, until told otherwise."""
        self._lights.play(fault_blinks(blinks))

    def show_camera(self, *, on: bool) -> None:
        """Shine while the camera is open."""
        self._camera = float(on)
        self.look()

    def look(self) -> None:
        """Write a pin as it is: pins that nobody moves would hide that their chip has gone. `lost` tells."""
        self._write(("led_camera",), (self._camera,))

    def close(self) -> None:
        """Stop motor and buzzer, darken the lights and let go of the pins, within a second."""
        for player, name in ((self._cues, "cue pins"), (self._lights, "lights")):
            if not player.close():
                self._report(_fault("gpio_thread", name, "the thread would not stop", "switch the device off and on"))
        with self._lock:
            devices = list(self._devices.items())
            self._devices.clear()
        for name, device in devices:
            try:
                _let_go(device)
            except _errors() as error:
                self._report(_pin_fault(name, error))

    def _have(self, name: str, pin: int, make: Callable[[int], Any]) -> None:
        try:
            self._devices[name] = make(pin)
        except _errors() as error:
            self._report(_pin_fault(f"{name} on BCM {pin}", error))

    def _write(self, names: tuple[str, ...], levels: Levels) -> None:
        """Set outputs; one that fails is left out from then on."""
        for name, level in zip(names, levels, strict=True):
            with self._lock:
                device = self._devices.get(name)
            if device is None:
                continue
            try:
                device.value = level
            except _errors() as error:
                with self._lock:
                    self._devices.pop(name, None)
                with suppress(*_errors()):
                    _let_go(device)
                self._report(_pin_fault(name, error))

    def _report(self, fault: DeviceFault) -> None:
        with self._lock:
            self._faults.append(fault)


class GpioButton:
    """The one button. `on_press` is called in the button's own thread, once for every action and in their order.

    `chip`: what `open_chip` gives. Raises `DeviceFault` (4 blinks): `gpio_busy`, `gpio_error`.
    """

    def __init__(self, pin: int, on_press: Callable[[Press], None], chip: Any) -> None:
        try:
            self._button = _zero().Button(pin, pull_up=True, bounce_time=BOUNCE_S, hold_time=_HOLD_S, pin_factory=chip)
        except _errors() as error:
            raise _pin_fault(f"button on BCM {pin}", error) from error
        self._teller = PressTeller(on_press)
        self._button.when_pressed = self._teller.down
        self._button.when_released = self._teller.up

    def close(self) -> None:
        """Let go of the pin and stop the thread, within a second; actions that are certain are still told."""
        try:
            _let_go(self._button)
        except _errors() as error:
            raise _pin_fault("button", error) from error
        finally:
            self._teller.close()


def _let_go(device: Any) -> None:
    """Close a pin. One that fails would fail again in its finalizer, which prints a traceback: it forgets its pin."""
    try:
        device.close()
    except _errors():
        device._pin = None  # noqa: SLF001 - gpiozero has no public word for it
        raise


def _pin_fault(where: str, error: BaseException) -> DeviceFault:
    busy = isinstance(error, _zero().GPIOPinInUse) or "busy" in str(error).lower()
    if busy:
        return _fault("gpio_busy", where, "another program has this pin", "stop it, or move the pin in pins.toml")
    return _fault(
        "gpio_error", where, f"the pin fails ({error})", "start the device again, and check hardware/wiring.svg"
    )


def _no_library(name: str) -> DeviceFault:
    return _fault("gpio_library", name, "the library of the pins is not installed", "run `pip install 'hingecue[pi]'`")


def _fault(code: str, where: str, what: str, try_this: str) -> DeviceFault:
    return DeviceFault(code, where=where, what=what, try_this=try_this, blinks=BLINKS)
