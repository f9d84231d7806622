"""From spinal flexion and the angles at the bottom to the kind of a bend (CONTRACT §2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from hingecue.posture.constants import (
    DEFAULT_FLEXION_MAX_DEG,
    FLEXION_SHARE_MIN,
    KIND_PROBABILITY_MIN,
    KNEE_SD_DEG,
    NEUTRAL_SHARE_MAX,
    SHALLOW_DEG,
    SQUAT_KNEE_MIN_DEG,
    SQUAT_KNEE_PER_TRUNK,
    UNSEEN_HINGE_DEG,
)
from hingecue.types import Kind, Reason

LIKELIER: Final = 0.5
"""The likelier of two."""
EXPLAINING: Final = frozenset({Reason.ARM_OVER_BACK})
"""Doubts that the SD holds already: they forbid no answer, but say why when there is none."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Where neutral ends and flexion begins, in flexion share, and what a share of 1 is (deg)."""

    neutral_max: float = NEUTRAL_SHARE_MAX
    flexion_min: float = FLEXION_SHARE_MIN
    flexion_max_deg: float = DEFAULT_FLEXION_MAX_DEG
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind, the probability that it is right, and what stands in the way when it is unsure."""

    kind: Kind
    confidence: float
    reasons: tuple[Reason, ...] = ()


def normal_cdf(z: float) -> float:
    """Give the standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def flexion_probabilities(flexion_deg: float, sd_deg: float, bands: Bands) -> tuple[float, float, float]:
    """Give P(neutral), P(between), P(flexion) of a normal estimate; they add up to 1."""
    sd = max(sd_deg, 1e-6)
    neutral = normal_cdf((bands.neutral_max * bands.flexion_max_deg - flexion_deg) / sd)
    flexion = normal_cdf((flexion_deg - bands.flexion_min * bands.flexion_max_deg) / sd)
    return neutral, max(0.0, 1.0 - neutral - flexion), flexion


def squat_probability(trunk_deg: float, knee_deg: float | None) -> float:
    """Give the probability that the knees do the work: deep knees under a fairly upright trunk.

    Without a knee there is no evidence for a squat, and a bend of the trunk is a hinge.
    """
    if knee_deg is None:
        return 0.0
    margin = knee_deg - max(SQUAT_KNEE_MIN_DEG, SQUAT_KNEE_PER_TRUNK * trunk_deg)
    return normal_cdf(margin / KNEE_SD_DEG)


def split_doubts(doubts: tuple[Reason, ...]) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Split doubts into those that forbid an answer and those that only explain a missing one."""
    return tuple(d for d in doubts if d not in EXPLAINING), tuple(d for d in doubts if d in EXPLAINING)


def judge_kind(
    *,
    trunk_deg: float,
    knee_deg: float | None,
    flexion_deg: float | None,
    sd_deg: float | None,
    bands: Bands,
    doubts: tuple[Reason, ...] = (),
    seen: bool = True,
) -> Verdict:
    """Give the kind of a bend from its angles; doubts forbid an answer, or explain why there is none.

    `seen`: a camera saw the person. Worn sensors alone know nothing of the knees, and only a deep bend of the trunk
    tells a hinge from a squat.
    """
    forbidding, explaining = split_doubts(doubts)
    if flexion_deg is None or sd_deg is None or forbidding:
        return Verdict(Kind.UNSURE, 0.0, forbidding or (Reason.PERSON_LOST,))
    neutral, between, flexion = flexion_probabilities(flexion_deg, sd_deg, bands)
    best = max(neutral, between, flexion)
    if best < KIND_PROBABILITY_MIN:
        return Verdict(Kind.UNSURE, best, explaining or (Reason.NEAR_THRESHOLD,))
    if best in (between, flexion):
        return Verdict(Kind.MIXED if best == between else Kind.FLEXION, best)
    if squat_probability(trunk_deg, knee_deg) >= LIKELIER:
        return Verdict(Kind.SQUAT, neutral)
    if trunk_deg < (SHALLOW_DEG if seen else UNSEEN_HINGE_DEG):
        return Verdict(Kind.UNSURE, neutral, (Reason.TOO_SHALLOW,))
    return Verdict(Kind.HINGE, neutral)
