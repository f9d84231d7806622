from __future__ import annotations

import threading

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPin
from tests.fakes.pins import PINS, Bench, until

from hingecue.cue.gpio import GpioCue
from hingecue.cue.lights import MOTOR_DUTY, Light
from hingecue.cue.player import Step, Track
from hingecue.errors import DeviceFault
from hingecue.types import Cue

FAULT = DeviceFault("x", where="here", what="it is", try_this="mend it", blinks=3)


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.chip.reset()


def test_a_cue_is_felt_and_heard(bench):
    cue = bench.cue()
    cue.play(Cue(1.0, "early"))
    until(lambda: bench.seen("motor").count(0.0) == 3)
    cue.close()
    assert cue.faults == ()
    assert bench.seen("motor") == [0.0, 1.0, MOTOR_DUTY, 0.0, 1.0, MOTOR_DUTY, 0.0]
    assert bench.seen("buzzer") == [0.0, 1.0, 0.0, 1.0, 0.0]


def test_praise_is_not_heard(bench):
    cue = bench.cue()
    cue.play(Cue(1.0, "good"))
    until(lambda: bench.ended("motor"))
    cue.close()
    assert bench.seen("buzzer") == [0.0]


def test_a_pattern_that_nobody_knows_is_an_error(bench):
    cue = bench.cue()
    with pytest.raises(ValueError, match="loud"):
        cue.play(Cue(1.0, "loud"))
    cue.close()


def test_a_thread_that_would_not_stop_is_named(bench, monkeypatch):
    monkeypatch.setattr("hingecue.cue.player.JOIN_S", 0.2)
    cue, stuck, go = bench.cue(), threading.Event(), threading.Event()
    cue._cues._write = lambda _: (stuck.set(), go.wait(5))
    cue.play(Cue(1.0, "good"))
    assert stuck.wait(5)
    cue.close()
    go.set()
    assert [(fault.code, fault.where) for fault in cue.faults] == [("gpio_thread", "cue pins")]
    assert bench.chip.pin(f"GPIO{PINS.motor}").function == "input"
    cue._cues._thread.join(5)


def test_mute_ends_the_cue_and_keeps_the_next_back(bench):
    cue = bench.cue()
    cue._cues.play(Track((Step((1.0, 1.0), None),)))
    until(lambda: bench.seen("buzzer") == [0.0, 1.0])
    cue.muted = True
    until(lambda: bench.seen("buzzer") == [0.0, 1.0, 0.0])
    cue.play(Cue(1.0, "after"))
    assert cue.muted
    assert bench.ended("motor")
    cue.muted = False
    cue.play(Cue(2.0, "after"))
    until(lambda: bench.seen("buzzer") == [0.0, 1.0, 0.0, 1.0])
    cue.close()
    assert bench.seen("buzzer")[-1] == bench.seen("motor")[-1] == 0.0


def test_lights_show_states_and_faults(bench):
    cue = bench.cue()
    cue.show(Light.READY)
    until(lambda: bench.seen("led_green") == [0.0, 1.0])
    cue.show(Light.UNSURE)
    until(lambda: bench.seen("led_amber")[:2] == [0.0, 1.0])
    assert bench.seen("led_green") == [0.0, 1.0, 0.0]
    cue.show_blinks(FAULT.blinks)
    until(lambda: bench.seen("led_red")[:7] == [0.0, *[1.0, 0.0] * 3])
    cue.show_camera(on=True)
    assert bench.seen("led_camera") == [0.0, 1.0]
    cue.close()
    assert bench.seen("led_camera")[-1] == bench.seen("led_amber")[-1] == 0.0


def test_close_lets_go_of_every_pin_and_may_be_called_twice(bench):
    cue = bench.cue()
    cue.show(Light.SEEN)
    cue.play(Cue(1.0, "after"))
    until(lambda: 1.0 in bench.seen("motor"))
    cue.close()
    cue.close()
    cue.play(Cue(2.0, "after"))
    cue.show_camera(on=True)
    assert all(pin.function == "input" for pin in bench.chip.pins.values())
    again = bench.cue()
    assert again.faults == ()
    again.close()


def test_a_busy_pin_is_named_and_the_rest_works(bench):
    other = LED(PINS.motor, pin_factory=bench.chip)
    cue = bench.cue()
    (fault,) = cue.faults
    assert (fault.code, fault.blinks, fault.where) == ("gpio_busy", 4, "motor on BCM 18")
    cue.play(Cue(1.0, "after"))
    until(lambda: bench.ended("buzzer"))
    cue.close()
    assert bench.seen("buzzer") == [0.0, 1.0, 0.0]
    other.close()


def test_a_pin_without_pwm_is_named():
    chip = MockFactory(pin_class=MockPin)
    cue = GpioCue(PINS, chip)
    assert [(fault.code, fault.where) for fault in cue.faults] == [("gpio_error", "motor on BCM 18")]
    cue.close()


def test_a_pin_that_goes_away_is_left_out_and_the_rest_works(bench):
    cue = bench.cue()
    pin = bench.chip.pin(f"GPIO{PINS.motor}")

    def gone(value):
        raise OSError(5, "bad lineinfo IOCTL")

    pin._set_state = gone
    cue.play(Cue(1.0, "early"))
    until(lambda: bench.seen("buzzer").count(0.0) == 3)
    (fault,) = cue.faults
    assert (fault.code, fault.blinks, fault.where) == ("gpio_error", 4, "motor")
    assert "bad lineinfo IOCTL" in str(fault)
    cue.close()


def test_a_pin_that_cannot_be_let_go_of_is_named(bench):
    cue = bench.cue()
    led = cue._devices["led_red"]
    right = led.close

    def wrong():
        right()
        raise OSError(5, "gone")

    led.close = wrong
    cue.close()
    led.close = right
    assert [fault.where for fault in cue.faults] == ["led_red"]
    assert all(pin.function == "input" for pin in bench.chip.pins.values())
