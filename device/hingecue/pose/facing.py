"""Which way a person faces in the crop, told by the landmarks alone."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from hingecue.types import F32

Points: TypeAlias = list[list[float]]


class Mark(IntEnum):
    """The landmarks that this room reads, by BlazePose's numbers."""

    NOSE = 0
    LEFT_EAR = 7
    RIGHT_EAR = 8
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    LEFT_WRIST = 15
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    LEFT_ANKLE = 27
    LEFT_HEEL = 29
    LEFT_TOE = 31


WEIGHTS: Final = {"depth": 1.0, "head": 1.0, "hip": 1.0, "knee": 1.0, "foot": 1.0, "elbow": 0.3}
"""Elbows bend backwards too when an arm hangs behind the body, so they count less."""

DEPTH_STEP: Final = 0.25
HEAD_STEP: Final = 0.12
HIP_STEP_DEG: Final = 30.0
KNEE_STEP_DEG: Final = 20.0
FOOT_STEP: Final = 0.2
ELBOW_STEP_DEG: Final = 30.0
"""What makes a vote clear (tanh 1): depth in torso lengths, nose before ears in torso lengths, joint angles in degrees,
toe before heel in shank lengths; set on the 58 photos from the side."""

LEAST_WEIGHT: Final = 0.5
"""A vote backed by less than half a clear term is held down."""

VOTE_TAU_S: Final = 0.25
"""Memory of the running vote: a quarter of a second, for one bad frame must not turn a person round."""

TURNED_VOTE: Final = -0.25
"""Below this the landmarks say that the person shows the other side; the margin keeps front views still."""

TURNED_NS: Final = 500_000_000
"""They have to say so for half a second before both orientations are looked at again."""


def facing_terms(landmarks: F32) -> dict[str, tuple[float, float]]:
    """Give each term's vote −1…1 (+1: the front is to the right of the upward trunk) and its weight 0…1.

    `landmarks`: (33, 4) x, y, z in crop pixels, visibility 0…1.
    """
    p: Points = landmarks.tolist()
    sx, sy = _middle(p, Mark.LEFT_SHOULDER)
    hx, hy = _middle(p, Mark.LEFT_HIP)
    tx, ty = sx - hx, sy - hy
    trunk = math.hypot(tx, ty) + 1e-6
    return {
        "depth": (_depth(p, trunk), 1.0),
        "head": _head(p, sx, sy, trunk),
        "hip": _pair(p, lambda p, k: _hip(p, k, tx, ty)),
        "knee": _pair(p, _knee),
        "foot": _pair(p, _foot),
        "elbow": _pair(p, _elbow),
    }


def facing_vote(landmarks: F32) -> float:
    """Give the weighted mean of the terms: +1 the person surely faces right in the crop, −1 surely left."""
    total = weight = 0.0
    for name, (vote, sure) in facing_terms(landmarks).items():
        total += WEIGHTS[name] * sure * vote
        weight += WEIGHTS[name] * sure
    return total / max(weight, LEAST_WEIGHT)


class FacingWatch:
    """Remembers which way the person faces and notices, slowly, when it is no longer so."""

    def __init__(self) -> None:
        self.mirrored = False
        self.confidence = 0.0
        self._turned_ns: int | None = None

    def decide(self, vote: float) -> None:
        """Settle the facing by a vote in the picture: + right, − left (then the crop is cut mirrored)."""
        self.mirrored = vote < 0
        self.confidence = min(1.0, abs(vote))
        self._turned_ns = None

    def watch(self, vote: float, dt_s: float, t_ns: int) -> bool:
        """Take a vote in the crop, where the front should be to the right; tell whether to decide anew."""
        self.confidence += (vote - self.confidence) * (1 - math.exp(-dt_s / VOTE_TAU_S))
        if self.confidence > TURNED_VOTE:
            self._turned_ns = None
        elif self._turned_ns is None:
            self._turned_ns = t_ns
        return self._turned_ns is not None and t_ns - self._turned_ns >= TURNED_NS


def _pair(p: Points, term: Callable[[Points, int], tuple[float, float]]) -> tuple[float, float]:
    """Give the mean of a term over the two sides of the body, by weight."""
    (vote_a, weight_a), (vote_b, weight_b) = term(p, 0), term(p, 1)
    weight = weight_a + weight_b
    return (vote_a * weight_a + vote_b * weight_b) / max(weight, 1e-6), min(1.0, weight / 2)


def _depth(p: Points, trunk: float) -> float:
    """Vote by depth: facing right, the right side of the body is the nearer one (smaller z)."""
    depth = sum(p[i][2] - p[i + 1][2] for i in (Mark.LEFT_SHOULDER, Mark.LEFT_HIP)) / (2 * trunk)
    return math.tanh(depth / DEPTH_STEP)


def _head(p: Points, sx: float, sy: float, trunk: float) -> tuple[float, float]:
    """Vote by the nose, which stands before the ears."""
    ex, ey = _middle(p, Mark.LEFT_EAR)
    nose = p[Mark.NOSE]
    neck = math.hypot(ex - sx, ey - sy)
    before = _cross(ex - sx, ey - sy, nose[0] - ex, nose[1] - ey) / (trunk * neck + 1e-6)
    return math.tanh(before / HEAD_STEP), min(1.0, nose[3] * max(p[Mark.LEFT_EAR][3], p[Mark.RIGHT_EAR][3]))


def _hip(p: Points, k: int, tx: float, ty: float) -> tuple[float, float]:
    """Vote by the thigh, which swings forward."""
    hip, knee = p[Mark.LEFT_HIP + k], p[Mark.LEFT_KNEE + k]
    vote = math.tanh(-_turn_deg(-tx, -ty, knee[0] - hip[0], knee[1] - hip[1]) / HIP_STEP_DEG)
    return vote, knee[3] * abs(vote)


def _knee(p: Points, k: int) -> tuple[float, float]:
    """Vote by the shank, which swings backward."""
    hip, knee, ankle = p[Mark.LEFT_HIP + k], p[Mark.LEFT_KNEE + k], p[Mark.LEFT_ANKLE + k]
    vote = math.tanh(_bend_deg(hip, knee, ankle) / KNEE_STEP_DEG)
    return vote, min(knee[3], ankle[3]) * abs(vote)


def _foot(p: Points, k: int) -> tuple[float, float]:
    """Vote by the toes, which stand before the heel, seen across the shank."""
    knee, ankle = p[Mark.LEFT_KNEE + k], p[Mark.LEFT_ANKLE + k]
    heel, toe = p[Mark.LEFT_HEEL + k], p[Mark.LEFT_TOE + k]
    dx, dy = ankle[0] - knee[0], ankle[1] - knee[1]
    before = -_cross(dx, dy, toe[0] - heel[0], toe[1] - heel[1]) / (dx * dx + dy * dy + 1e-6)
    return math.tanh(before / FOOT_STEP), min(knee[3], ankle[3], toe[3])


def _elbow(p: Points, k: int) -> tuple[float, float]:
    """Vote by the forearm, which swings forward."""
    shoulder, elbow, wrist = p[Mark.LEFT_SHOULDER + k], p[Mark.LEFT_ELBOW + k], p[Mark.LEFT_WRIST + k]
    vote = math.tanh(-_bend_deg(shoulder, elbow, wrist) / ELBOW_STEP_DEG)
    return vote, min(elbow[3], wrist[3]) * abs(vote)


def _bend_deg(a: list[float], b: list[float], c: list[float]) -> float:
    """Give the turn from a → b to b → c, clockwise in the picture +."""
    return _turn_deg(b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1])


def _turn_deg(ax: float, ay: float, bx: float, by: float) -> float:
    return math.degrees(math.atan2(_cross(ax, ay, bx, by), ax * bx + ay * by))


def _cross(ax: float, ay: float, bx: float, by: float) -> float:
    return ax * by - ay * bx


def _middle(p: Points, left: int) -> tuple[float, float]:
    a, b = p[left], p[left + 1]
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
