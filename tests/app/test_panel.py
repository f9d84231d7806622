from __future__ import annotations

from contextlib import contextmanager

import pytest
from gpiozero import LED
from tests.fakes.pins import PINS, Bench, until

from hingecue.app import panel as panels
from hingecue.app.panel import HOLD_S, Panel, light_of, open_panel
from hingecue.cue.lights import Light
from hingecue.cue.presses import Action, Press
from hingecue.errors import DeviceFault
from hingecue.types import Cue, Posture, Reason, SpineReading, View


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.chip.reset()


@pytest.fixture
def pi(tmp_path):
    """The root of a machine that says that it is a Pi."""
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.5\0")
    return tmp_path


@pytest.fixture
def chip(bench, monkeypatch):
    """The pins of the bench are those of this machine."""

    @contextmanager
    def opened():
        yield bench.chip

    monkeypatch.setattr(panels, "open_chip", opened)
    return bench.chip


def refused(code):
    @contextmanager
    def opened():
        raise DeviceFault(code, where="/dev/gpiochip*", what="the pins cannot be opened", try_this="look", blinks=4)
        yield

    return opened


def standing(t_s, *reasons):
    return Posture(t_s, view=View.SIDE, reasons=reasons)


def test_a_laptop_has_no_pins_and_nothing_is_said(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(panels, "open_chip", refused("gpio_missing"))
    with open_panel(told.append, tmp_path) as panel:
        panel.play(Cue(0.0, "early"))
        panel.see(standing(0.0), bending=False)
        panel.show_camera(on=True)
        panel.show_fault(2)
        panel.look()
        panel.press(Press(0.0, Action.MUTE))
        assert (panel.muted, panel.lost, panel.faults, panel.waiting) == (False, None, (), False)
    assert told == []


@pytest.mark.parametrize("code", ["gpio_missing", "gpio_library", "pins_wrong"])
def test_a_pi_whose_pins_cannot_be_opened_says_so_and_goes_on(pi, monkeypatch, code):
    told = []
    monkeypatch.setattr(panels, "open_chip", refused(code))
    with open_panel(told.append, pi) as panel:
        assert [fault.code for fault in panel.faults] == [code]
        assert panel.lost is None
    assert len(told) == 1


def test_a_busy_button_is_named_and_cues_still_work(chip, bench, pi):
    told = []
    other = LED(PINS.button, pin_factory=chip)
    with open_panel(told.append, pi) as panel:
        assert [(fault.code, fault.where) for fault in panel.faults] == [("gpio_busy", "button on BCM 26")]
        assert panel.lost is None
        panel.play(Cue(0.0, "after"))
        until(lambda: bench.ended("buzzer"))
    assert len(told) == 1
    other.close()


def test_the_button_asks_and_the_loop_hears_it(chip, pi):
    with open_panel(print, pi) as panel:
        pin = chip.pin(f"GPIO{PINS.button}")
        assert panel.wait(0.0) is None
        pin.drive_low()
        pin.drive_high()
        assert panel.wait(5.0) is Action.START_STOP
        assert panel.asked() is None


def test_what_is_asked_for_waits_in_its_order():
    panel = Panel()
    for action in (Action.CALIBRATE, Action.POWER_OFF):
        panel.press(Press(0.0, action))
    panel.pause(60.0)
    assert panel.waiting
    assert [panel.wait(60.0), panel.wait(60.0), panel.wait(0.0)] == [Action.CALIBRATE, Action.POWER_OFF, None]


def test_muting_is_done_at_once_and_asks_nothing(chip, bench, pi):
    with open_panel(print, pi) as panel:
        panel.press(Press(0.0, Action.MUTE))
        assert panel.muted
        panel.play(Cue(0.0, "early"))
        panel.press(Press(1.0, Action.MUTE))
        assert not panel.muted
        assert not panel.waiting
    assert bench.seen("buzzer") == [0.0]


def test_a_light_changes_when_its_state_has_stood(chip, bench, pi):
    with open_panel(print, pi) as panel:
        panel.see(standing(0.0), bending=False)
        panel.see(standing(0.1, Reason.VIEW_NOT_SIDE), bending=False)
        panel.see(standing(0.2), bending=False)
        panel.see(standing(0.2 + HOLD_S), bending=False)
        until(lambda: bench.seen("led_green") == [0.0, 1.0])
        assert bench.seen("led_amber") == [0.0]
        panel.see(standing(1.0, Reason.LOW_LIGHT), bending=False)
        panel.see(standing(1.0 + HOLD_S, Reason.LOW_LIGHT), bending=False)
        until(lambda: 1.0 in bench.seen("led_amber"))


def test_a_new_session_begins_at_zero_again(chip, bench, pi):
    with open_panel(print, pi) as panel:
        panel.see(standing(500.0), bending=False)
        panel.see(standing(0.0), bending=False)
        panel.see(standing(HOLD_S), bending=False)
        until(lambda: bench.seen("led_green") == [0.0, 1.0])


def test_a_fault_blinks_over_the_state_and_the_state_comes_back(chip, bench, pi):
    with open_panel(print, pi) as panel:
        panel.show(Light.READY)
        until(lambda: bench.seen("led_green") == [0.0, 1.0])
        panel.show_fault(3)
        panel.show_fault(3)
        until(lambda: bench.seen("led_red")[:7] == [0.0, *[1.0, 0.0] * 3])
        panel.show(Light.MUTED)
        assert bench.seen("led_amber") == [0.0]
        panel.show_fault(0)
        until(lambda: 1.0 in bench.seen("led_amber"))


def test_pins_that_are_gone_are_noticed_though_nobody_moves_them(chip, pi):
    with open_panel(print, pi) as panel:
        panel.look()
        assert panel.lost is None

        def gone(value):
            raise OSError(5, "bad lineinfo IOCTL")

        chip.pin(f"GPIO{PINS.led_camera}")._set_state = gone
        panel.look()
        assert panel.lost is not None
        assert panel.lost.code == "gpio_error"


def test_pins_of_a_pi_that_come_late_are_opened_and_show_what_is_to_be_seen(chip, bench, pi, monkeypatch):
    told, opened, now_ns = [], panels.open_chip, [0]
    monkeypatch.setattr(panels, "open_chip", refused("gpio_missing"))
    monkeypatch.setattr(panels, "monotonic_ns", lambda: now_ns[0])
    with open_panel(told.append, pi) as panel:
        panel.show_camera(on=True)
        panel.show(Light.READY)
        panel.show_fault(4)
        now_ns[0] += panels.AGAIN_NS
        panel.look()
        assert [fault.code for fault in panel.faults] == ["gpio_missing"]
        monkeypatch.setattr(panels, "open_chip", opened)
        panel.look()
        assert panel.faults != ()  # it was tried a moment ago
        now_ns[0] += panels.AGAIN_NS
        panel.look()
        assert panel.faults == ()
        assert len(told) == 2
        assert told[1] == "the pins are there again"
        until(lambda: bench.seen("led_camera")[-1:] == [1.0])
        until(lambda: bench.seen("led_red")[-3:] == [1.0, 0.0, 1.0])
        panel.show_fault(0)
        until(lambda: bench.seen("led_green")[-1:] == [1.0])
    assert bench.seen("led_green")[-1:] == [0.0]


def test_a_library_that_is_missing_is_not_looked_for_again(pi, monkeypatch):
    tries, now_ns = [], [0]
    monkeypatch.setattr(panels, "monotonic_ns", lambda: now_ns[0])
    refuse = refused("gpio_library")
    monkeypatch.setattr(panels, "open_chip", lambda: tries.append(now_ns[0]) or refuse())
    with open_panel(print, pi) as panel:
        now_ns[0] += panels.AGAIN_NS
        panel.look()
        assert [fault.code for fault in panel.faults] == ["gpio_library"]
    assert tries == [0]


@pytest.mark.parametrize(
    ("reasons", "bending", "muted", "light"),
    [
        ((), False, False, Light.READY),
        ((), False, True, Light.MUTED),
        ((), True, True, Light.SEEN),
        ((Reason.PERSON_LOST,), False, False, Light.READY),
        ((Reason.NOT_CALIBRATED,), True, False, Light.SEEN),
        ((Reason.VIEW_NOT_SIDE,), True, False, Light.UNSURE),
        ((Reason.NOT_CALIBRATED, Reason.SENSOR_GAP), False, False, Light.UNSURE),
    ],
)
def test_doubt_comes_first_then_the_bend(reasons, bending, muted, light):
    assert light_of(standing(0.0, *reasons), bending=bending, muted=muted) is light


def test_the_doubt_of_the_spine_counts_as_well():
    spine = SpineReading(None, None, 60.0, (Reason.ARM_OVER_BACK,))
    assert light_of(Posture(0.0, view=View.SIDE, spine=spine), bending=True, muted=False) is Light.UNSURE


def test_a_button_that_does_not_let_go_is_told(chip, pi, monkeypatch):
    told = []
    stuck = DeviceFault("gpio_error", where="button", what="the pin fails", try_this="start again", blinks=4)

    def fail(self):
        self._teller.close()
        raise stuck

    with monkeypatch.context() as broken:
        broken.setattr(panels.GpioButton, "close", fail)
        with open_panel(told.append, pi):
            pass
    assert told == [str(stuck)]
