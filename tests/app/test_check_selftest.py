"""The self-test on gpiozero itself, with a person who looks at the pins."""

from __future__ import annotations

import pytest
from gpiozero import LED
from tests.fakes.i2c_bus import FakeBus, StreamTime
from tests.fakes.pins import PINS, Bench, until
from tests.fakes.programs import Programs

from hingecue.app.cli import main
from hingecue.app.doctor import selftest
from hingecue.app.doctor.finding import WIDTH
from hingecue.app.doctor.selftest import self_test, trials
from hingecue.config import Settings
from hingecue.errors import DeviceFault

LIT = {"red": "led_red", "amber": "led_amber", "green": "led_green", "camera": "led_camera"}


class Person:
    """Says yes to what the pins really do, and presses the button when told to. `blind`: what is never noticed."""

    def __init__(self, bench, there=True, blind=(), presses=True):
        self.bench = bench
        self.there = there
        self.blind = blind
        self.presses = presses
        self.asked = []
        self.said = []

    def say(self, sentence):
        self.said.append(sentence)
        if sentence.startswith("press the button") and self.presses:
            pin = self.bench.chip.pin(f"GPIO{PINS.button}")
            pin.drive_low()
            pin.drive_high()

    def ask(self, question):
        self.asked.append(question)
        if not self.there:
            return None
        name = next(word for word in ("motor", "buzzer", *LIT) if word in question)
        pin = LIT.get(name, name)
        until(lambda: self.bench.seen(pin)[-1] > 0 or self.bench.ended(pin))
        return "n" if name in self.blind else "y"


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.chip.reset()


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """A machine whose service does not run and whose wire has nothing, and short waits."""
    programs = Programs(tmp_path / "bin", monkeypatch)
    programs.says("systemctl", "LoadState=not-found\n")
    monkeypatch.setattr(selftest, "SHOWN_S", 0.05)
    FakeBus(StreamTime(), numbers=()).install(monkeypatch)
    return programs


def run(tmp_path, person, press_s=5.0):
    settings = Settings(database=tmp_path / "x.db")
    return {found.part: found for found in self_test(settings, person, person.bench.chip, press_s)}


PARTS = ["motor early", "motor after", "motor good", "buzzer", "red", "amber", "green", "camera led", "button"]


def test_everything_is_moved_and_asked_for(bench, tmp_path, stopped) -> None:
    person = Person(bench)
    found = run(tmp_path, person)
    assert list(found) == [*PARTS, "sensors"]
    assert all(len(part) <= WIDTH for part in found)
    assert {found[part].state for part in PARTS} == {"ok"}
    assert found["sensors"].state == "absent"
    assert person.asked[0] == "Did the motor give 2 pulses?"
    assert found["motor early"].where == "BCM 18"
    assert "start_stop" in found["button"].what


def test_pins_are_low_and_free_afterwards(bench, tmp_path, stopped) -> None:
    run(tmp_path, Person(bench))
    assert all(pin.function == "input" for pin in bench.chip.pins.values())
    for name in ("motor", "buzzer", *LIT.values()):
        assert bench.seen(name)[-1] == 0.0


def test_the_buzzer_is_heard_without_the_motor(bench, tmp_path, stopped) -> None:
    cue = bench.cue()
    next(trial for trial in trials() if trial.name == "buzzer").begin(cue)
    until(lambda: bench.ended("buzzer"))
    cue.close()
    assert bench.seen("motor") == [0.0]


def test_what_is_not_noticed_is_a_fault_with_what_to_look_at(bench, tmp_path, stopped) -> None:
    found = run(tmp_path, Person(bench, blind=("motor", "green"), presses=False), press_s=0.1)
    faults = {part for part, one in found.items() if one.state == "fault"}
    assert faults == {"motor early", "motor after", "motor good", "green", "button"}
    assert "diode" in found["motor early"].try_this
    assert "short leg" in found["green"].try_this
    assert "hardware/wiring.svg" in found["button"].try_this


def test_without_anybody_it_runs_and_says_what_it_did(bench, tmp_path, stopped) -> None:
    person = Person(bench, there=False, presses=False)
    found = run(tmp_path, person, press_s=0.05)
    assert {found[part].state for part in PARTS} == {"absent"}
    assert found["red"].what == "it was driven; nobody said what came of it"
    assert person.said[0].startswith("motor early on BCM 18, ")
    assert bench.seen("motor").count(1.0) == 4
    assert 1.0 in bench.seen("led_camera")


def test_once_more_moves_it_again(bench, tmp_path, stopped) -> None:
    person = Person(bench)
    usual, again = person.ask, ["r", "r"]
    person.ask = lambda question: again.pop() if "buzzer" in question and again else usual(question)
    found = run(tmp_path, person)
    assert found["buzzer"].state == "ok"
    assert again == []


def test_a_busy_pin_is_named_and_the_others_are_tried(bench, tmp_path, stopped) -> None:
    other = LED(PINS.motor, pin_factory=bench.chip)
    found = run(tmp_path, Person(bench))
    other.close()
    assert found["pin"].what == "motor on BCM 18: another program has this pin"
    assert not any(part.startswith("motor") for part in found)
    assert found["buzzer"].state == "ok"


def test_a_pin_that_fails_meanwhile_is_a_fault(bench, tmp_path, stopped, monkeypatch) -> None:
    person, cues = Person(bench), []

    def gone(value):
        raise OSError(5, "bad lineinfo IOCTL")

    def ask(question):
        if "red" in question:  # the amber light is next
            bench.chip.pin(f"GPIO{PINS.led_amber}")._set_state = gone
        if "amber" in question:
            until(lambda: any(fault.where == "led_amber" for fault in cues[0].faults))
            return "y"
        return Person.ask(person, question)

    person.ask = ask
    usual = selftest.GpioCue
    monkeypatch.setattr(selftest, "GpioCue", lambda *parts: cues.append(usual(*parts)) or cues[0])
    found = run(tmp_path, person)
    assert found["red"].state == "ok"
    assert found["amber"].state == "fault"
    assert "bad lineinfo IOCTL" in found["amber"].what
    assert found["green"].state == "ok"


def test_a_running_service_is_to_be_stopped_first(bench, tmp_path, stopped) -> None:
    stopped.says("systemctl", "LoadState=loaded\nActiveState=active\n")
    found = run(tmp_path, Person(bench))
    assert list(found) == ["service"]
    assert found["service"].try_this == "stop it for the test: sudo systemctl stop hingecue"
    assert not bench.chip.pins


def test_a_machine_without_pins_says_so(tmp_path, stopped, capsys) -> None:
    assert main(["check", "--self-test", "--database", str(tmp_path / "x.db")]) == 0
    out = capsys.readouterr().out
    assert "– pins" in out
    assert "– sensors" in out


def test_a_pi_without_the_library_of_its_pins_is_at_fault(tmp_path, stopped, monkeypatch) -> None:
    def missing():
        raise DeviceFault("gpio_library", where="lgpio", what="not installed", try_this="run `pip`", blinks=4)

    monkeypatch.setattr(selftest, "opened_chip", missing)
    for pi, state in ((True, "fault"), (False, "absent")):
        monkeypatch.setattr(selftest, "is_pi", lambda pi=pi: pi)
        found = next(iter(self_test(Settings(database=tmp_path / "x.db"), Person(None))))
        assert (found.part, found.state) == ("pins", state)


def test_packing_and_the_self_test_are_two_commands(capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["check", "--self-test", "--bundle"])
    assert stop.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
