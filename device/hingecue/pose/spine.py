"""The seam where spinal flexion is read from a pose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hingecue.pose.opinions import TwoOpinions

if TYPE_CHECKING:
    from hingecue.types import Pose, SpineReading


class SpineEstimator(Protocol):
    """Anything that reads spinal flexion, its SD and the view from one pose with a mask."""

    def read(self, pose: Pose) -> SpineReading:
        """Read one pose; with no answer, the reading's reasons say why."""


def open_spine() -> SpineEstimator:
    """Open the spine reader of the product."""
    return TwoOpinions()
