"""How long a Pi's camera looks for one picture: short enough that a fast lift is not smeared.

libcamera's automatic exposure may take the whole time of a frame, 33 ms, before it raises the gain. Here it may take a
third of it; what is missing in light is made up by gain, and where that becomes noise the picture is called dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FAST_LIFT_DPS: Final = 150.0
"""How fast a trunk turns at the fastest moment of a quick lift, deg/s (our judgement; 75° in a second, as a half sine,
peak at 118)."""
HIP_TO_SHOULDER_M: Final = 0.5
PX_PER_M: Final = 0.8 * 480 / 1.8
"""A person of 1.8 m who fills four fifths of a picture of 480 lines."""
LONGEST_US: Final = 10_000
"""The longest exposure, µs. The shoulder of a fast lift then moves 2.8 px (`blur_px`), one and a half of the landmark
model's own. It is also one whole flicker of lamps on 50 Hz, so they make no stripes. Our judgement, to be measured."""
NOISE_GAIN: Final = 8.0
"""From this gain on, analogue times digital, a picture is noise as much as a person: about ISO 800 (our judgement)."""
BRIGHT_AGAIN: Final = 0.75
"""Dark ends when so much of the gain is enough, and automatic exposure returns when the gain is nearly 1: whoever
stands at a limit must not flicker over it."""
_NEARLY_ONE: Final = 1.1
_SHORT: Final = 1
"""libcamera's AeExposureModeEnum.Short: gain is raised before time."""


def blur_px(exposure_us: float) -> float:
    """Give how far the shoulder of a fast lift moves in the picture during one exposure, in px."""
    radians_per_s = FAST_LIFT_DPS * 3.141592653589793 / 180
    return radians_per_s * HIP_TO_SHOULDER_M * PX_PER_M * exposure_us / 1e6


def opening_controls(known: Collection[str], fps: float) -> dict[str, Any]:
    """Give the controls to start with: the rate, and automatic exposure that prefers gain. `known`: by this camera."""
    frame_us = round(1e6 / fps)
    wanted = {"FrameDurationLimits": (frame_us, frame_us), "AeExposureMode": _SHORT}
    return {name: value for name, value in wanted.items() if name in known}


class Exposure:
    """Follows what the camera tells with each picture; says what to set, and whether it is dark.

    Automatic exposure rules until it wants more than `LONGEST_US`; then the time is held there and only the gain is
    automatic, until that is nearly 1 again. A camera that tells nothing is left alone, and is never called dark.
    """

    def __init__(self, known: Collection[str]) -> None:
        self._settable = "ExposureTime" in known
        self._held = False
        self.dark = False

    def see(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Take a picture's metadata; give the controls to set, mostly none."""
        time_us, analogue = told.get("ExposureTime"), told.get("AnalogueGain")
        if time_us is None or analogue is None:
            return {}
        gain = analogue * told.get("DigitalGain", 1.0)
        at_limit = time_us >= 0.95 * LONGEST_US
        self.dark = at_limit and gain >= NOISE_GAIN * (BRIGHT_AGAIN if self.dark else 1.0)
        if not self._settable:
            return {}
        if not self._held and time_us > 1.05 * LONGEST_US:
            self._held = True
            return {"ExposureTime": LONGEST_US}
        if self._held and at_limit and gain <= _NEARLY_ONE:
            self._held = False
            return {"ExposureTime": 0}  # picamera2 takes 0 as: automatic
        return {}
