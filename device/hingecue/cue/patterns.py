"""The table of patterns: what each cue feels like, and what it means.

Meaning is told by the pattern and never by strength: the intensity of a small motor on the trunk is hard to
tell apart (research/biomechanics A7, [S54]).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hingecue.coach.constants import PatternName


@dataclass(frozen=True, slots=True)
class Pulse:
    """The motor on for `on_ms`, then off for `off_ms`, in milliseconds."""

    on_ms: int
    off_ms: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """One cue: its pulses in order, and its meaning in words that the lifter can be told."""

    name: PatternName
    pulses: tuple[Pulse, ...]
    meaning: str

    @property
    def length_ms(self) -> int:
        """How long the pattern lasts, in milliseconds."""
        return sum(pulse.on_ms + pulse.off_ms for pulse in self.pulses)


PATTERNS: Final = {
    pattern.name: pattern
    for pattern in (
        # 150 ms pulses, two or three, warn best [S55]; a gap of 100 ms lets a coin motor run down (A7).
        Pattern(
            PatternName.EARLY,
            (Pulse(150, 100), Pulse(150, 0)),
            "Your back is rounding: send the hips back.",
        ),
        # One long pulse cannot be taken for the early one; after the bend nothing distracts (A7, E6).
        Pattern(
            PatternName.AFTER,
            (Pulse(300, 0),),
            "That bend was rounded: hips back first, if you want a hinge.",
        ),
        # As short as a motor with overdrive can make felt, so that praise never interrupts (our judgement).
        Pattern(PatternName.GOOD, (Pulse(60, 0),), "Hip hinge."),
    )
}
"""Every pattern by its name."""
