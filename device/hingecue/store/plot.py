"""From numbers over time to SVG paths: scales, thinning and gaps. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

POINTS_MAX: Final = 1500
"""More points than a screen has columns are not seen."""
_HOLE_S: Final = 1.0
"""Frames further apart than this have nothing known between them (our judgement)."""
_MINUTES_FROM_S: Final = 120.0
"""From this length on times are written as minutes and seconds."""
_TIME_STEPS_S: Final = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value at one time; `value` None: not known there. `sd`: its standard deviation, when known."""

    t_s: float
    value: float | None
    sd: float | None = None


Run: TypeAlias = "list[tuple[float, float, float]]"
"""Neighbouring known samples: time, value, standard deviation (0 when not known)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map from a quantity to the page."""

    low: float
    high: float
    at_low: float
    at_high: float

    def __call__(self, value: float) -> float:
        """Give the place on the page."""
        return self.at_low + (value - self.low) / (self.high - self.low) * (self.at_high - self.at_low)


def clean(value: float | None) -> float | None:
    """Give the number, or None when there is none to draw."""
    return value if value is not None and math.isfinite(value) else None


def open_holes(samples: Iterable[Sample]) -> list[Sample]:
    """Put an unknown sample wherever two neighbours are too far apart in time."""
    opened: list[Sample] = []
    for sample in samples:
        if opened and sample.t_s - opened[-1].t_s > _HOLE_S:
            opened.append(Sample((opened[-1].t_s + sample.t_s) / 2, None))
        opened.append(sample)
    return opened


def thin(samples: Sequence[Sample], limit: int = POINTS_MAX) -> list[Sample]:
    """Keep at most `limit` samples such that peaks, valleys and gaps are still there."""
    if len(samples) <= limit:
        return list(samples)
    size = math.ceil(len(samples) / (limit // 3))
    return [s for first in range(0, len(samples), size) for s in _extremes(samples[first : first + size])]


def _extremes(samples: Sequence[Sample]) -> list[Sample]:
    """Keep the first unknown, the lowest and the highest sample, in the order of time."""
    gaps = [n for n, sample in enumerate(samples) if sample.value is None]
    values = {n: sample.value for n, sample in enumerate(samples) if sample.value is not None}
    picks = set(gaps[:1])
    if values:
        picks |= {min(values, key=values.__getitem__), max(values, key=values.__getitem__)}
    return [samples[n] for n in sorted(picks)]


def runs(samples: Iterable[Sample]) -> Iterator[Run]:
    """Cut the samples at every unknown value."""
    run: Run = []
    for sample in samples:
        if sample.value is not None:
            run.append((sample.t_s, sample.value, sample.sd or 0.0))
        elif run:
            yield run
            run = []
    if run:
        yield run


def line(points: Iterable[tuple[float, float]]) -> str:
    """Give a path through these places of the page."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def time_ticks(low_s: float, high_s: float, most: int = 12) -> list[float]:
    """Give round times between the two, at most `most`."""
    step = next((s for s in _TIME_STEPS_S if (high_s - low_s) / s <= most), (high_s - low_s) / most)
    first, last = math.ceil(low_s / step), math.floor(high_s / step)
    return [n * step for n in range(first, last + 1)]


def time_word(t_s: float, span_s: float) -> str:
    """Give a time as seconds in a short session, as minutes and seconds in a long one."""
    if span_s < _MINUTES_FROM_S:
        return f"{t_s:g} s"
    minutes, seconds = divmod(round(t_s), 60)
    return f"{minutes}:{seconds:02d}"
