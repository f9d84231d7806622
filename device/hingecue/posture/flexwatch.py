"""What the camera adds to a calibration: its own largest flexion, and the chord's share, while the toes are touched."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from hingecue.posture.calibration import FLEXION_MAX_DEG, FLEXION_MIN_DEG, chord_share

if TYPE_CHECKING:
    from hingecue.posture.worn import WornState
    from hingecue.types import SpineReading

SMOOTH_READINGS: Final = 9
"""The camera's reading jumps from frame to frame: the largest median of so many is its largest flexion."""
BENT_DEG: Final = 30.0
"""The chord's share is fitted where the trunk is bent at least this far; nearer to standing it is all noise."""
FIT_MIN: Final = 10
"""… from so many moments."""


class FlexWatch:
    """Watches the stretch of time (from, to in s) in which the person bends as far as they can."""

    def __init__(self, window_s: tuple[float, float]) -> None:
        self._from_s, self._to_s = window_s
        self._flexion: list[float] = []
        self._trunk: list[float] = []
        self._pelvis: list[float] = []
        self._thorax: list[float] = []

    def over(self, t_s: float) -> bool:
        """Tell whether the stretch lies behind."""
        return t_s > self._to_s

    def add(self, t_s: float, trunk_deg: float | None, worn: WornState | None, camera: SpineReading | None) -> None:
        """Take one moment: the trunk by the camera, the worn sensors, the outline's reading."""
        if not self._from_s <= t_s <= self._to_s:
            return
        if camera is not None and camera.flexion_deg is not None and not camera.reasons:
            self._flexion.append(camera.flexion_deg)
        if worn is None or worn.pelvis_deg is None or worn.thorax_deg is None:
            return
        if trunk_deg is not None and trunk_deg >= BENT_DEG:
            self._trunk.append(trunk_deg)
            self._pelvis.append(worn.pelvis_deg)
            self._thorax.append(worn.thorax_deg)

    @property
    def chord_share(self) -> float | None:
        """The chord's share of this person, None where camera and sensors did not see enough together."""
        if len(self._trunk) < FIT_MIN:
            return None
        return chord_share(self._trunk, self._pelvis, self._thorax)

    @property
    def camera_max_deg(self) -> float | None:
        """The largest flexion by the camera, None where it is not known or cannot be a spine's."""
        seen, n = self._flexion, SMOOTH_READINGS
        if len(seen) < n:
            return None
        largest = max(median(seen[i : i + n]) for i in range(len(seen) - n + 1))
        return largest if FLEXION_MIN_DEG <= largest <= FLEXION_MAX_DEG else None
