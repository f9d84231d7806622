"""Judge one photo: is the back flat or rounded, and may that be said at all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hingecue.pose.roi import gap
from hingecue.pose.tracker import SHARES
from hingecue.posture.angles import NearSide, measure
from hingecue.posture.constants import KIND_PROBABILITY_MIN, VIEW_READABLE_MAX_DEG
from hingecue.posture.kind import Bands, flexion_probabilities, split_doubts
from hingecue.posture.view import faces_camera, name_view
from hingecue.types import Back, Facing, Reason, SpineReading, View

if TYPE_CHECKING:
    from hingecue.pose.spine import SpineEstimator
    from hingecue.pose.tracker import PoseTracker
    from hingecue.posture.angles import Angles
    from hingecue.types import Frame, Pose


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """What a photo showed; `pose` is kept for drawing."""

    name: str
    person: bool
    view: View = View.UNKNOWN
    facing: Facing | None = None
    trunk_deg: float | None = None
    hip_deg: float | None = None
    knee_deg: float | None = None
    spine_flexion_deg: float | None = None
    spine_sd_deg: float | None = None
    view_deg: float | None = None
    back: Back = Back.UNSURE
    confidence: float = 0.0
    reasons: tuple[Reason, ...] = ()
    people: int = 0
    pose: Pose | None = None


LOOK_NS: Final = 33_000_000
"""The looks pretend to be frames of a film."""
LOOKS: Final = 4
"""The person is looked at so many times from each of SHARES, each look from a slightly different crop."""
SAME_PLACE_GAP: Final = 0.12
"""Squares whose middles lie closer than this, in edges, are on the same person in the same posture; from 0.08 to 0.3 it
makes no difference on rendered bodies."""
PHOTO_SD_SHARE: Final = 0.93
"""The mean of all looks errs by so much of what they state. On rendered bodies its 80 % interval then holds 85 %
(`models/recipe/spine/stills.py`), and 0.84 would be enough; people in photographs differ more than rendered ones."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a photo."""

    facing: Facing
    angles: Angles
    reading: SpineReading
    front: bool
    pose: Pose


def judge_photo(
    frame: Frame, tracker: PoseTracker, spine: SpineEstimator, *, name: str, bands: Bands | None = None
) -> PhotoResult:
    """Judge the person in one photo; the zero of the trunk is the vertical, for nobody was seen standing.

    The pose models jump by some percent of the torso when a picture moves by half a pixel, and a bent body that fills
    the picture may be laid down wrongly. A film averages the one out and has seen the person stand; a photo is searched
    and looked at several times instead.
    """
    bands = bands or Bands()
    looks = _agreeing([_looks(frame, tracker, spine, search) for search in range(len(SHARES))])
    if not looks:
        return PhotoResult(name, person=False, reasons=(Reason.PERSON_LOST,))
    reading = _mean_reading([look.reading for look in looks])
    back, confidence, reasons = judge_back(reading, bands)
    return PhotoResult(
        name=name,
        person=True,
        view=name_view(reading.view_deg, front_side=2 * sum(look.front for look in looks) >= len(looks)),
        facing=looks[0].facing,
        trunk_deg=_mean([look.angles.trunk_deg for look in looks]),
        hip_deg=_mean([look.angles.hip_deg for look in looks]),
        knee_deg=_mean([look.angles.knee_deg for look in looks]),
        spine_flexion_deg=reading.flexion_deg,
        spine_sd_deg=reading.sd_deg,
        view_deg=reading.view_deg,
        back=back,
        confidence=confidence,
        reasons=reasons,
        people=max(look.pose.people for look in looks),
        pose=looks[0].pose,
    )


def _looks(frame: Frame, tracker: PoseTracker, spine: SpineEstimator, search: int) -> list[_Look]:
    """Search from one of SHARES, then look again: the tracker follows the still person, and each step cuts a new crop.

    Nothing when the person is lost in more than half of the looks; else those with the facing that was settled on.
    """
    tracker.reset(search)
    found = []
    for number in range(LOOKS):
        pose = tracker.step(replace(frame, index=number, t_ns=number * LOOK_NS), want_mask=True)
        if pose is None:
            continue
        angles = measure(pose, NearSide().update(pose.landmarks))
        found.append(_Look(pose.facing, angles, spine.read(pose), faces_camera(pose), pose.kept()))
    return [look for look in found if look.facing is found[-1].facing] if 2 * len(found) >= LOOKS else []


def _agreeing(searches: list[list[_Look]]) -> list[_Look]:
    """Put together the looks of the surest search and of those that found the same person facing the same way.

    From further away more is taken for a person: what is found there counts only where the spine can be read.
    """
    held = [looks for number, looks in enumerate(searches) if looks and (number == 0 or _mean_sd(looks) < math.inf)]
    if not held:
        return []
    surest = min(held, key=_mean_sd)
    return surest + [
        look
        for looks in held
        if looks is not surest
        and looks[-1].facing is surest[-1].facing
        and gap(looks[-1].pose.roi, surest[-1].pose.roi) < SAME_PLACE_GAP
        for look in looks
    ]


def _mean_sd(looks: list[_Look]) -> float:
    """Give the mean SD of the readings, deg; infinite when most of the looks have none."""
    sd = _mean([look.reading.sd_deg for look in looks])
    return math.inf if sd is None else sd


def _mean(values: list[float | None]) -> float | None:
    """Give the mean if at least half of the looks know the value."""
    known = [v for v in values if v is not None]
    return math.fsum(known) / len(known) if 2 * len(known) >= len(values) and known else None


def _mean_reading(readings: list[SpineReading]) -> SpineReading:
    """Give the mean reading; a reason stands when at least half of the looks have it."""
    count: dict[Reason, int] = {}
    for reading in readings:
        for reason in reading.reasons:
            count[reason] = count.get(reason, 0) + 1
    sd = _mean([r.sd_deg for r in readings])
    return SpineReading(
        _mean([r.flexion_deg for r in readings]),
        None if sd is None else PHOTO_SD_SHARE * sd,
        _mean([r.view_deg for r in readings]),
        tuple(sorted(reason for reason, n in count.items() if 2 * n >= len(readings))),
    )


def judge_back(reading: SpineReading, bands: Bands) -> tuple[Back, float, tuple[Reason, ...]]:
    """Name the back of one reading, with its probability and what forbids an answer."""
    doubts, explaining = split_doubts(reading.reasons)
    if reading.view_deg is not None and reading.view_deg > VIEW_READABLE_MAX_DEG:
        doubts = (*doubts, Reason.VIEW_NOT_SIDE)
    if reading.flexion_deg is None or reading.sd_deg is None or doubts:
        return Back.UNSURE, 0.0, doubts or (Reason.PERSON_LOST,)
    flat, between, rounded = flexion_probabilities(reading.flexion_deg, reading.sd_deg, bands)
    best, back = max((flat, Back.FLAT), (between, Back.BETWEEN), (rounded, Back.ROUNDED), key=lambda pair: pair[0])
    if best < KIND_PROBABILITY_MIN:
        return Back.UNSURE, best, explaining or (Reason.NEAR_THRESHOLD,)
    return back, best, ()
