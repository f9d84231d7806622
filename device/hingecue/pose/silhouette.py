"""Spinal flexion from the silhouette: our own network on the aligned mask, the light and shade in it, and landmarks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from hingecue.pose.outline import HIP_X, HIP_Y, SIZE, TORSO_PX, Aligner, frame, to_crop, trunk
from hingecue.pose.roi import to_picture
from hingecue.pose.runtime import Network
from hingecue.types import Reason, SpineReading

if TYPE_CHECKING:
    from hingecue.pose.outline import Aligned
    from hingecue.types import F32, F64, Pose

HEADS: Final = (
    "flexion", "flexion_logvar", "view", "view_logvar", "far_off", "belly_wrong", "on_person", "good", "lumbar",
)  # fmt: skip
FLEXION_SCALE: Final = 30.0
VIEW_SCALE: Final = 30.0
"""Degrees to one unit of the network's output."""
LANDMARKS: Final = np.array([0, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32])
DEPTH_SHARE: Final = 1 / 3
"""The landmark model draws depth out about threefold."""
REACH: Final = 3.0
"""Places are clipped to so many torso lengths."""
LOG_VARIANCE_RANGE: Final = (-6.0, 3.0)
BELIEVED_MIN: Final = 0.5
"""Under this probability the landmarks are not on the person, and no answer is given."""
SHADE_SCALE: Final = 0.4
"""To one unit of the network's input."""
SHADE_FLOOR: Final = 8.0
"""Grey levels added to the contrast, so that noise on an even shirt stays noise."""
SHADE_MAX: Final = 2.5
"""Light and shade are cut at so many times the contrast."""
MIRROR_COLUMNS: Final = np.clip(2 * int(HIP_X) - np.arange(SIZE), 0, SIZE - 1)
"""The aligned mask as it looks when back and belly change sides: mirrored about the hip-shoulder line."""


class SilhouetteSpine:
    """Reads spinal flexion, its SD, the view, and whether landmarks and mask can be believed."""

    def __init__(self, threads: int = 1) -> None:
        self._aligner = Aligner()
        self._network = Network("spine", num_threads=threads)
        self._sight: F32 = np.zeros((2, SIZE, SIZE), np.float32)
        self._sd_scale = float(self._network.spec.extra["sd_scale"])

    def read(self, pose: Pose) -> SpineReading:
        """Read one pose that has a mask."""
        aligned = self._aligner.align(pose)
        if aligned is None:
            return SpineReading(None, None, None, (Reason.PERSON_LOST,))
        return self.read_aligned(pose, aligned)

    def read_aligned(self, pose: Pose, aligned: Aligned) -> SpineReading:
        """Read one pose whose mask is aligned already."""
        return self._reading(self._see(aligned, pose.presence)[0])

    def spine_line(self, pose: Pose) -> F64 | None:
        """Give the spine as the network draws it, from the pelvis to the head: float64 (9, 2) px of the picture.

        None where the network gives no flexion either.
        """
        aligned = self._aligner.align(pose)
        if aligned is None:
            return None
        heads, mirrored = self._see(aligned, pose.presence)
        if self._reading(heads).flexion_deg is None:
            return None
        self._run(aligned, pose.presence, mirrored=mirrored)
        joints = self._network.outputs["joints"][0].astype(np.float64)
        joints[:, 0] *= -1.0 if mirrored else 1.0
        hip, up, torso = trunk(to_crop(pose))
        to_frame = frame(hip, up, torso)
        places = joints * (TORSO_PX, -TORSO_PX) + (HIP_X, HIP_Y)
        return to_picture((places - to_frame[:, 2]) @ np.linalg.inv(to_frame[:, :2]).T, pose.crop_to_picture)

    def _see(self, aligned: Aligned, presence: float) -> tuple[dict[str, float], bool]:
        """Give the heads, and whether they are of the mirrored picture."""
        self._sight[0] = aligned.mask
        shade(aligned, self._sight[1])
        heads = self._run(aligned, presence, mirrored=False)
        if heads["belly_wrong"] > 0:
            # The belly was taken for the back: look again the other way round, and keep what is surer of its side.
            turned = self._run(aligned, presence, mirrored=True)
            if turned["belly_wrong"] < 0:
                return turned, True
        return heads, False

    def _run(self, aligned: Aligned, presence: float, *, mirrored: bool) -> dict[str, float]:
        self._network.inputs["sight"][0] = self._sight[:, :, MIRROR_COLUMNS] if mirrored else self._sight
        body_vector(aligned, presence, self._network.inputs["body"][0], mirrored=mirrored)
        values = self._network.run()["heads"][0].tolist()
        return dict(zip(HEADS, values, strict=True))

    def _reading(self, heads: dict[str, float]) -> SpineReading:
        low, high = LOG_VARIANCE_RANGE
        sd = math.exp(min(max(heads["flexion_logvar"], low), high) / 2) * FLEXION_SCALE * self._sd_scale
        view = min(max(heads["view"] * VIEW_SCALE, 0.0), 90.0)
        if 1 / (1 + math.exp(-heads["on_person"])) < BELIEVED_MIN:
            return SpineReading(None, None, view, (Reason.PERSON_LOST,))
        return SpineReading(heads["flexion"] * FLEXION_SCALE, sd, view)


def shade(aligned: Aligned, out: F32) -> None:
    """Write the picture within the mask, its mean and contrast taken out: (96, 96), −1…1, 0 outside the person."""
    if aligned.grey is None:
        out.fill(0.0)
        return
    mask = aligned.mask
    weight = float(mask.sum()) + 1e-3
    np.subtract(aligned.grey, float(np.vdot(mask, aligned.grey.astype(np.float32))) / weight, out=out)
    contrast = math.sqrt(float(np.vdot(mask, out * out)) / weight) + SHADE_FLOOR
    np.multiply(out, 1.0 / contrast, out=out)
    np.clip(out, -SHADE_MAX, SHADE_MAX, out=out)
    np.multiply(out, mask, out=out)
    np.multiply(out, SHADE_SCALE, out=out)


def body_vector(aligned: Aligned, presence: float, out: F32, *, mirrored: bool) -> None:
    """Write the second input: 19 landmarks (ventral, up, depth, visibility), sine and cosine of the lean, presence."""
    points = out[:-3].reshape(len(LANDMARKS), 4)
    points[:] = aligned.landmarks[LANDMARKS]
    points[:, 2] *= DEPTH_SHARE
    np.clip(points[:, :3], -REACH, REACH, out=points[:, :3])
    lean = math.radians(aligned.inclination_deg)
    side = -1.0 if mirrored else 1.0
    points[:, 0] *= side
    out[-3:] = (side * math.sin(lean), math.cos(lean), presence)
