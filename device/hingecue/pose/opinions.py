"""Two opinions on the spine: the formula on the outline and the network on the silhouette, and doubt where they differ.

They err differently. The network is nearer on rendered bodies, the formula on photographs of people, which neither has
seen; together they are wrong less often than either. The network has the greater say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hingecue.pose.contour import ContourSpine
from hingecue.pose.outline import Aligner
from hingecue.pose.silhouette import SilhouetteSpine
from hingecue.posture.view import view_angle_deg
from hingecue.types import Reason, SpineReading

if TYPE_CHECKING:
    from hingecue.types import Pose

NETWORK_SHARE: Final = 0.9
"""Of the flexion and of its SD. Rendered bodies would have the network alone: from 0.9 to 1 single pictures err by 0.1°
less, lifts as before. Flat and rounded backs in photographs of people, which are not rendered, are told apart a little
worse the more it says."""
VIEW_SHARE: Final = 0.75
"""Of the view. The network's errs by 6°, that of the landmarks by 10°; together they were wrong on fewer photographs.
With this share the gate of 35° (VIEW_READABLE_MAX) refuses 5 % of the rendered pictures within 30° of the side, and
tells 97 % of those over 45°."""
CORRELATION: Final = 0.54
"""Of the errors of the two, each in its own SD, on rendered bodies that neither has seen."""
DIFFERENCE_SHARE: Final = 0.3
"""This share of their difference is added (in quadrature) to the SD of their mean. On rendered bodies the 80 % interval
then holds 80 % (`models/recipe/spine/evaluate.py`); people in photographs differ more than rendered ones."""

ARM_DOUBT: Final = 3.0
"""An arm over the back hides a part of the outline: the SD is so many times as large. Our judgement: on rendered
bodies, whose arms are more regular than real ones, both readers bear it without loss."""


class TwoOpinions:
    """Reads spinal flexion and the view as weighed means of two readers."""

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


def join(contour: SpineReading, network: SpineReading) -> SpineReading:
    """Give the mean of two readings; where one gives none, there is none. Reasons of both are kept."""
    view = contour.view_deg if network.view_deg is None else network.view_deg
    if contour.view_deg is not None and network.view_deg is not None:
        view = contour.view_deg + VIEW_SHARE * (network.view_deg - contour.view_deg)
    reasons = tuple(dict.fromkeys((*contour.reasons, *network.reasons)))
    if contour.flexion_deg is None or network.flexion_deg is None or contour.sd_deg is None or network.sd_deg is None:
        return SpineReading(None, None, view, reasons or (Reason.PERSON_LOST,))
    flexion = weighed(contour.flexion_deg, network.flexion_deg)
    sd = joint_sd(contour.sd_deg, network.sd_deg, contour.flexion_deg - network.flexion_deg)
    return SpineReading(flexion, sd * ARM_DOUBT if Reason.ARM_OVER_BACK in reasons else sd, view, reasons)


def weighed(contour: float, network: float) -> float:
    """Give the mean of two numbers, the network's with NETWORK_SHARE."""
    return contour + NETWORK_SHARE * (network - contour)


def joint_sd(contour: float, network: float, apart: float) -> float:
    """Give the SD of the weighed mean of two readings with these SDs, which lie `apart` degrees apart.

    Takes numbers or arrays. Two errors that do not wholly go together take some of each other away: the variance of a
    weighed sum of correlated quantities.
    """
    one, other = (1 - NETWORK_SHARE) * contour, NETWORK_SHARE * network
    variance = one * one + other * other + 2 * CORRELATION * one * other + (DIFFERENCE_SHARE * apart) ** 2
    sd: float = variance**0.5
    return sd
