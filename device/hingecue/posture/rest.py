"""Where standing lies in a recording that does not say: one end of the movement, and most often the one it begins at.

A chip is worn with one of its edges about upright, and the pelvis turns too little to bring another edge up. So where
the pelvis' sensor is much straighter at one end of the movement, that is standing, though the recording may begin at
the bottom of a lift.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from hingecue.posture.tilt import TiltFilter, Vector
from hingecue.types import SensorRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hingecue.types import F64, ImuSample

BEGIN_S: Final = 0.5
"""The stretch at the beginning that is compared with the two ends."""
END_SHARE: Final = 0.2
"""So much of the time is taken for each end of the movement."""
STRAIGHTER_DEG: Final = 18.0
"""The end that the recording does not begin at is standing when the pelvis is straighter there by this much."""
SPAN_MIN_DEG: Final = 15.0
"""A sensor that turns less than this shows no ends: its middle is its zero."""


def guess_standing(samples: Iterable[ImuSample]) -> dict[SensorRole, Vector]:
    """Give what each worn sensor reads in standing, by the rule above. Empty without samples."""
    tracks = _directions(samples)
    if not tracks:
        return {}
    ends = {role: _ends(up) for role, (_, up) in tracks.items()}
    leader = max(ends, key=lambda role: _angle(*ends[role]))
    if _angle(*ends[leader]) < SPAN_MIN_DEG:
        return {role: _vector(up.mean(axis=0)) for role, (_, up) in tracks.items()}
    # The leader's ends tell when; what the others read at those times are their ends.
    sides = [
        {role: _vector(up[_nearest(t, times)].mean(axis=0)) for role, (t, up) in tracks.items()}
        for times in _times_at_ends(*tracks[leader])
    ]
    begins, other = (sides[0], sides[1]) if _begins_first(tracks[leader], ends[leader]) else (sides[1], sides[0])
    judge = SensorRole.PELVIS if SensorRole.PELVIS in tracks else leader
    return other if _skew(begins[judge]) - _skew(other[judge]) > STRAIGHTER_DEG else begins


def _directions(samples: Iterable[ImuSample]) -> Mapping[SensorRole, tuple[F64, F64]]:
    """Follow the upward direction of every worn sensor: role → times (n,), unit vectors (n, 3)."""
    filters: dict[SensorRole, TiltFilter] = {}
    found: dict[SensorRole, list[tuple[float, Vector]]] = {}
    for sample in samples:
        if sample.role is SensorRole.MOUNT:
            continue
        tilt = filters.setdefault(sample.role, TiltFilter())
        tilt.update(sample)
        if tilt.up is not None:
            found.setdefault(sample.role, []).append((sample.t_s, tilt.up))
    return {role: (np.array([t for t, _ in track]), np.array([up for _, up in track])) for role, track in found.items()}


def _ends(up: F64) -> tuple[F64, F64]:
    """Give the directions at the two ends of the movement, along its main axis."""
    coordinate = _coordinate(up)
    low, high = np.quantile(coordinate, [END_SHARE, 1 - END_SHARE])
    return up[coordinate <= low].mean(axis=0), up[coordinate >= high].mean(axis=0)


def _coordinate(up: F64) -> F64:
    """Give how far along the main axis of the movement each direction lies."""
    centred = up - up.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    along: F64 = centred @ axes[0]
    return along


def _times_at_ends(t_s: F64, up: F64) -> tuple[F64, F64]:
    """Give the times spent near either end."""
    coordinate = _coordinate(up)
    low, high = np.quantile(coordinate, [END_SHARE, 1 - END_SHARE])
    return t_s[coordinate <= low], t_s[coordinate >= high]


def _nearest(t_s: F64, times: F64) -> F64:
    """Give the indices of the samples nearest to `times`."""
    return np.clip(np.searchsorted(t_s, times), 0, len(t_s) - 1)


def _begins_first(track: tuple[F64, F64], ends: tuple[F64, F64]) -> bool:
    """Tell whether the recording begins nearer to the first end."""
    t_s, up = track
    begin = up[t_s <= t_s[0] + BEGIN_S].mean(axis=0)
    return _angle(begin, ends[0]) <= _angle(begin, ends[1])


def _angle(a: F64, b: F64) -> float:
    cosine = float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)
    return math.degrees(math.acos(min(1.0, max(-1.0, cosine))))


def _skew(v: Vector) -> float:
    """Give how far the nearest edge of the chip is from upright, deg."""
    return math.degrees(math.acos(min(1.0, max(abs(x) for x in v))))


def _vector(a: F64) -> Vector:
    x, y, z = (a / max(float(np.linalg.norm(a)), 1e-9)).tolist()
    return x, y, z
