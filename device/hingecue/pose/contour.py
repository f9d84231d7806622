"""Spinal flexion from the outline of the back by a formula: a weighted sum over the profile and a few landmarks.

The weights are fitted to rendered bodies (`models/recipe/spine/fit_contour.py`); no photograph had a part in them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from hingecue.pose.outline import STATIONS, Aligned, Aligner, back_profile
from hingecue.posture.view import view_angle_deg
from hingecue.types import F32, Pose, Reason, SpineReading

WEIGHTS_FILE: Final = Path(__file__).with_name("contour_weights.json")
USED_LANDMARKS: Final = (0, 7, 8, 13, 14, 15, 16, 25, 26, 27, 28)
"""Nose, ears, elbows, wrists, knees, ankles: where the rest of the body is against the trunk."""
ARM_JOINTS: Final = np.array([[11, 13, 15], [12, 14, 16]])
"""Shoulder, elbow and wrist of either arm."""
ALONG_ARM: Final = np.array(
    [(1 - k, k, 0.0) for k in np.linspace(0.5, 1.0, 5)] + [(0.0, 1 - k, k) for k in np.linspace(0.2, 1.0, 5)],
    np.float32,
)
"""Ten points along an arm as mixtures of its joints: the lower half of the upper arm and the whole forearm."""
ARM_NEAR_BACK: Final = 0.12
"""An arm this close to the back's outline, in torso lengths, may be taken for the back."""
ARM_BEHIND_MIN: Final = 0.15
"""… if it is at least this far behind the hip-shoulder line, in torso lengths: before that it is beside the ribs."""
ARM_HEIGHTS: Final = (-0.05, 0.90)
"""Between these heights (0 hip, 1 shoulder) an arm matters: over it, the shoulder itself stands out."""
ARM_POINTS_MIN: Final = 2
"""So many of the ten points of an arm make it certain enough."""
LOG_SD_RANGE: Final = (1.8, 3.6)
"""The SD stays between 6° and 37°: no formula of an outline is better, and none may claim to be."""
LIGHT_MIN: Final = 0.06
"""Under this mean brightness (0…1) the mask can no longer be trusted (our judgement, to be measured)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted formula, on z, the standardised inputs and their squares, in degrees.

    Flexion = bias + z · weights; SD = exp(log_sd_bias + z · log_sd_weights).
    """

    mean: F32
    scale: F32
    weights: F32
    bias: float
    log_sd_weights: F32
    log_sd_bias: float


def features(aligned: Aligned, profile: F32) -> F32:
    """Give the inputs of the formula: the profile's 36 stations, 11 landmarks (x, y), lean, its sine and cosine."""
    known = np.isfinite(profile)
    stations = np.arange(len(profile))
    filled = np.interp(stations, stations[known], profile[known]) if known.any() else np.zeros(len(profile))
    points = np.clip(aligned.landmarks[list(USED_LANDMARKS), :2], -3.0, 3.0).ravel()
    lean = np.radians(aligned.inclination_deg)
    return np.concatenate([np.clip(filled, -0.3, 0.8), points, [np.sin(lean), np.cos(lean)]]).astype(np.float32)


def expand(x: F32) -> F32:
    """Add the squares of the standardised inputs: float32 (…, n) → (…, 2 n). A bent outline is not a linear thing."""
    return np.concatenate([x, x * x - 1.0], axis=-1)


@cache
def load_weights() -> Weights:
    """Read the fitted weights that are shipped with the program."""
    raw = json.loads(WEIGHTS_FILE.read_text("utf-8"))
    return Weights(
        np.asarray(raw["mean"], np.float32),
        np.asarray(raw["scale"], np.float32),
        np.asarray(raw["weights"], np.float32),
        float(raw["bias"]),
        np.asarray(raw["log_sd_weights"], np.float32),
        float(raw["log_sd_bias"]),
    )


class ContourSpine:
    """Reads spinal flexion by the formula, and says when an arm or the dark forbids it."""

    def __init__(self) -> None:
        self._aligner = Aligner()
        self._weights = load_weights()

    def read(self, pose: Pose) -> SpineReading:
        """Read one pose that has a mask."""
        aligned = self._aligner.align(pose)
        if aligned is None:
            return SpineReading(None, None, view_angle_deg(pose), (Reason.PERSON_LOST,))
        return self.read_aligned(pose, aligned)

    def read_aligned(self, pose: Pose, aligned: Aligned) -> SpineReading:
        """Read one pose whose mask is aligned already."""
        view = view_angle_deg(pose)
        profile = back_profile(aligned.mask)
        reasons = []
        if pose.brightness < LIGHT_MIN:
            reasons.append(Reason.LOW_LIGHT)
        if arm_over_back(aligned, profile):
            reasons.append(Reason.ARM_OVER_BACK)
        w = self._weights
        z = expand(np.clip((features(aligned, profile) - w.mean) / w.scale, -4.0, 4.0))
        flexion = float(z @ w.weights) + w.bias
        sd = float(np.exp(np.clip(z @ w.log_sd_weights + w.log_sd_bias, *LOG_SD_RANGE)))
        return SpineReading(flexion, sd, view, tuple(reasons))


def arm_over_back(aligned: Aligned, profile: F32) -> bool:
    """Tell whether an arm runs along or over the back's outline between hip and shoulder.

    Points along both arms (from the middle of the upper arm on) are held against the outline: several of them at or
    behind it, at the height of the trunk, mean that the outline there is the arm's.
    """
    known = np.isfinite(profile)
    if not known.any():
        return False
    points = (ALONG_ARM @ aligned.landmarks[ARM_JOINTS, :2]).reshape(-1, 2)
    height, behind = points[:, 1], -points[:, 0]
    outline = np.interp(height, STATIONS[known], profile[known])
    at_trunk = (height > ARM_HEIGHTS[0]) & (height < ARM_HEIGHTS[1])
    over = at_trunk & (behind > ARM_BEHIND_MIN) & (behind > outline - ARM_NEAR_BACK)
    return int(over.sum()) >= ARM_POINTS_MIN
