"""Answers as the JSON objects of CONTRACT §4. Keys may be added, never renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hingecue.coach.summary import summarise
from hingecue.posture.fusion import LEVELS
from hingecue.types import SpineSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hingecue.app.film import FilmResult
    from hingecue.app.photo import PhotoResult
    from hingecue.errors import Fault
    from hingecue.posture.fusion import WornScale
    from hingecue.posture.kind import Bands
    from hingecue.types import Bend


def rounded(value: float | None, digits: int = 1) -> float | None:
    """Round for people; not known stays None."""
    return None if value is None else round(float(value), digits) + 0.0


def bend_object(bend: Bend) -> dict[str, Any]:
    """Give one bend as the contract's object."""
    return {
        "index": bend.index,
        "role": str(bend.role),
        "start_s": rounded(bend.start_s, 2),
        "bottom_s": rounded(bend.bottom_s, 2),
        "end_s": rounded(bend.end_s, 2),
        "kind": str(bend.kind),
        "confidence": rounded(bend.confidence, 2),
        "reasons": [str(r) for r in bend.reasons],
        "trunk_deg": rounded(bend.trunk_deg),
        "hip_deg": rounded(bend.hip_deg),
        "knee_deg": rounded(bend.knee_deg),
        "spine_flexion_deg": rounded(bend.spine_flexion_deg),
        "spine_sd_deg": rounded(bend.spine_sd_deg),
        "flexion_share": rounded(bend.flexion_share, 2),
        "spine_source": str(bend.spine_source),
        "down_s": rounded(bend.down_s, 2),
        "pause_s": rounded(bend.pause_s, 2),
        "up_s": rounded(bend.up_s, 2),
        "view": str(bend.view),
        "facing": None if bend.facing is None else str(bend.facing),
        "cues": [
            {"t_s": rounded(c.t_s, 2), "pattern": c.pattern, "latency_ms": rounded(c.latency_ms)} for c in bend.cues
        ],
    }


def summary_object(bends: Sequence[Bend], bands: Bands, scale: WornScale) -> dict[str, Any]:
    """Give the summary: the counts of the contract, and the bands and levels that the kinds were judged by."""
    counts = summarise(bends)
    return {
        "bends": counts.bends,
        "repetitions": counts.repetitions,
        "hinge": counts.hinge,
        "squat": counts.squat,
        "flexion": counts.flexion,
        "mixed": counts.mixed,
        "unsure": counts.unsure,
        "bands": {"neutral_share_max": bands.neutral_max, "flexion_share_min": bands.flexion_min},
        "flexion_max_deg": bands.flexion_max_deg,
        "worn_flexion_max_deg": rounded(scale.flexion_max_deg),
        "calibrated": scale.calibrated or bands.calibrated,
        "levels": levels(bends),
    }


def levels(bends: Sequence[Bend]) -> str:
    """Name the levels of the spine that were measured, by the source that most bends were judged by."""
    sources = [bend.spine_source for bend in bends if bend.spine_flexion_deg is not None]
    return LEVELS[max(sorted(set(sources)), key=sources.count)] if sources else LEVELS[SpineSource.CAMERA]


def film_object(result: FilmResult) -> dict[str, Any]:
    """Give a film or a recording as the contract's object."""
    return {
        "input": result.name,
        "type": result.kind,
        "duration_s": rounded(result.duration_s, 2),
        "frames": result.frames,
        "frames_analyzed": result.frames_analyzed,
        "frames_with_person": result.frames_with_person,
        "view": str(result.view),
        "facing": None if result.facing is None else str(result.facing),
        "bends": [bend_object(b) for b in result.bends],
        "summary": summary_object(result.bends, result.bands, result.scale),
        "rate_fps": rounded(result.rate_fps),
        "thinned_from_fps": rounded(result.thinned_from_fps),
        "sensors": [str(role) for role in result.sensors],
        "notes": list(result.notes),
    }


def photo_object(result: PhotoResult) -> dict[str, Any]:
    """Give a photo as the contract's object."""
    return {
        "input": result.name,
        "type": "photo",
        "person": result.person,
        "view": str(result.view),
        "facing": None if result.facing is None else str(result.facing),
        "trunk_deg": rounded(result.trunk_deg),
        "hip_deg": rounded(result.hip_deg),
        "knee_deg": rounded(result.knee_deg),
        "spine_flexion_deg": rounded(result.spine_flexion_deg),
        "spine_sd_deg": rounded(result.spine_sd_deg),
        "back": str(result.back),
        "confidence": rounded(result.confidence, 2),
        "reasons": [str(r) for r in result.reasons],
        "view_deg": rounded(result.view_deg),
        "people": result.people,
    }


def fault_object(name: str, fault: Fault) -> dict[str, Any]:
    """Give an input that failed as the contract's object."""
    return {"input": name, "error": {"code": fault.code, "message": str(fault)}}
