"""Random postures in which nothing but the back tells whether the back is round.

Hip, knee, lumbar, thoracic and neck angles are drawn independently of each other, and the arms go everywhere where
arms go, so that a network cannot learn the class from the company it keeps. All angles in degrees, flexion +.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body.pose import Limbs, Pose, direction, rotation

ARMS = {
    "hang": 0.30,
    "row": 0.06,
    "reach": 0.09,
    "thighs": 0.06,
    "behind": 0.07,
    "shoulder_bar": 0.14,
    "hug": 0.08,
    "over_back": 0.06,
    "overhead": 0.05,
    "crossed": 0.04,
    "hips": 0.05,
}
SUPPORTS = {"stand": 0.70, "upright": 0.11, "sit": 0.06, "kneel": 0.08, "long_sit": 0.05}
LOW = {"quad": 0.35, "supine": 0.2, "prone": 0.45}
"""On hands and knees; on the back, as in a crunch; over a bench, a ball or the floor. What the pose models make of these is
not measured, so no test picture shows them: they are drawn so that a back is known wherever it lies."""
HELD = {
    "hang": ("", "", "bar", "dumbbells", "kettlebell", "plate"),
    "row": ("", "bar", "dumbbells"),
    "shoulder_bar": ("shoulder_bar",),
    "hug": ("load",),
    "overhead": ("", "", "bar"),
}
LUMBAR_MAX, THORACIC_MAX = 60.0, 36.0
"""The rig's largest believable flexion: about 95° in all, toe touch of a supple person."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A posture, where its arms are, what it holds, and how it is supported."""

    pose: Pose
    arms: str
    held: str
    support: str


def draw_posture(rng: np.random.Generator, *, low: bool = False) -> Drawn:
    """Draw one posture; `low`: one of LOW."""
    lumbar, thoracic = _spine(rng)
    supports = LOW if low else SUPPORTS
    support = str(rng.choice(list(supports), p=list(supports.values())))
    pelvis, thigh, shank = _legs(rng, support)
    trunk = pelvis + lumbar + thoracic
    arms = str(rng.choice(list(ARMS), p=np.array(list(ARMS.values())) / sum(ARMS.values())))
    held = str(rng.choice(HELD.get(arms, ("",))))
    stagger = float(rng.normal(0, 3 if rng.random() < 0.8 else 11))
    left, right = _both_arms(rng, arms, trunk)
    pose = Pose(
        left=Limbs(*left, thigh_deg=thigh + stagger, shank_deg=shank - 0.5 * stagger),
        right=Limbs(*right, thigh_deg=thigh - stagger, shank_deg=shank + 0.5 * stagger),
        pelvis_deg=pelvis,
        lumbar_deg=lumbar,
        thoracic_deg=thoracic,
        upper_deg=float(thoracic * rng.uniform(0.2, 0.9) + rng.normal(0, 2)),
        neck_deg=float(rng.uniform(-55, 40)),
        lumbar_split=tuple(rng.dirichlet([6, 6, 4]).tolist()),
        side_bend_deg=float(rng.normal(0, 3)),
        twist_deg=float(rng.normal(0, 4)),
        stance_deg=float(abs(rng.normal(5, 6))),
        toe_out_deg=float(rng.uniform(-5, 25)),
        protract_deg=float(rng.normal(5, 10)),
        elevate_deg=float(rng.normal(0, 6)),
        grip_deg=float(rng.uniform(5, 60)),
    )
    return Drawn(pose, arms, held, support)


def _spine(rng: np.random.Generator) -> tuple[float, float]:
    """Draw lumbar and thoracic flexion: four in ten about neutral, the rest spread out, one in eight far over 60°."""
    kind = rng.random()
    if kind < 0.40:
        lumbar, thoracic = rng.normal(6, 8), rng.normal(3, 5)
    elif kind < 0.88:
        lumbar, thoracic = rng.uniform(-15, LUMBAR_MAX), rng.uniform(-10, THORACIC_MAX)
    else:
        lumbar, thoracic = rng.uniform(32, LUMBAR_MAX), rng.uniform(14, THORACIC_MAX)
    return float(np.clip(lumbar, -15, LUMBAR_MAX)), float(np.clip(thoracic, -10, THORACIC_MAX))


def _legs(rng: np.random.Generator, support: str) -> tuple[float, float, float]:
    """Draw pelvis tilt, forward swing of the thigh and of the shank (knee ahead of the ankle +)."""
    if support == "sit":
        thigh, shank, pelvis = rng.uniform(70, 95), rng.uniform(-25, 25), rng.uniform(-15, 60)
    elif support == "long_sit":
        thigh, shank, pelvis = rng.uniform(78, 95), rng.uniform(-92, -65), rng.uniform(-15, 40)
    elif support == "kneel":
        thigh, pelvis = rng.uniform(-10, 60), rng.uniform(-10, 85)
        shank = rng.uniform(78, 92)
    elif support == "quad":
        thigh, shank, pelvis = rng.uniform(-20, 45), rng.uniform(78, 95), rng.uniform(55, 105)
    elif support == "supine":
        thigh, shank, pelvis = rng.uniform(80, 140), rng.uniform(-95, -5), rng.uniform(-105, -20)
    elif support == "prone":
        thigh, pelvis = rng.uniform(-95, 40), rng.uniform(40, 115)
        shank = abs(rng.normal(0, 18)) - thigh
    elif support == "upright":
        knee, hip = rng.uniform(0, 20), rng.uniform(-8, 22)
        shank = 0.35 * knee
        thigh, pelvis = knee - shank, hip - knee + shank
    else:
        knee = float(np.clip(abs(rng.normal(15, 22)), 0, 95)) if rng.random() < 0.75 else rng.uniform(0, 125)
        shank = float(np.clip(rng.normal(0.35 * knee, 6), -8, min(knee + 3, 40)))
        thigh = knee - shank
        pelvis = max(float(rng.uniform(-12, 0)), rng.uniform(0, 115) - thigh)
    return float(pelvis), float(thigh), float(shank)


def _both_arms(rng: np.random.Generator, arms: str, trunk: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw both arms: most often alike, sometimes each on its own."""
    result = []
    angles = None
    for side in (1, -1):
        angles = _arm_angles(rng, arms) if angles is None or rng.random() < 0.2 else angles + rng.normal(0, 4, 4)
        turn = rotation("x", trunk) if arms not in ("hang", "row", "reach", "thighs") else np.eye(3)
        upper = turn @ direction(angles[0], angles[1], side)
        fore = turn @ direction(angles[2], angles[3], side)
        if arms == "over_back" and rng.random() < 0.5:
            fore = direction(rng.normal(5, 15), rng.normal(0, 8), side)
        result.append((upper, fore))
    return result


def _arm_angles(rng: np.random.Generator, arms: str) -> np.ndarray:
    """Draw pitch and spread of the upper arm, pitch and spread of the forearm, against the vertical or the trunk."""
    u = rng.uniform
    if arms == "hang":
        pitch = rng.normal(3, 8)
        values = (pitch, abs(rng.normal(4, 5)), pitch + max(0.0, rng.normal(5, 8)), rng.normal(0, 5))
    elif arms == "row":
        values = (u(-60, 10), abs(rng.normal(15, 12)), rng.normal(5, 15), rng.normal(0, 8))
    elif arms == "reach":
        pitch = u(10, 110)
        values = (pitch, abs(rng.normal(4, 6)), pitch + u(-10, 30), rng.normal(0, 6))
    elif arms == "thighs":
        values = (u(-30, 40), abs(rng.normal(15, 12)), u(-20, 60), rng.normal(0, 10))
    elif arms == "behind":
        pitch = u(-65, -15)
        values = (pitch, u(5, 35), pitch + u(-15, 45), u(-80, -25))
    elif arms == "shoulder_bar":
        values = (u(-65, -10), u(20, 60), u(140, 205), u(-15, 30))
    elif arms == "hug":
        values = (u(10, 75), u(5, 35), u(60, 120), u(-70, -20))
    elif arms == "over_back":
        pitch = u(-110, -35)
        values = (pitch, u(0, 35), pitch + u(0, 100), u(-15, 15))
    elif arms == "overhead":
        pitch = u(120, 190)
        values = (pitch, u(0, 35), pitch + u(-10, 40), u(-15, 25))
    elif arms == "crossed":
        values = (u(10, 40), u(0, 20), u(60, 110), u(-75, -45))
    else:  # hips
        pitch = u(-45, -5)
        values = (pitch, u(25, 55), pitch + u(30, 80), u(-70, -20))
    return np.array(values, dtype=np.float64)
