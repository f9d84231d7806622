"""Two opinions on the spine: the formula on the outline and the network on the silhouette, and doubt where they differ.

They err differently. The network is nearer on rendered bodies, the formula on photographs of people, which neither has
seen; together they are wrong less often than either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hingecue.pose.contour import ContourSpine
from hingecue.pose.outline import Aligner
from hingecue.pose.silhouette import SilhouetteSpine
from hingecue.posture.view import view_angle_deg
from hingecue.types import Reason, SpineReading

if TYPE_CHECKING:
    from hingecue.types import Pose

DIFFERENCE_SHARE: Final = 0.3
"""This share of their difference is added (in quadrature) to the mean of their SDs. On rendered bodies the 80 %
interval then holds 84 % (`models/recipe/spine/evaluate.py`); people in photographs differ more than rendered ones."""

ARM_DOUBT: Final = 2.0
"""An arm over the back hides a part of the outline: the SD is doubled. Our judgement: on rendered bodies, whose arms
are more regular than real ones, both readers bear it without loss."""


class TwoOpinions:
    """Reads spinal flexion as the mean of two readers; the view likewise."""

    def __init__(self) -> None:
        self._aligner = Aligner()
        self._contour = ContourSpine()
        self._silhouette = SilhouetteSpine()

    def read(self, pose: Pose) -> SpineReading:
        """Read one pose that has a mask."""
        aligned = self._aligner.align(pose)
        if aligned is None:
            return SpineReading(None, None, view_angle_deg(pose), (Reason.PERSON_LOST,))
        return join(self._contour.read_aligned(pose, aligned), self._silhouette.read_aligned(pose, aligned))


def join(first: SpineReading, second: SpineReading) -> SpineReading:
    """Give the mean of two readings; where one gives none, there is none. Reasons of both are kept."""
    views = [r.view_deg for r in (first, second) if r.view_deg is not None]
    view = sum(views) / len(views) if views else None
    reasons = tuple(dict.fromkeys((*first.reasons, *second.reasons)))
    if first.flexion_deg is None or second.flexion_deg is None or first.sd_deg is None or second.sd_deg is None:
        return SpineReading(None, None, view, reasons or (Reason.PERSON_LOST,))
    flexion = (first.flexion_deg + second.flexion_deg) / 2
    apart = DIFFERENCE_SHARE * (first.flexion_deg - second.flexion_deg)
    sd = math.hypot((first.sd_deg + second.sd_deg) / 2, apart)
    return SpineReading(flexion, sd * ARM_DOUBT if Reason.ARM_OVER_BACK in reasons else sd, view, reasons)
