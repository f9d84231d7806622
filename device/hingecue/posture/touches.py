"""Touching the toes as worn sensors felt it: how far each turned, when, and the thorax against the pelvis."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Final

from hingecue.posture.excursion import ExcursionTracker
from hingecue.posture.tilt import Vector, dot, length, minus, plus, scaled, unit
from hingecue.posture.worn import SILENT_S, Segment
from hingecue.types import SensorRole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hingecue.types import ImuSample

POINTS_OF_A_TOUCH: Final = 100
"""A touch lasts 2 to 10 s: so many points find its peak to within 0.1°."""
NOWHERE: Final[Vector] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Track:
    """How far one body part was tilted forward from standing: times (s, rising) and degrees, equally many, not none."""

    t_s: Sequence[float]
    deg: Sequence[float]

    @property
    def furthest_deg(self) -> float:
        """Give the largest tilt."""
        return max(self.deg)

    def at(self, t_s: float) -> float:
        """Give the tilt at the sample nearest to a time."""
        after = min(bisect_left(self.t_s, t_s), len(self.t_s) - 1)
        return self.deg[min((max(after - 1, 0), after), key=lambda i: abs(self.t_s[i] - t_s))]

    def whole(self, start_s: float, end_s: float) -> bool:
        """Tell whether the sensor was never silent between two times."""
        inside = (t for t in self.t_s if start_s < t < end_s)
        return all(b - a <= SILENT_S for a, b in pairwise((start_s, *inside, end_s)))


@dataclass(frozen=True, slots=True)
class Followed:
    """One sensor through it all: the direction that bending forward tips it into, and how far it was tilted."""

    axis: Vector
    track: Track


def follow(role: SensorRole, zero: Vector, stand: Sequence[ImuSample], flex: Sequence[ImuSample]) -> Followed | None:
    """Follow one sensor from `zero`, its upward direction in standing; None when it did not turn.

    Either part may come first. What a chip says while it hangs or raves is left out.
    """
    bias = gyro_bias_dps(stand)
    segment = Segment(role)
    segment.calibrate(zero, None)
    segment.filter.one_g = fmean(length(sample.accel_g) for sample in stand)
    ups: list[tuple[float, Vector]] = []
    for sample in sorted((*stand, *flex), key=lambda sample: sample.t_ns):
        segment.add(without_bias(sample, bias))
        if segment.filter.up is not None and not segment.faulty and sample.t_s >= flex[0].t_s:
            ups.append((sample.t_s, segment.filter.up))
    if segment.axis is None or not ups:
        return None
    axis = unit(minus(segment.axis, scaled(zero, dot(segment.axis, zero))))
    degrees = [math.degrees(math.atan2(dot(up, axis), dot(up, zero))) for _, up in ups]
    return Followed(axis, Track([t for t, _ in ups], degrees))


def gyro_bias_dps(stand: Sequence[ImuSample]) -> Vector:
    """Give what one sensor's gyro reads in standing still, deg/s; nothing without one.

    Cheap ones start with up to 20 deg/s on each axis, more than the tilt filter takes for stillness.
    """
    rates = [sample.gyro_dps for sample in stand if sample.gyro_dps is not None]
    return scaled(reduce(plus, rates, NOWHERE), 1.0 / max(1, len(rates)))


def without_bias(sample: ImuSample, bias_dps: Vector) -> ImuSample:
    """Give the sample with the gyro's bias taken off."""
    return sample if sample.gyro_dps is None else replace(sample, gyro_dps=minus(sample.gyro_dps, bias_dps))


def spans(tracks: Mapping[SensorRole, Track]) -> list[tuple[float, float]]:
    """Give the start and end (s) of every touch of the toes, by whichever sensor turned the furthest."""
    leader = max(tracks.values(), key=lambda track: track.furthest_deg)
    tracker = ExcursionTracker()
    found = [tracker.update(t, x) for t, x in zip(leader.t_s, leader.deg, strict=True)]
    begin, end = leader.t_s[0], leader.t_s[-1]
    return [
        (begin if one.start_s is None else one.start_s, end if one.end_s is None else one.end_s)
        for one in (*found, tracker.finish())
        if one is not None
    ]


def flexions_deg(tracks: Mapping[SensorRole, Track]) -> list[float]:
    """Give the largest thorax − pelvis of every touch that both sensors followed all through, in deg."""
    pelvis, thorax = tracks.get(SensorRole.PELVIS), tracks.get(SensorRole.THORAX)
    if pelvis is None or thorax is None:
        return []
    peaks = []
    for start, end in spans(tracks):
        if not (pelvis.whole(start, end) and thorax.whole(start, end)):
            continue  # a stale tilt would be taken for a flexion
        inside = [(t, x) for t, x in zip(thorax.t_s, thorax.deg, strict=True) if start <= t <= end]
        step = max(1, len(inside) // POINTS_OF_A_TOUCH)
        peaks.append(max(x - pelvis.at(t) for t, x in inside[::step]))
    return peaks


def pelvis_excess_deg(tracks: Mapping[SensorRole, Track]) -> float:
    """Give by how much the pelvis turned further than the thorax, deg; 0 without both sensors."""
    pelvis, thorax = tracks.get(SensorRole.PELVIS), tracks.get(SensorRole.THORAX)
    return 0.0 if pelvis is None or thorax is None else pelvis.furthest_deg - thorax.furthest_deg
