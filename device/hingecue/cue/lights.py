"""What the three lights and the motor do: tables of steps, so that a pin only has to follow them.

States differ in rhythm and not only in colour, so that nobody has to tell red from green.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hingecue.coach.constants import PatternName
from hingecue.cue.player import Step, Track

if TYPE_CHECKING:
    from hingecue.cue.patterns import Pattern

MOTOR_DUTY: Final = 0.6
"""Share of 5 V, less the transistor's 0.2 V, that gives a 3 V motor its 2.9 V."""

OVERDRIVE_MS: Final = 40
"""A pulse begins with so many milliseconds at full voltage, so that a slow motor is felt sooner (our judgement; nobody
has measured a motor for it yet)."""

BLINK_ON_MS: Final = 150
BLINK_OFF_MS: Final = 250
"""A short blink of a fault's number and the dark after it, ms: about 2.5 a second can still be counted."""

BLINK_PAUSE_MS: Final = 1500
"""The dark between two counts, ms: several times the one between blinks."""

DARK: Final = (0.0, 0.0, 0.0)
RED: Final = (1.0, 0.0, 0.0)
AMBER: Final = (0.0, 1.0, 0.0)
GREEN: Final = (0.0, 0.0, 1.0)


class Light(StrEnum):
    """What the lights say."""

    OFF = "off"
    READY = "ready"
    SEEN = "seen"
    UNSURE = "unsure"
    MUTED = "muted"
    STOPPED = "stopped"
    GUIDED = "guided"


LIGHTS: Final = {
    Light.OFF: Track(),
    Light.READY: Track((Step(GREEN, None),)),
    Light.SEEN: Track((Step(GREEN, 250), Step(DARK, 250)), repeat=True),
    Light.UNSURE: Track((Step(AMBER, 1000), Step(DARK, 250)), repeat=True),
    Light.MUTED: Track((Step(GREEN, 1500), Step(AMBER, 150)), repeat=True),
    Light.STOPPED: Track((Step(GREEN, 100), Step(DARK, 2900)), repeat=True),
    Light.GUIDED: Track((Step(GREEN, 500), Step(AMBER, 500)), repeat=True),
}
"""The rhythm of each state: ready is steady, a bend that is seen blinks quickly, unsure winks slowly, muted is ready
with a wink of amber, stopped sparks every three seconds, a guided calibration swings between green and amber."""


def fault_blinks(blinks: int) -> Track:
    """Blink red `blinks` times, pause, and so on; 0 is dark."""
    if blinks <= 0:
        return Track()
    blink = (Step(RED, BLINK_ON_MS), Step(DARK, BLINK_OFF_MS))
    return Track((*blink * blinks, Step(DARK, BLINK_PAUSE_MS)), repeat=True)


def cue_track(pattern: Pattern) -> Track:
    """Levels of motor and buzzer for a pattern; the buzzer keeps out of praise, which must not interrupt."""
    sound = float(pattern.name is not PatternName.GOOD)
    steps = []
    for pulse in pattern.pulses:
        kick_ms = min(OVERDRIVE_MS, pulse.on_ms)
        steps += [
            Step((1.0, sound), kick_ms),
            Step((MOTOR_DUTY, sound), pulse.on_ms - kick_ms),
            Step((0.0, 0.0), pulse.off_ms),
        ]
    return Track(tuple(step for step in steps if step.ms))
