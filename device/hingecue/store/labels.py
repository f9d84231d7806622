"""What is written around the curves of a session's picture: figures, degrees, cues, key and legend. Pure."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hingecue.coach.words import KIND_WORDS
from hingecue.store.figures import CUE_WORDS, EDGE, FIGURE_SIZE, INK, LOOKS, SPINE, TRUNK, cue_mark, figure
from hingecue.store.page import LEFT, RIGHT, Axes, write
from hingecue.store.plot import clean
from hingecue.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hingecue.types import Bend

_NUMBERS_Y: Final = 184.0
_TRUNK_Y: Final = 211.0
_SPINE_Y: Final = 229.0
_CUES_Y: Final = 546.0
_LEGEND_Y: Final = 610.0
_FIGURE_SCALE_MAX: Final = 1.3
_FIGURE_GAP: Final = 22.0
"""Bends nearer to each other than this get a dot instead of a figure, px."""
_NUMBER_GAP: Final = 30.0
"""Numbers nearer to each other than this are left out, px."""
_DEGREES_GAP: Final = 34.0
"""Bends nearer to each other than this are drawn without their degrees, px."""
_SD_GAP: Final = 100.0
"""Bends nearer to each other than this are drawn without the SD of their degrees, px."""


def key() -> list[str]:
    """Draw what the two curves are, at the top right."""
    x = 838.0
    return [
        f'<path d="M{x:g} 44h30" stroke="{EDGE}" stroke-width="2.2"/>'
        f'<path d="M{x:g} 44h30v9h-30z" fill="{TRUNK}" fill-opacity=".5"/>',
        write(x + 40, 51, "trunk inclination, degrees from standing"),
        f'<path d="M{x:g} 67h30v13h-30z" fill="{SPINE}" fill-opacity=".2"/>'
        f'<path d="M{x:g} 73.5h30" stroke="{SPINE}" stroke-width="3"/>',
        write(x + 40, 79, "spinal flexion, degrees ± 1 SD"),
    ]


def labels(bends: Sequence[Bend], axes: Axes) -> Iterator[str]:
    """Draw figure, number and degrees of every bend, as far as there is room."""
    places = [min(max(axes.x(bend.bottom_s), LEFT), RIGHT) for bend in bends]
    ordered = sorted(places)
    gap = min((b - a for a, b in pairwise(ordered)), default=2 * FIGURE_SIZE)
    size = min(_FIGURE_SCALE_MAX, gap / FIGURE_SIZE)
    if bends and gap >= _DEGREES_GAP:
        yield write(LEFT - 10, _TRUNK_Y, "trunk", size=13, anchor="end")
        yield write(LEFT - 10, _SPINE_Y, "spine", size=13, ink=SPINE, anchor="end")
    numbered = -_NUMBER_GAP
    for bend, x in zip(bends, places, strict=True):
        look = LOOKS[bend.kind]
        if gap >= _FIGURE_GAP:
            left, top = x - size * FIGURE_SIZE / 2, _NUMBERS_Y - 16 - size * FIGURE_SIZE
            yield f'<g transform="translate({left:.1f} {top:.1f}) scale({size:.3f})">{figure(bend.kind)}</g>'
        else:
            yield f'<circle cx="{x:.1f}" cy="{_NUMBERS_Y - 20:g}" r="3.5" fill="{look.tint}"/>'
        if x - numbered >= _NUMBER_GAP:
            numbered = x
            yield write(x, _NUMBERS_Y, str(bend.index), ink=look.ink, weight=700, anchor="middle")
        if gap >= _DEGREES_GAP:
            yield from _degrees(bend, x, with_sd=gap >= _SD_GAP)


def _degrees(bend: Bend, x: float, *, with_sd: bool) -> Iterator[str]:
    """Write the trunk's and the spine's degrees of a bend at the top of its column; a dash is not known."""
    sd_deg = clean(bend.spine_sd_deg) if with_sd else None
    rows = (
        (_TRUNK_Y, clean(bend.trunk_deg), None, INK),
        (_SPINE_Y, clean(bend.spine_flexion_deg), sd_deg, SPINE),
    )
    for y, deg, sd, ink in rows:
        words = "–" if deg is None else f"{deg:.0f}°" if sd is None else f"{deg:.0f} ± {sd:.0f}°"
        yield write(x, y, words, size=13, ink=ink, weight=600, anchor="middle")


def cues(bends: Iterable[Bend], axes: Axes) -> Iterator[str]:
    """Mark every cue below the curves, at its time."""
    for cue in (cue for bend in bends for cue in bend.cues):
        x = min(max(axes.x(cue.t_s), LEFT), RIGHT)
        yield (
            f'<g class="cue" transform="translate({x:.1f} {_CUES_Y:g})">'
            f"<title>cue {escape(cue.pattern)} at {cue.t_s:.1f} s</title>{cue_mark(cue.pattern)}</g>"
        )


def legend(bends: Sequence[Bend]) -> Iterator[str]:
    """Name every kind and every cue that the picture holds."""
    kinds = {bend.kind for bend in bends}
    patterns = {cue.pattern for bend in bends for cue in bend.cues}
    entries = [(_swatch(kind), KIND_WORDS[kind]) for kind in Kind if kind in kinds]
    entries += [(cue_mark(pattern), words) for pattern, words in CUE_WORDS.items() if pattern in patterns]
    x = LEFT
    for mark, words in entries:
        yield f'<g transform="translate({x + 8:.0f} {_LEGEND_Y - 4:g})">{mark}</g>'
        yield write(x + 23, _LEGEND_Y + 1, words, size=15)
        x += 48 + 8.2 * len(words)


def _swatch(kind: Kind) -> str:
    return f'<rect x="-8" y="-8" width="16" height="16" rx="4" fill="{LOOKS[kind].tint}" fill-opacity=".75"/>'
