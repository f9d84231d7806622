"""One session as one self-contained SVG picture. Pure: values in, text out."""

from __future__ import annotations

import re
from html import escape
from statistics import median
from typing import TYPE_CHECKING, Final

from hingecue.coach.summary import headline, summarise
from hingecue.coach.words import KIND_WORDS, ROLE_WORDS
from hingecue.posture.constants import FLEXION_SHARE_MIN, NEUTRAL_SHARE_MAX
from hingecue.store.figures import EDGE, INK, LOOKS, PAPER, RULE, SOFT, SPINE, TRUNK
from hingecue.store.labels import cues, key, labels, legend
from hingecue.store.page import LEFT, RIGHT, Axes, write
from hingecue.store.plot import Sample, Scale, clean, line, open_holes, runs, thin, time_ticks, time_word
from hingecue.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hingecue.types import Bend, Posture

_WIDTH: Final = 1200.0
_HEIGHT: Final = 632.0
_TOP: Final = 240.0
_BOTTOM: Final = 530.0
_COLUMN_TOP: Final = 192.0
_TIMES_Y: Final = 574.0

_CROWD: Final = 40
"""More bends than this are drawn with a finer pen."""
_COLUMN_MIN: Final = 3.0
"""Narrowest column, px: a bend in an hour is still seen."""
_TITLE_MAX: Final = 44
"""Longest title, characters: the key stands to its right."""
_LOWEST_DEG: Final = -60.0
_HIGHEST_DEG: Final = 190.0
"""No trunk and no spine goes further; what lies outside is cut off at the edge."""
_EDGE_S: Final = 0.5
"""Half a bend whose start or end was not seen, and the margin of the time axis without a series, s."""
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"


def draw_session(series: Sequence[Posture], bends: Sequence[Bend], title: str) -> str:
    """Draw trunk and spine over time, and every bend as a column with its kind, number and cues.

    Without a series the bends are drawn from their own start, bottom and end. What is not known is a gap.
    """
    trunk = open_holes(Sample(p.t_s, clean(p.trunk_deg)) for p in series)
    # The outline is not read in every frame: what was not read is no hole, unless it lasts.
    spine = open_holes(_spine_sample(p) for p in series if p.spine is not None)
    axes = _axes(trunk, spine, bends)
    heading, counts = _tidy(title), headline(summarise(bends))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}"'
        f' height="{_HEIGHT:g}" role="img" font-family="{_FONTS}" fill="{INK}">',
        f"<title>{escape(heading)}</title>",
        f"<desc>{escape(counts)} Trunk inclination and spinal flexion in degrees over time.</desc>",
        _defs(),
        f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" rx="14" fill="{PAPER}"/>',
        write(LEFT, 50, heading, size=26, weight=700),
        write(LEFT, 79, counts, size=16, ink=SOFT),
        *key(),
        *_columns(bends, axes),
        *_grid(axes),
        *_bands(bends, axes),
        *(_curves(trunk, spine, axes, 1.0 if len(bends) <= _CROWD else 0.5) if series else _arches(bends, axes)),
        *labels(bends, axes),
        *cues(bends, axes),
        *legend(bends),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _tidy(title: str) -> str:
    """Make the title one line that XML can hold and the picture has room for."""
    words = " ".join(_NOT_XML.sub("", title).split()) or "Session"
    return words if len(words) <= _TITLE_MAX else words[: _TITLE_MAX - 1] + "…"


def _spine_sample(posture: Posture) -> Sample:
    if posture.spine is None:
        return Sample(posture.t_s, None)
    return Sample(posture.t_s, clean(posture.spine.flexion_deg), clean(posture.spine.sd_deg))


def _span(bend: Bend) -> tuple[float, float]:
    """Give the start and the end of the column: half a second about the bottom where one is not known."""
    start_s = bend.bottom_s - _EDGE_S if bend.start_s is None else bend.start_s
    return start_s, bend.bottom_s + _EDGE_S if bend.end_s is None else bend.end_s


def _axes(trunk: Sequence[Sample], spine: Sequence[Sample], bends: Sequence[Bend]) -> Axes:
    times = [sample.t_s for sample in trunk]
    if not times:
        times = [t for b in bends for t in (_span(b)[0] - _EDGE_S, _span(b)[1] + _EDGE_S)] or [0.0, 10.0]
    first_s, last_s = min(times), max(times)
    seen = [s.value for s in (*trunk, *spine) if s.value is not None]
    seen += [v for b in bends for v in (clean(b.trunk_deg), clean(b.spine_flexion_deg)) if v is not None]
    low = max(_LOWEST_DEG, min([-5.0, *(v - 5.0 for v in seen)]))
    high = min(_HIGHEST_DEG, max([96.0, *(v + 8.0 for v in seen)]))
    return Axes(Scale(first_s, max(last_s, first_s + 1.0), LEFT, RIGHT), Scale(low, high, _BOTTOM, _TOP))


def _defs() -> str:
    return (
        f'<defs><linearGradient id="hc-trunk" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{TRUNK}" stop-opacity=".62"/>'
        f'<stop offset="1" stop-color="{TRUNK}" stop-opacity=".10"/></linearGradient>'
        f'<clipPath id="hc-plot"><rect x="{LEFT:g}" y="{_TOP:g}" width="{RIGHT - LEFT:g}"'
        f' height="{_BOTTOM - _TOP:g}"/></clipPath></defs>'
    )


def _columns(bends: Iterable[Bend], axes: Axes) -> Iterator[str]:
    for bend in bends:
        start, end = (axes.x(t_s) for t_s in _span(bend))
        start, end = max(start, LEFT), min(end, RIGHT)
        spare = max(0.0, _COLUMN_MIN - (end - start)) / 2
        yield (
            f'<g class="bend"><title>{escape(_sentence(bend))}</title>'
            f'<rect x="{start - spare:.1f}" y="{_COLUMN_TOP:g}" width="{end - start + 2 * spare:.1f}"'
            f' height="{_BOTTOM - _COLUMN_TOP:g}" rx="5" fill="{LOOKS[bend.kind].tint}" fill-opacity=".24"/></g>'
        )


def _sentence(bend: Bend) -> str:
    """Tell a bend in the words that show when the pointer rests on it."""
    words = [f"Bend {bend.index}: {KIND_WORDS[bend.kind]}"]
    if bend.kind is not Kind.UNSURE:
        words.append(f"{bend.confidence:.0%} sure")
    words.append(ROLE_WORDS[bend.role])
    if bend.trunk_deg is not None:
        words.append(f"trunk {bend.trunk_deg:.0f}°")
    if bend.spine_flexion_deg is not None:
        sd = "" if bend.spine_sd_deg is None else f" ± {bend.spine_sd_deg:.0f}°"
        words.append(f"spinal flexion {bend.spine_flexion_deg:.0f}°{sd}")
    return ", ".join(words) + "".join(f". {reason.advice}" for reason in bend.reasons[:1])


def _grid(axes: Axes) -> Iterator[str]:
    step = 30 if axes.y.high < 120.0 else 45
    for deg in range(-30 if step == 30 else -45, 181, step):
        if axes.y.low <= deg <= axes.y.high:
            y = axes.y(deg)
            stroke = "#9aa3b0" if deg == 0 else RULE
            yield f'<path d="M{LEFT:g} {y:.1f}H{RIGHT:g}" stroke="{stroke}"/>'
            yield write(LEFT - 10, y + 5, f"{deg}°", ink=SOFT, anchor="end")
    span_s = axes.x.high - axes.x.low
    for t_s in time_ticks(axes.x.low, axes.x.high):
        yield write(axes.x(t_s), _TIMES_Y, time_word(t_s, span_s), ink=SOFT, anchor="middle")


def _bands(bends: Iterable[Bend], axes: Axes) -> Iterator[str]:
    """Mark where the spine counts as neutral and where as rounded, in this person's own degrees."""
    largest = [b.spine_flexion_deg / b.flexion_share for b in bends if b.spine_flexion_deg and b.flexion_share]
    if not largest:
        return
    for share, word, below in ((NEUTRAL_SHARE_MAX, "↓ neutral", 17), (FLEXION_SHARE_MIN, "↑ rounded", -8)):
        deg = share * median(largest)
        if not axes.y.low < deg < axes.y.high:
            continue
        y = axes.y(deg)
        yield (
            f'<path class="band" d="M{LEFT:g} {y:.1f}H{RIGHT:g}" stroke="{SPINE}" stroke-opacity=".45"'
            ' stroke-dasharray="2 5"/>'
        )
        yield write(RIGHT + 8, y + below, word, size=13, ink=SPINE)


def _curves(trunk: Sequence[Sample], spine: Sequence[Sample], axes: Axes, pen: float) -> Iterator[str]:
    yield '<g clip-path="url(#hc-plot)">'
    floor = axes.y(0.0)
    for run in runs(thin(trunk)):
        top = line(axes.place(t_s, deg) for t_s, deg, _ in run)
        under = f"L{axes.x(run[-1][0]):.1f} {floor:.1f}L{axes.x(run[0][0]):.1f} {floor:.1f}Z"
        yield f'<path class="trunk" d="{top}{under}" fill="url(#hc-trunk)"/>'
        yield (f'<path d="{top}" fill="none" stroke="{EDGE}" stroke-width="{2 * pen:g}" stroke-linejoin="round"/>')
    for run in runs(thin(spine)):
        band = [axes.place(t_s, deg + sd) for t_s, deg, sd in run]
        band += [axes.place(t_s, deg - sd) for t_s, deg, sd in reversed(run)]
        yield f'<path class="sd" d="{line(band)}Z" fill="{SPINE}" fill-opacity=".2"/>'
        curve = line(axes.place(t_s, deg) for t_s, deg, _ in run)
        yield (
            f'<path class="spine" d="{curve}" fill="none" stroke="{SPINE}" stroke-width="{2.8 * pen:g}"'
            ' stroke-linejoin="round" stroke-linecap="round"/>'
        )
    yield "</g>"


def _arches(bends: Iterable[Bend], axes: Axes) -> Iterator[str]:
    """Draw each bend from what was stored of it: the trunk as an arch, the spine as a point with its SD."""
    floor = axes.y(0.0)
    for bend in bends:
        x, trunk_deg, flexion_deg = (
            axes.x(bend.bottom_s),
            clean(bend.trunk_deg),
            clean(bend.spine_flexion_deg),
        )
        if trunk_deg is not None:
            peak = axes.y(trunk_deg)
            start, end = (axes.x(t_s) for t_s in _span(bend))
            arch = (
                f"M{start:.1f} {floor:.1f}C{(start + x) / 2:.1f} {floor:.1f} {(start + x) / 2:.1f} {peak:.1f}"
                f" {x:.1f} {peak:.1f}C{(x + end) / 2:.1f} {peak:.1f} {(x + end) / 2:.1f} {floor:.1f}"
                f" {end:.1f} {floor:.1f}"
            )
            yield f'<path class="trunk" d="{arch}" fill="url(#hc-trunk)" stroke="{EDGE}" stroke-width="2"/>'
        if flexion_deg is not None:
            y, sd_deg = axes.y(flexion_deg), clean(bend.spine_sd_deg)
            if sd_deg is not None:
                low, high = axes.y(flexion_deg - sd_deg), axes.y(flexion_deg + sd_deg)
                yield (
                    f'<path class="sd" d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{SPINE}"'
                    ' stroke-opacity=".35" stroke-width="9" stroke-linecap="round"/>'
                )
            yield f'<circle class="spine" cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{SPINE}"/>'
