"""The small figures, colours and cue marks of a session's picture, as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hingecue.coach.constants import PatternName
from hingecue.types import Kind

INK: Final = "#1f2937"
"""Words and limbs."""
SOFT: Final = "#5b6676"
"""Lesser words; 5.6 : 1 on the paper."""
PAPER: Final = "#fdfcf9"
RULE: Final = "#e3e1da"
SPINE: Final = "#4b3f9e"
TRUNK: Final = "#a3adbb"
EDGE: Final = "#7c8899"


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind is drawn: a tint for its column, an ink for words on the paper."""

    tint: str
    ink: str


LOOKS: Final = {
    # Okabe and Ito's palette, which colour-blind readers can tell apart; the inks are its darker sisters.
    Kind.HINGE: Look("#009e73", "#00684c"),
    Kind.SQUAT: Look("#56b4e9", "#0b5f94"),
    Kind.FLEXION: Look("#e69f00", "#8a5a00"),
    Kind.MIXED: Look("#cc79a7", "#8d3f6a"),
    Kind.UNSURE: Look("#a8a8a8", "#5c5c5c"),
}

FIGURE_SIZE: Final = 44.0
"""Width and height of the box that a figure is drawn in."""


@dataclass(frozen=True, slots=True)
class _Body:
    """A figure from the side, its front to the right: limbs, the back as a path, and the head's centre."""

    limbs: str
    back: str
    head: tuple[float, float]


_BODIES: Final = {
    Kind.HINGE: _Body("M11 20 16.5 31 15 42H20M31.5 18.5V32", "M11 20 31.5 17", (37.5, 14.5)),
    Kind.SQUAT: _Body("M11.5 30 27 29 21 42H26M19.5 15 32 19.5", "M11.5 30 19.5 14.5", (23, 7.5)),
    Kind.FLEXION: _Body("M12.5 21.5 15.5 31 15 42H20M32 20.5 31 35", "M12.5 21.5C13.5 10 27 8 32 20.5", (35.5, 27)),
    Kind.MIXED: _Body("M11.5 20 16 31 15 42H20M31.5 19 31 33", "M11.5 20C17 13.5 26 12.5 31.5 18.5", (37, 20)),
}


def figure(kind: Kind) -> str:
    """Draw the kind's little figure in its box: the back in the kind's ink, the rest in a softer one."""
    ink = LOOKS[kind].ink
    body = _BODIES.get(kind)
    if body is None:
        return (
            f'<circle cx="22" cy="24" r="12" fill="none" stroke="{ink}" stroke-width="2"'
            ' stroke-dasharray="3 3"/>'
            f'<text x="22" y="30" font-size="17" font-weight="600" fill="{ink}" text-anchor="middle">?</text>'
        )
    x, y = body.head
    return (
        f'<path d="{body.limbs}" fill="none" stroke="{SOFT}" stroke-width="2.6" stroke-linecap="round"'
        f' stroke-linejoin="round"/>'
        f'<circle cx="{x}" cy="{y}" r="4.3" fill="{SOFT}"/>'
        f'<path d="{body.back}" fill="none" stroke="{ink}" stroke-width="5" stroke-linecap="round"/>'
    )


CUE_WORDS: Final = {
    PatternName.EARLY: "early cue",
    PatternName.AFTER: "cue after",
    PatternName.GOOD: "hinge cue",
}


def cue_mark(pattern: str) -> str:
    """Draw a cue around 0, 0 the way it feels: two short pulses, a long one, a dot."""
    if pattern == PatternName.EARLY:
        return f'<path d="M-3.5-5V5M3.5-5V5" stroke="{INK}" stroke-width="4" stroke-linecap="round"/>'
    if pattern == PatternName.AFTER:
        return f'<path d="M-7 0H7" stroke="{INK}" stroke-width="5" stroke-linecap="round"/>'
    return f'<circle r="4" fill="{INK}"/>'
