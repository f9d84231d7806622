"""A person's own range, from standing still and touching the toes: zero, axes, largest flexion, the chord's share.

Published devices do the same: standing offset, full flexion, percent of it (biomechanics A4). What cannot be right is
refused with a reason; a calibration that is silently wrong would make every verdict wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from statistics import fmean, median
from typing import TYPE_CHECKING, Final, TypeVar

from hingecue.posture.fusion import CHORD_SHARE, WornScale
from hingecue.posture.tilt import Vector, dot, length, plus, unit
from hingecue.posture.touches import flexions_deg, follow, pelvis_excess_deg, spans
from hingecue.types import SensorRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hingecue.posture.touches import Track
    from hingecue.types import ImuSample

T = TypeVar("T")

WORN: Final = (SensorRole.PELVIS, SensorRole.THORAX)

MOVING_DPS: Final = 2.0
"""Quiet standing: the rate's SD stays under it (biomechanics A4)."""
MOVING_G: Final = 0.03
"""… and the force's SD under it, for a sensor without a gyro too."""
REST_OFF_G: Final = 0.2
"""A chip that reads 1 g this much off is broken or set to another range: cheap ones are off by up to 0.08 g."""
STAND_MIN_S: Final = 1.0
"""Less standing than this is too little to average."""
FLEXION_MIN_DEG: Final = 15.0
FLEXION_MAX_DEG: Final = 90.0
"""A largest flexion outside of these is not a spine's (biomechanics C3)."""
OFF_MEDIAN_SHARE: Final = 0.2
"""A largest flexion further off the person's own median means a moved strap more often than a changed person."""
SWAPPED_DEG: Final = 10.0
"""Touching the toes the thorax turns at least as far as the pelvis. Further the other way: they are swapped …"""
SWAPPED_MAYBE_DEG: Final = 4.0
"""… and from here on they may be."""
TURNED_DEG: Final = 120.0
"""A sensor whose upward direction differs this much from last time is worn the other way up."""
CHORD_RANGE: Final = (0.5, 0.85)
"""A chord's share outside of these is a mismeasurement (biomechanics E2)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One person's range on one day.

    `zero`, `axis`: role → the chip's upward direction in standing, and the direction into which bending forward tips
    it. `flexion_max_deg`: the largest spinal flexion at the worn sensors' levels, None with one sensor.
    `camera_max_deg`: the same by the camera. `touches`: how many bends it rests on. `notes`: what was put right.
    """

    zero: Mapping[SensorRole, Vector]
    axis: Mapping[SensorRole, Vector]
    flexion_max_deg: float | None
    camera_max_deg: float | None = None
    chord_share: float = CHORD_SHARE
    touches: int = 0
    swapped: bool = False
    notes: tuple[str, ...] = ()

    @property
    def scale(self) -> WornScale:
        """Give the scale of the worn sensors."""
        if self.flexion_max_deg is None:
            return WornScale(chord_share=self.chord_share)
        return WornScale(self.flexion_max_deg, self.chord_share, calibrated=True)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a calibration is not taken: a stable word for programs, what is the matter, what to do."""

    code: str
    what: str
    try_this: str


NO_BEND: Final = Refusal(
    "no_bend", "no touch of the toes was felt", "bend down slowly as far as it goes, two or three times"
)
MAYBE_SWAPPED: Final = Refusal(
    "maybe_swapped",
    "the pelvis turned further than the ribs, so the two sensors may be swapped",
    "check which is which, then touch your toes again",
)
SWAPPED: Final = "the sensors of pelvis and thorax are swapped; that is taken care of"


def calibrate(
    stand: Iterable[ImuSample],
    flex: Iterable[ImuSample],
    *,
    history_deg: Sequence[float] = (),
    before: Mapping[SensorRole, Vector] | None = None,
) -> Calibration | Refusal:
    """Calibrate from the samples of standing still and of touching the toes, each in the order of their times.

    `history_deg`: the person's largest flexions so far. `before`: their zeros of last time.
    """
    standing, flexing = by_role(stand), by_role(flex)
    if (problem := _restless(standing, flexing)) is not None:
        return problem
    zero = {role: _zero(samples) for role, samples in standing.items()}
    found = {role: follow(role, zero[role], standing[role], samples) for role, samples in flexing.items()}
    axis = {role: one.axis for role, one in found.items() if one is not None}
    tracks = {role: one.track for role, one in found.items() if one is not None}
    if (problem := _doubt(zero, tracks)) is not None:
        return problem
    swapped = pelvis_excess_deg(tracks) > SWAPPED_DEG
    if swapped:
        zero, axis, tracks = _exchanged(zero), _exchanged(axis), _exchanged(tracks)
    notes = ((SWAPPED,) if swapped else ()) + _turned(zero, before or {})
    if len(zero) < len(WORN):
        return Calibration(zero, axis, None, touches=len(spans(tracks)), notes=notes)
    peaks = flexions_deg(tracks)
    largest = median(peaks) if peaks else None
    if (problem := _implausible(largest, history_deg)) is not None:
        return problem
    return Calibration(zero, axis, largest, touches=len(peaks), swapped=swapped, notes=notes)


def restless(stand: Iterable[ImuSample], expected: Iterable[SensorRole] = ()) -> Refusal | None:
    """Tell why this is not standing still, None when it is. `expected`: sensors that must have been felt."""
    return _restless(by_role(stand), expected)


def zeros(stand: Iterable[ImuSample]) -> dict[SensorRole, Vector]:
    """Give what each sensor reads in standing: its mean direction up."""
    return {role: _zero(samples) for role, samples in by_role(stand).items()}


def chord_share(trunk_deg: Sequence[float], pelvis_deg: Sequence[float], thorax_deg: Sequence[float]) -> float:
    """Fit w in trunk = pelvis + w (thorax − pelvis) over a bend; the usual share where the fit cannot be right."""
    lumbar = [t - p for t, p in zip(thorax_deg, pelvis_deg, strict=True)]
    chord = [c - p for c, p in zip(trunk_deg, pelvis_deg, strict=True)]
    size = sum(x * x for x in lumbar)
    share = sum(x * y for x, y in zip(lumbar, chord, strict=True)) / size if size > 0 else CHORD_SHARE
    return share if CHORD_RANGE[0] <= share <= CHORD_RANGE[1] else CHORD_SHARE


def by_role(samples: Iterable[ImuSample]) -> dict[SensorRole, list[ImuSample]]:
    """Part the samples of the worn sensors."""
    found: dict[SensorRole, list[ImuSample]] = {}
    for sample in samples:
        if sample.role in WORN:
            found.setdefault(sample.role, []).append(sample)
    return found


def _restless(standing: Mapping[SensorRole, Sequence[ImuSample]], later: Iterable[SensorRole] = ()) -> Refusal | None:
    """Look at every sensor that was felt in standing, and at those that were only felt later."""
    if not (roles := dict.fromkeys((*standing, *later))):
        return Refusal("no_sensor", "no sensor was felt", "plug the sensors in and stand still again")
    problems = (_unquiet(role, standing.get(role, ())) for role in roles)
    return next((problem for problem in problems if problem is not None), None)


def _unquiet(role: SensorRole, samples: Sequence[ImuSample]) -> Refusal | None:
    if not samples or samples[-1].t_s - samples[0].t_s < STAND_MIN_S:
        return Refusal(
            "stand_short",
            f"the {role} sensor was felt for less than a second while you stood",
            "check its cable and plug, and stand still for three seconds",
        )
    forces, rates = [s.accel_g for s in samples], [s.gyro_dps for s in samples if s.gyro_dps is not None]
    turning = max((_sd([rate[k] for rate in rates]) for k in range(3)), default=0.0) if rates else 0.0
    shaken = math.hypot(*(_sd([force[k] for force in forces]) for k in range(3)))
    if turning > MOVING_DPS or shaken > MOVING_G:
        return Refusal("moving", f"the {role} sensor moved while you stood", "stand quite still for three seconds")
    rest_g = fmean(length(force) for force in forces)
    if abs(rest_g - 1.0) > REST_OFF_G:
        return Refusal(
            "not_one_g",
            f"the {role} sensor reads {rest_g:.2f} g at rest, and 1 g is usual",
            "check its wiring with `hingecue check`, or take another one",
        )
    return None


def _doubt(zero: Mapping[SensorRole, Vector], tracks: Mapping[SensorRole, Track]) -> Refusal | None:
    """Tell what forbids a judgement of the touches: none, a sensor that did not take part, which one is which."""
    if not tracks or not spans(tracks):
        return NO_BEND
    for role in zero:
        if role not in tracks:
            return Refusal(
                "not_turned",
                f"the {role} sensor did not turn with you",
                "check its strap, cable and plug, then touch your toes again",
            )
    return MAYBE_SWAPPED if SWAPPED_MAYBE_DEG < pelvis_excess_deg(tracks) <= SWAPPED_DEG else None


def _sd(values: Sequence[float]) -> float:
    """Give the standard deviation; the library's exact one takes a hundred times as long."""
    middle = fmean(values)
    return math.sqrt(fmean((value - middle) ** 2 for value in values))


def _zero(samples: Sequence[ImuSample]) -> Vector:
    return unit(reduce(plus, (sample.accel_g for sample in samples)))


def _exchanged(by_role: Mapping[SensorRole, T]) -> dict[SensorRole, T]:
    return {WORN[1 - WORN.index(role)]: value for role, value in by_role.items()}


def _turned(zero: Mapping[SensorRole, Vector], before: Mapping[SensorRole, Vector]) -> tuple[str, ...]:
    limit = math.cos(math.radians(TURNED_DEG))
    return tuple(
        f"the {role} sensor is worn the other way up than last time; that is taken care of"
        for role, direction in zero.items()
        if role in before and dot(direction, before[role]) < limit
    )


def _implausible(largest_deg: float | None, history_deg: Sequence[float]) -> Refusal | None:
    if largest_deg is None:
        return Refusal(
            "sensor_gap",
            "a sensor was silent while you touched your toes",
            "check its cable and plug, then do it again",
        )
    if not FLEXION_MIN_DEG <= largest_deg <= FLEXION_MAX_DEG:
        return Refusal(
            "flexion_range",
            f"the spine bent by {largest_deg:.0f}°; {FLEXION_MIN_DEG:.0f} to {FLEXION_MAX_DEG:.0f}° is usual",
            "tighten both straps, let the back go round, and touch your toes again",
        )
    if history_deg:
        usual = median(history_deg)
        if abs(largest_deg - usual) > OFF_MEDIAN_SHARE * usual:
            return Refusal(
                "off_usual",
                f"the spine bent by {largest_deg:.0f}°, and {usual:.0f}° is usual for you",
                "check that the sensors sit where they sat, then touch your toes again",
            )
    return None
