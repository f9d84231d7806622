"""What one bend was: its angles at the bottom, its largest spinal flexion, its tempo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from hingecue.posture.constants import (
    DEFAULT_FLEXION_MAX_DEG,
    FLEXION_WINDOW_S,
    PAUSE_RATE_DEG_S,
    SPINE_FRAMES_MIN,
    VIEW_READABLE_MAX_DEG,
)
from hingecue.types import Facing, Posture, Reason, SpineSource, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hingecue.types import SpineReading

BOTTOM_WINDOW_S: Final = 0.12
"""Half the window around the bottom over which angles are taken as medians."""
DEEP_SHARE: Final = 0.5
"""Spinal flexion is looked for where the trunk is at least this far down."""
PLATEAU_SHARE: Final = 0.1
"""The bottom is where the trunk is within this share of its range from the deepest point."""
RATE_SPAN_S: Final = 0.12
"""Span of the differences that give the trunk's speed."""
SEEN: Final = frozenset({SpineSource.CAMERA, SpineSource.CAMERA_PELVIS})
SEEN_SD_SHARE: Final = 0.75
"""Over a bend the camera errs by so much of what it errs by in a single frame: what changes from frame to frame goes
out, and the standing reading takes some of the person's own shape off. On rendered lifts the 80 % interval then holds
85 % (`models/recipe/spine/lifts.py`)."""
OBLIQUE_DEG: Final = 30.0
OBLIQUE_SD_SHARE: Final = 1.25
"""… and by so much where the view is further off the side than this: there a whole bend is misread alike. 16 rendered
lifts told as 30 to 36°, most of them drawn 28 to 46° off the side, need 1.27 for an interval that holds 80 %."""
FELT_WINDOW_S: Final = 0.08
"""Half the window for worn sensors: they do not jump from sample to sample, and a longer one flattens the peak."""
HOLE_S: Final = 0.4
"""Sensors read a hundred times a second; longer than this without them, and the largest flexion may be missed."""
DOUBT_SHARE: Final = 0.5
"""A reason stands when it holds in more than this share of the frames around the bottom."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame of a bend: its posture and the value of the bend signal (deg)."""

    posture: Posture
    signal_deg: float


@dataclass(frozen=True, slots=True)
class SpinePeak:
    """The largest spinal flexion of a bend, its SD, when it was, and what forbids an answer.

    `max_deg`: what a flexion share of 1 is for its source, None: the camera's.
    """

    flexion_deg: float | None
    sd_deg: float | None
    t_s: float | None
    source: SpineSource
    doubts: tuple[Reason, ...]
    max_deg: float | None = None


def middle(values: Sequence[float | None]) -> float | None:
    """Give the median of the values that are known, None when none is."""
    known = [v for v in values if v is not None]
    return median(known) if known else None


def find_bottom(samples: Sequence[Sample], near_s: float) -> float:
    """Give the middle of the time spent within PLATEAU of the deepest point, the one that `near_s` lies in.

    The deepest sample itself jumps about in a flat bottom by more than the bottom's time may err.
    """
    signal = [s.signal_deg for s in samples]
    times = [s.posture.t_s for s in samples]
    centre = min(range(len(times)), key=lambda i: abs(times[i] - near_s))
    limit = signal[centre] - PLATEAU_SHARE * max(signal[centre] - min(signal), 0.0)
    first = last = centre
    while first > 0 and signal[first - 1] >= limit:
        first -= 1
    while last + 1 < len(signal) and signal[last + 1] >= limit:
        last += 1
    return (times[first] + times[last]) / 2


def at_bottom(samples: Sequence[Sample], bottom_s: float, value: Callable[[Posture], float | None]) -> float | None:
    """Give the median of one angle around the bottom."""
    return middle([value(s.posture) for s in samples if abs(s.posture.t_s - bottom_s) <= BOTTOM_WINDOW_S])


def common_view(samples: Sequence[Sample]) -> tuple[View, Facing | None]:
    """Give the view and the facing that most frames of the bend have."""
    views = [s.posture.view for s in samples if s.posture.view is not View.UNKNOWN]
    facings = [s.posture.facing for s in samples if s.posture.facing is not None]
    view = max(sorted(set(views)), key=views.count) if views else View.UNKNOWN
    return view, max(sorted(set(facings)), key=facings.count) if facings else None


def spine_peak(samples: Sequence[Sample], bottom_s: float) -> SpinePeak:
    """Find the largest smoothed spinal flexion of a bend.

    Readings are averaged by 1/SD² over ±FLEXION_WINDOW_S around each; the SD of the result is the mean of the stated
    ones, the camera's times `seen_sd_share`. It is not divided by √n, because the readings of one bend err together
    (research: error SD 9°, of which 2.6° from frame to frame).
    """
    top = max((s.signal_deg for s in samples), default=0.0)
    deep = [s for s in samples if s.signal_deg >= DEEP_SHARE * top]
    near = [s for s in samples if abs(s.posture.t_s - bottom_s) <= FLEXION_WINDOW_S]
    doubts = _doubts(near or deep)
    readings = [
        (s.posture.t_s, spine)
        for s in deep
        if (spine := s.posture.spine) is not None and spine.flexion_deg is not None and spine.sd_deg is not None
    ]
    seen_share = seen_sd_share(middle([reading.view_deg for _, reading in readings]))
    best: tuple[float, SpinePeak] | None = None
    for t_s, reading in readings:
        reach = FLEXION_WINDOW_S if reading.source in SEEN else FELT_WINDOW_S
        window = [r for at, r in readings if abs(at - t_s) <= reach and r.source is reading.source]
        if len(window) < min(SPINE_FRAMES_MIN, len(readings)):
            continue
        flexion, sd = _mean(window)
        if reading.source is SpineSource.CAMERA:
            sd *= seen_share
        share = flexion / (reading.max_deg or DEFAULT_FLEXION_MAX_DEG)
        if best is None or share > best[0]:
            best = share, SpinePeak(flexion, sd, t_s, reading.source, doubts, reading.max_deg)
    if best is None:
        few = len(samples) < 2 * SPINE_FRAMES_MIN
        missing = Reason.TOO_FAST if few else Reason.PERSON_LOST
        return SpinePeak(None, None, None, SpineSource.CAMERA, doubts or (missing,))
    if best[1].source is not SpineSource.CAMERA and _has_hole([t for t, _ in readings]):
        return replace(best[1], doubts=tuple(sorted({*doubts, Reason.SENSOR_GAP})))
    return best[1]


def seen_sd_share(view_deg: float | None) -> float:
    """Give what the camera errs by over a bend, as a share of a single frame's SD, for the view it reads."""
    return OBLIQUE_SD_SHARE if view_deg is not None and view_deg > OBLIQUE_DEG else SEEN_SD_SHARE


def _mean(readings: Sequence[SpineReading]) -> tuple[float, float]:
    """Give the mean weighted by 1/SD², and the mean SD, of readings that have both."""
    known = [(r.flexion_deg, r.sd_deg) for r in readings if r.flexion_deg is not None and r.sd_deg is not None]
    weights = [1.0 / (sd * sd) for _, sd in known]
    flexion = sum(w * value for w, (value, _) in zip(weights, known, strict=True)) / sum(weights)
    return flexion, sum(sd for _, sd in known) / len(known)


def _has_hole(times: Sequence[float]) -> bool:
    """Tell whether nothing was read for longer than HOLE_S in the deep part of a bend: its peak may lie there."""
    return any(b - a > HOLE_S for a, b in pairwise(times))


def _doubts(samples: Sequence[Sample]) -> tuple[Reason, ...]:
    """Collect the reasons that hold in most of the frames, and the view where it is not from the side."""
    if not samples:
        return (Reason.PERSON_LOST,)
    count: dict[Reason, int] = {}
    for sample in samples:
        spine = sample.posture.spine
        for reason in {*sample.posture.reasons, *(spine.reasons if spine is not None else ())}:
            count[reason] = count.get(reason, 0) + 1
    found = {reason for reason, n in count.items() if n > DOUBT_SHARE * len(samples)}
    view = middle([s.posture.spine.view_deg if s.posture.spine else None for s in samples])
    if view is not None and view > VIEW_READABLE_MAX_DEG:
        found.add(Reason.VIEW_NOT_SIDE)
    return tuple(sorted(found))


def pause_s(samples: Sequence[Sample], bottom_s: float) -> float | None:
    """Give how long the trunk rested around the bottom: its speed stays under PAUSE_RATE."""
    times = [s.posture.t_s for s in samples]
    if len(times) < 3:
        return None
    slow = [abs(_rate(samples, i)) < PAUSE_RATE_DEG_S for i in range(len(samples))]
    centre = min(range(len(times)), key=lambda i: abs(times[i] - bottom_s))
    first = last = centre
    while first > 0 and slow[first - 1]:
        first -= 1
    while last + 1 < len(times) and slow[last + 1]:
        last += 1
    return times[last] - times[first]


def _rate(samples: Sequence[Sample], i: int) -> float:
    """Give the signal's speed at sample i, deg/s, over ±RATE_SPAN."""
    t = samples[i].posture.t_s
    a = b = i
    while a > 0 and t - samples[a].posture.t_s < RATE_SPAN_S:
        a -= 1
    while b + 1 < len(samples) and samples[b].posture.t_s - t < RATE_SPAN_S:
        b += 1
    dt = samples[b].posture.t_s - samples[a].posture.t_s
    return (samples[b].signal_deg - samples[a].signal_deg) / dt if dt > 0 else 0.0
