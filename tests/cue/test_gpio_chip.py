from __future__ import annotations

import subprocess
import sys
import threading
from types import ModuleType

import pytest
from gpiozero import LED
from tests.fakes.pins import PINS, Bench

from hingecue.cue import gpio
from hingecue.cue.gpio import GpioButton, open_chip
from hingecue.cue.presses import Action
from hingecue.errors import DeviceFault


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.chip.reset()


def button_pin(bench):
    return bench.chip.pin(f"GPIO{PINS.button}")


def test_the_button_tells_actions(bench):
    told, news = [], threading.Event()
    button = GpioButton(PINS.button, lambda press: (told.append(press.action), news.set()), bench.chip)
    pin = button_pin(bench)
    assert (pin.pull, pin.bounce) == ("up", gpio.BOUNCE_S)
    for _ in range(2):
        pin.drive_low()
        pin.drive_high()
    assert news.wait(5)
    button.close()
    assert told == [Action.MUTE]


def test_a_held_button_can_be_closed(bench):
    button = GpioButton(PINS.button, lambda _: None, bench.chip)
    button_pin(bench).drive_low()
    button.close()
    button.close()
    # The pin is free again.
    again = LED(PINS.button, pin_factory=bench.chip)
    assert not again.is_lit
    again.close()


def test_a_busy_button_is_a_fault(bench):
    other = LED(PINS.button, pin_factory=bench.chip)
    with pytest.raises(DeviceFault, match="button on BCM 26: another program") as caught:
        GpioButton(PINS.button, lambda _: None, bench.chip)
    assert caught.value.blinks == 4
    other.close()


def test_a_button_that_cannot_be_let_go_of_is_a_fault(bench):
    button = GpioButton(PINS.button, lambda _: None, bench.chip)
    right = button._button.close

    def wrong():
        right()
        raise OSError(5, "gone")

    button._button.close = wrong
    with pytest.raises(DeviceFault, match="the pin fails"):
        button.close()
    button._button.close = right
    assert not button._teller._thread.is_alive()


class Lgpio(ModuleType):
    """What gpiozero asks of lgpio to open a chip, on a machine that has none."""

    BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2
    SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 0, 1, 2

    class error(Exception):  # noqa: N801 - lgpio's own name
        pass

    closed = False

    def gpiochip_open(self, number):
        if self.absent:
            raise self.error("can not open gpiochip")
        return 7

    def gpiochip_close(self, handle):
        self.closed = True


@pytest.fixture
def lgpio(monkeypatch):
    wire = Lgpio("lgpio")
    monkeypatch.setitem(sys.modules, "lgpio", wire)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    gpio._errors.cache_clear()
    yield wire
    sys.modules.pop("gpiozero.pins.lgpio", None)
    gpio._errors.cache_clear()


@pytest.mark.parametrize("absent", [True, False])
def test_a_chip_opens_or_is_named(lgpio, monkeypatch, absent):
    lgpio.absent = absent
    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: 0xC03115)
    if not absent:
        with open_chip() as chip:
            assert chip.chip == 0
        assert lgpio.closed
        return
    with pytest.raises(DeviceFault, match="can not open gpiochip") as caught, open_chip():
        pass
    assert (caught.value.code, caught.value.blinks) == ("gpio_missing", 4)


def test_a_machine_that_is_no_pi_is_named(lgpio, monkeypatch):
    from gpiozero.exc import PinUnknownPi

    def unknown():
        raise PinUnknownPi("unable to locate Pi revision")

    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", unknown)
    with pytest.raises(DeviceFault, match="group gpio"), open_chip():
        pass


@pytest.mark.parametrize("missing", ["gpiozero", "lgpio"])
def test_a_missing_library_is_named(lgpio, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    gpio._zero.cache_clear()
    with pytest.raises(DeviceFault, match=rf"{missing}: .*hingecue\[pi\]") as caught, open_chip():
        pass
    assert caught.value.code == "gpio_library"
    gpio._zero.cache_clear()


def test_the_module_itself_needs_no_library():
    program = "import sys, hingecue.cue.gpio; sys.exit('gpiozero' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_chip_that_went_away_is_closed_all_the_same_and_no_finalizer_tries_again(bench, monkeypatch):
    library = ModuleType("gpiozero.pins.lgpio")
    library.LGPIOFactory = lambda: bench.chip
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", library)
    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)

    def gone():
        raise OSError(19, "No such device")

    with open_chip() as chip:
        button = GpioButton(PINS.button, lambda _: None, chip)
        button_pin(bench).close = gone
        with pytest.raises(DeviceFault, match="No such device"):
            button.close()
        del button
    assert not chip.pins
    assert complaints == []
