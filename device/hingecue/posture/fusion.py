"""One spinal flexion from all that can know it: worn sensors, camera and pelvis, the outline of the back.

Each source is scaled by the person's own largest value from that source (CONTRACT §1), so shares are fused, not
degrees: a sensor at T12/L1 leaves the upper back out, the outline takes it in. Weights are inverse variances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

from hingecue.posture.constants import DEFAULT_FLEXION_MAX_DEG, VIEW_READABLE_MAX_DEG
from hingecue.types import Reason, SpineReading, SpineSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hingecue.posture.kind import Bands
    from hingecue.posture.worn import WornState

WORN_SD_DEG: Final = 3.5
"""Two worn sensors against markers in lifting: RMS 1.3 to 1.7°, limits of agreement ±7° (biomechanics, dorsaVi)."""
WORN_FAST_SD_DEG: Final = 5.0
"""… without a gyro, or faster than 120°/s (biomechanics E3)."""
CAMERA_PELVIS_SD_DEG: Final = 6.5
"""The trunk from the camera less the pelvis' tilt, over `chord_share` (biomechanics E3)."""
CHORD_SHARE: Final = 0.69
"""How much of a lumbar flexion the line from hip to shoulder shows: 0.65 to 0.70 over body proportions (biomechanics
E2); a calibration measures the person's own."""
FAST_DPS: Final = 120.0
DISAGREE_SDS: Final = 2.0
"""A pair that differs by more than so many of its SDs is not one truth (biomechanics E3)."""
SCALE_SD: Final = 0.17
"""Relative SD of people's largest lumbar flexion, 54 ± 9° (biomechanics A2): until it is calibrated, shares of two
sources may differ by that much and both be right."""


@dataclass(frozen=True, slots=True)
class WornScale:
    """What a flexion share of 1 is at the worn sensors' levels (deg), and the chord's share of lumbar flexion."""

    flexion_max_deg: float = DEFAULT_FLEXION_MAX_DEG
    chord_share: float = CHORD_SHARE
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """Flexion share by one source, its SD, and the SD that an unknown scale adds when it is held against others."""

    source: SpineSource
    share: float
    sd: float
    scale_sd: float


LEVELS: Final = {
    SpineSource.CAMERA: "spine from the pelvis to T6–T8, from the outline",
    SpineSource.WORN: "spine from the sacrum to T12/L1, from two worn sensors",
    SpineSource.CAMERA_PELVIS: "spine from the sacrum to T12/L1, from the trunk's line, a worn sensor and the outline",
    SpineSource.FUSED: "spine from the sacrum to T12/L1, from two worn sensors, and to T6–T8 from the outline",
}
"""Which levels a source measures; every summary names them."""


def worn_trunk_deg(worn: WornState, scale: WornScale) -> float | None:
    """Give the trunk's inclination as the camera would see it, from the worn sensors alone.

    The pelvis by itself does not tell it; the thorax does to within 10°.
    """
    pelvis, thorax = worn.pelvis_deg, worn.thorax_deg
    if pelvis is None or thorax is None:
        return thorax
    return pelvis + scale.chord_share * (thorax - pelvis)


def fuse(
    camera: SpineReading | None, trunk_deg: float | None, worn: WornState | None, bands: Bands, scale: WornScale
) -> SpineReading | None:
    """Give the one reading. Without worn sensors it is the camera's own, untouched.

    `trunk_deg`: the trunk's inclination by the camera, None where it is not seen. Doubts of a source that is left out
    are left out with it; with nothing left its doubts, and the sensors', say why.
    """
    if worn is None:
        return camera
    estimates = _estimates(camera, trunk_deg, worn, bands, scale)
    view = None if camera is None else camera.view_deg
    if not estimates or {e.source for e in estimates} == {SpineSource.CAMERA}:
        return _camera_alone(camera, worn)
    weights = [1.0 / (e.sd * e.sd) for e in estimates]
    total = sum(weights)
    share = sum(w * e.share for w, e in zip(weights, estimates, strict=True)) / total
    reasons = [Reason.SENSORS_DISAGREE] if disagree(estimates) else []
    if worn.too_fast:
        reasons.append(Reason.TOO_FAST)
    return SpineReading(
        flexion_deg=share * scale.flexion_max_deg,
        sd_deg=scale.flexion_max_deg / math.sqrt(total),
        view_deg=view if _needs_view(estimates) else None,
        reasons=tuple(reasons),
        source=_named({e.source for e in estimates}),
        max_deg=scale.flexion_max_deg,
    )


def disagree(estimates: Sequence[Estimate]) -> bool:
    """Tell whether any two estimates contradict each other."""
    return any(
        abs(a.share - b.share) > DISAGREE_SDS * math.sqrt(a.sd**2 + b.sd**2 + a.scale_sd**2 + b.scale_sd**2)
        for a, b in combinations(estimates, 2)
    )


def _estimates(
    camera: SpineReading | None, trunk_deg: float | None, worn: WornState, bands: Bands, scale: WornScale
) -> list[Estimate]:
    seen_from_side = camera is None or camera.view_deg is None or camera.view_deg <= VIEW_READABLE_MAX_DEG
    found = []
    if worn.pelvis_deg is not None and worn.thorax_deg is not None:
        sd = WORN_FAST_SD_DEG if not worn.gyro or worn.rate_dps > FAST_DPS else WORN_SD_DEG
        found.append(_worn(SpineSource.WORN, worn.thorax_deg - worn.pelvis_deg, sd, scale))
    if worn.pelvis_deg is not None and trunk_deg is not None and seen_from_side:
        lumbar = (trunk_deg - worn.pelvis_deg) / scale.chord_share
        found.append(_worn(SpineSource.CAMERA_PELVIS, lumbar, CAMERA_PELVIS_SD_DEG, scale))
    if (
        camera is not None
        and camera.flexion_deg is not None
        and camera.sd_deg is not None
        and not camera.reasons
        and seen_from_side
    ):
        share = camera.flexion_deg / bands.flexion_max_deg
        doubt = 0.0 if bands.calibrated else SCALE_SD * abs(share)
        found.append(Estimate(SpineSource.CAMERA, share, camera.sd_deg / bands.flexion_max_deg, doubt))
    return found


def _worn(source: SpineSource, flexion_deg: float, sd_deg: float, scale: WornScale) -> Estimate:
    share = flexion_deg / scale.flexion_max_deg
    doubt = 0.0 if scale.calibrated else SCALE_SD * abs(share)
    return Estimate(source, share, sd_deg / scale.flexion_max_deg, doubt)


def _camera_alone(camera: SpineReading | None, worn: WornState) -> SpineReading:
    """Give what the camera says by itself; where it says nothing either, a lost sensor is a reason too."""
    if camera is not None and camera.flexion_deg is not None:
        return camera
    if camera is not None:
        return replace(camera, reasons=tuple(dict.fromkeys((*camera.reasons, *worn.reasons))))
    return SpineReading(None, None, None, worn.reasons)


def _needs_view(estimates: Sequence[Estimate]) -> bool:
    """Tell whether the view matters: worn sensors by themselves know nothing of the camera."""
    return all(e.source is not SpineSource.WORN for e in estimates)


def _named(sources: set[SpineSource]) -> SpineSource:
    if sources == {SpineSource.WORN}:
        return SpineSource.WORN
    return SpineSource.FUSED if SpineSource.WORN in sources else SpineSource.CAMERA_PELVIS
