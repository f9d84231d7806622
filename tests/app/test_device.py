"""The device from switching on to switching off: a film is the camera, gpiozero's own fake the pins."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from tests.app.conftest import write_film
from tests.fakes.bend import a_bend
from tests.fakes.pins import PINS, Bench, until

from hingecue.app import device, panel
from hingecue.app.cli import main
from hingecue.app.device import IDLE_S, Bounds, keep_fault, power_off
from hingecue.app.engine import Step
from hingecue.app.panel import Panel
from hingecue.cue.presses import Action, Press
from hingecue.errors import DeviceFault
from hingecue.posture.calibration import Refusal
from hingecue.store.faults import kept_faults
from hingecue.types import Posture

GONE = DeviceFault("camera_silent", where="camera x", what="no picture came", try_this="check the cable", blinks=2)


@pytest.fixture
def film(tmp_path):
    """A camera that sees a dark room for half a minute."""
    return write_film(tmp_path / "dark.mp4", [np.zeros((120, 160, 3), np.uint8)] * 450)


@pytest.fixture
def bench(monkeypatch):
    bench = Bench()
    bench.opened = False

    @contextmanager
    def opened():
        bench.opened = True
        yield bench.chip

    monkeypatch.setattr(panel, "open_chip", opened)
    yield bench
    bench.chip.reset()


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A folder and a socket, as systemd gives them."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody-listens"))
    file = tmp_path / "status.json"
    return lambda: json.loads(file.read_text("utf-8")) if file.exists() else {"state": None}


def running(film, play):
    """Run the device in this thread, as a command, while `play` is played in another one; the exit status."""
    failed = []

    def safely():
        try:
            play()
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the test's own thread
            failed.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the device may have ended by itself by then
    player = threading.Thread(target=safely)
    player.start()
    try:
        status = main(["run", "--camera", str(film), "--model", "lite", "--no-sensors"])
    finally:
        player.join()
        signal.signal(signal.SIGTERM, before)
    if failed:
        raise failed[0]
    return status


def press(bench, held_s=0.0):
    pin = bench.chip.pin(f"GPIO{PINS.button}")
    pin.drive_low()
    time.sleep(held_s)
    pin.drive_high()


def lit(bench, name):
    return bench.seen(name)[-1] == 1.0


def camera_opened(bench):
    until(lambda: bench.opened and lit(bench, "led_camera"), 30.0)


def test_the_button_stops_and_starts_and_the_camera_light_tells(home, film, bench, service):
    def play():
        camera_opened(bench)
        until(lambda: service()["state"] == "coaching", 30.0)
        press(bench)
        until(lambda: not lit(bench, "led_camera"), 10.0)
        until(lambda: service()["state"] == "stopped by the button", 10.0)
        press(bench)
        until(lambda: lit(bench, "led_camera"), 10.0)
        until(lambda: service()["state"] == "coaching", 10.0)

    assert running(film, play) == 0
    assert service()["state"] == "stopped"
    assert not (home / "sessions.db").exists() or kept_faults(home / "sessions.db") == []


def test_a_long_press_without_sensors_says_what_is_missing_and_goes_on(home, film, bench, service, capsys, monkeypatch):
    monkeypatch.setattr(device, "SHOWN_S", 0.1)

    def play():
        camera_opened(bench)
        panel_of_device(monkeypatch).press(Press(0.0, Action.CALIBRATE))
        until(lambda: bench.seen("led_camera").count(1.0) == 2, 20.0)
        until(lambda: service()["state"] == "coaching", 10.0)

    with held_panel(monkeypatch):
        assert running(film, play) == 0
    assert "I2C" in capsys.readouterr().err


def test_six_seconds_switch_the_box_off(home, film, bench, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(device, "power_off", lambda: asked.append(True) or True)

    def play():
        camera_opened(bench)
        panel_of_device(monkeypatch).press(Press(0.0, Action.POWER_OFF))
        until(lambda: asked)
        until(lambda: not bench.chip.pins or bench.chip.pin(f"GPIO{PINS.led_camera}").function == "input", 10.0)

    with held_panel(monkeypatch):
        running(film, play)
    assert asked == [True]


def test_a_box_that_cannot_be_switched_off_stays_stopped(home, film, bench, monkeypatch, service):
    monkeypatch.setattr(device, "power_off", lambda: False)

    def play():
        camera_opened(bench)
        panel_of_device(monkeypatch).press(Press(0.0, Action.POWER_OFF))
        until(lambda: service()["state"] == "stopped by the button", 10.0)

    with held_panel(monkeypatch):
        running(film, play)


def test_pins_that_go_away_end_it_with_their_fault_for_systemd_to_start_it_again(home, film, bench, capsys):
    def gone(value):
        raise OSError(5, "bad lineinfo IOCTL")

    def play():
        camera_opened(bench)
        bench.chip.pin(f"GPIO{PINS.led_camera}")._set_state = gone
        time.sleep(2.5)

    assert running(film, play) == 1
    assert "the pin fails" in capsys.readouterr().err
    assert [fault.code for fault in kept_faults(home / "sessions.db")] == ["gpio_error"]


def test_a_stopped_device_whose_pins_go_ends_for_a_new_one(home, film, bench, service, capsys):
    def play():
        until(lambda: service()["state"] == "coaching", 20.0)
        press(bench)
        until(lambda: service()["state"] == "stopped by the button", 20.0)

        def gone(value):
            raise OSError(19, "No such device")

        bench.chip.pin(f"GPIO{PINS.led_camera}")._set_state = gone
        time.sleep(2.5)

    assert running(film, play) == 1
    assert "the pin fails" in capsys.readouterr().err
    assert [fault.code for fault in kept_faults(home / "sessions.db")] == ["gpio_error"]


def test_a_service_waits_for_its_camera_and_blinks(home, tmp_path, film, bench, service, monkeypatch, capsys):
    monkeypatch.setattr(device, "AGAIN_S", 0.1)
    place, tries, real = tmp_path / "camera.mp4", [], device.open_parts

    def chosen(stack, options, settings, say):
        tries.append(say("camera pi:0: libcamera lists imx708"))
        return real(stack, options, settings, say)

    monkeypatch.setattr(device, "open_parts", chosen)

    def play():
        until(lambda: service()["state"] == "waiting" and len(tries) > 2, 20.0)
        assert service()["faults"][0]["blinks"] == 2
        until(lambda: bench.seen("led_red").count(1.0) >= 2, 10.0)
        film.rename(place)
        until(lambda: service()["state"] == "coaching", 20.0)

    assert running(place, play) == 0
    err = capsys.readouterr().err
    assert err.count("there is no such camera") == 1
    assert err.count("libcamera lists imx708") == 1
    assert "it is there again" in err
    assert [fault.code for fault in kept_faults(home / "sessions.db")] == ["camera_missing"]


def test_by_hand_a_missing_camera_is_one_sentence(home, tmp_path, capsys):
    assert main(["run", "--camera", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.count("there is no such camera") == 1


class Judging:
    """An engine of which only the judge is asked."""

    def __init__(self):
        self.judge = self
        self.under_way = False


def test_a_session_ends_when_nobody_has_bent_for_ten_minutes():
    engine = Judging()
    bounds = Bounds(Panel(), engine)
    flow = [((), float(t)) for t in range(2000)]
    seen = []
    for _, t_s in bounds.within(flow):
        seen.append(t_s)
        engine.under_way = t_s == 50.0
        bounds.beat(t_s, Step(Posture(t_s), a_bend(1) if t_s == 100.0 else None, ()))
    assert seen[-1] == 100.0 + IDLE_S + 1.0
    assert bounds.idle


def test_a_part_that_goes_away_ends_the_session_so_that_it_is_stored():
    def flow():
        yield (), 1.0
        raise GONE

    bounds = Bounds(Panel(), Judging())
    assert len(list(bounds.within(flow()))) == 1
    assert bounds.fault is GONE


def test_what_is_asked_for_ends_the_session():
    pressed = Panel()
    bounds = Bounds(pressed, Judging())
    seen = 0
    for _ in bounds.within([((), 1.0)] * 5):
        seen += 1
        pressed.press(Press(0.0, Action.START_STOP))
    assert seen == 1
    assert pressed.asked() is Action.START_STOP


@pytest.mark.parametrize(
    ("command", "done", "told"),
    [
        (("true",), True, ""),
        (("sh", "-c", "echo Access denied >&2; exit 1"), False, "Access denied"),
        (("no-such-program-here",), False, "unplug it"),
        (("sleep", "5"), False, "unplug it"),
    ],
)
def test_switching_off(monkeypatch, capsys, command, done, told):
    monkeypatch.setattr(device, "POWER_OFF", command)
    monkeypatch.setattr(device, "POWER_OFF_S", 0.5)
    assert power_off() is done
    assert told in capsys.readouterr().err


def test_a_fault_that_cannot_be_kept_is_told(tmp_path, capsys):
    (tmp_path / "file").touch()
    keep_fault(tmp_path / "file" / "s.db", GONE)
    assert "cannot be made" in capsys.readouterr().err


class Guided:
    """A device of which only the calibration is used."""

    served = False

    def __init__(self, monkeypatch, end):
        monkeypatch.setattr(device, "SHOWN_S", 0.0)
        monkeypatch.setattr(device, "calibrate_live", end)
        self.panel = Shown()
        self.beats = []
        settings = type("Settings", (), {"profile": "guest"})()
        self.device = device.Device(None, settings, None, self.panel, self)

    def idle(self, state, faults=()):
        self.beats.append(state)


class Shown(Panel):
    def __init__(self):
        super().__init__()
        self.shown = []
        self.cues = []

    def show(self, light):
        self.shown.append(str(light))

    def show_fault(self, blinks):
        self.shown.append(blinks)

    def play(self, cue):
        self.cues.append(cue.pattern)


def test_a_calibration_is_guided_by_lights_and_felt(monkeypatch, capsys):
    def end(settings, say, sleep):
        say("Stand still.")
        sleep(0.0)
        return Refusal("restless", "you did not stand still", "stand still for three seconds")

    guided = Guided(monkeypatch, end)
    guided.device._calibrate()
    assert guided.panel.shown == [0, "guided", "unsure", 0]
    assert guided.panel.cues == ["good"]
    assert guided.beats == ["calibrating", "calibrating"]
    assert "Stand still." in capsys.readouterr().err


def test_a_press_ends_a_calibration(monkeypatch, capsys):
    def end(settings, say, sleep):
        guided.panel.press(Press(0.0, Action.START_STOP))
        sleep(60.0)

    guided = Guided(monkeypatch, end)
    guided.device._calibrate()
    assert "ended by the button" in capsys.readouterr().err


@contextmanager
def held_panel(monkeypatch):
    """Keep the device's panel at hand, so that a test need not hold a button for seconds."""
    with monkeypatch.context() as patch:
        real = Panel.__init__

        def keep(self, *args, **kwargs):
            real(self, *args, **kwargs)
            held.append(self)

        held.clear()
        patch.setattr(Panel, "__init__", keep)
        yield


held = []


def panel_of_device(monkeypatch):
    return next(one for one in reversed(held) if one._pins is not None)
