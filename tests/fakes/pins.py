"""gpiozero itself, on pins that remember what they were told."""

from __future__ import annotations

import time

from gpiozero.pins.mock import MockFactory, MockPWMPin

from hingecue.cue.gpio import GpioCue
from hingecue.cue.pins import read_pins

PINS = read_pins()


def until(true, limit_s=5.0):
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.002)


class Bench:
    """The library itself on pins that remember what they were told."""

    def __init__(self):
        self.chip = MockFactory(pin_class=MockPWMPin)

    def cue(self):
        return GpioCue(PINS, self.chip)

    def seen(self, name):
        return [float(state.state) for state in self.chip.pin(f"GPIO{getattr(PINS, name)}").states]

    def ended(self, name):
        """Whether the pin has moved and is low again for good, when nothing repeats."""
        seen = self.seen(name)
        return len(seen) > 1 and seen[-1] == 0.0
