"""A picture for people who want to know why: which frame is drawn, what is written on it, and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hingecue.posture.judge import bend_signal

if TYPE_CHECKING:
    from hingecue.app.engine import Step
    from hingecue.app.photo import PhotoResult
    from hingecue.types import U8, Bend, Pose


class DeepestFrame:
    """Keeps the frame in which the bend under way is deepest: one picture, however long the film."""

    def __init__(self) -> None:
        self._signal = float("-inf")
        self._kept: tuple[U8, Pose] | None = None

    def see(self, step: Step) -> None:
        """Take a step of the engine; its pictures are copied if they are the deepest so far."""
        pose, frame = step.pose, step.frame
        if frame is None or pose is None or pose.mask is None or step.posture.trunk_deg is None:
            return
        signal = bend_signal(step.posture)
        if signal > self._signal:
            self._signal = signal
            self._kept = frame.rgb.copy(), pose.kept()

    def take(self) -> tuple[U8, Pose] | None:
        """Give what was kept, and begin anew."""
        kept, self._kept, self._signal = self._kept, None, float("-inf")
        return kept


def bend_lines(bend: Bend) -> list[str]:
    """Say in a few short lines what was judged of a bend; ASCII only, which is all that OpenCV writes."""
    return [
        f"bend {bend.index}: {bend.kind.value} {bend.confidence:.0%}",
        _flexion(bend.spine_flexion_deg, bend.spine_sd_deg),
        f"trunk {_degrees(bend.trunk_deg)}, knee {_degrees(bend.knee_deg)}, view {bend.view.value}",
        *(reason.value for reason in bend.reasons),
    ]


def photo_lines(result: PhotoResult) -> list[str]:
    """Say the same of a photo."""
    return [
        f"back {result.back.value} {result.confidence:.0%}",
        _flexion(result.spine_flexion_deg, result.spine_sd_deg),
        f"trunk {_degrees(result.trunk_deg)}, view {_degrees(result.view_deg)} off the side",
        *(reason.value for reason in result.reasons),
    ]


def _degrees(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} deg"


def _flexion(flexion: float | None, sd: float | None) -> str:
    return "spinal flexion -" if flexion is None or sd is None else f"spinal flexion {flexion:.0f} +- {sd:.0f} deg"
