"""Everything that motion sensors say to the judge: the worn ones, and the one in the camera's case."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hingecue.posture.align import ClockAlign
from hingecue.posture.fusion import WornScale, fuse, worn_trunk_deg
from hingecue.posture.mount import Mount
from hingecue.posture.worn import WornSensors
from hingecue.types import Reason, SensorRole

if TYPE_CHECKING:
    from hingecue.posture.angles import Angles
    from hingecue.posture.calibration import Calibration
    from hingecue.posture.flexwatch import FlexWatch
    from hingecue.posture.kind import Bands
    from hingecue.posture.worn import WornState
    from hingecue.types import Facing, ImuSample, SpineReading

OTHER: Final = {SensorRole.PELVIS: SensorRole.THORAX, SensorRole.THORAX: SensorRole.PELVIS}
UNSEEN_S: Final = 2.0
"""After so long without a picture of the person, stillness alone tells standing."""


class SensedBody:
    """Takes the sensors' samples; answers what they add to a picture, or say without one.

    `lost_s`: for how long each sensor that was there was not to be believed, s. `flex`: watches the person touch their
    toes, None when they do not.
    """

    def __init__(self, scale: WornScale | None = None) -> None:
        self.scale = scale or WornScale()
        self.worn = WornSensors()
        self.mount = Mount()
        self.align = ClockAlign()
        self.flex: FlexWatch | None = None
        self.applied: Calibration | None = None
        self.lost_s: dict[SensorRole, float] = {}
        self._asked_s = float("-inf")
        self._swapped = False
        self._others = False
        self._seen_s = float("-inf")
        self._standing_seen = False

    @property
    def present(self) -> bool:
        """Tell whether any worn sensor has ever spoken."""
        return any(segment.felt for segment in self.worn.segments.values())

    def apply(self, calibration: Calibration) -> None:
        """Take over a person's zero, axes and range."""
        self.applied = calibration
        self._swapped = calibration.swapped
        self.scale = calibration.scale
        for role, zero in calibration.zero.items():
            self.worn.segment(role).calibrate(zero, calibration.axis.get(role))

    def feel(self, sample: ImuSample) -> None:
        """Take the next sample of any sensor."""
        if sample.role is SensorRole.MOUNT:
            self.mount.add(sample)
            return
        if self._swapped:
            sample = replace(sample, role=OTHER[sample.role])
        self.worn.add(sample)
        if self._stands(sample.t_s):
            self.worn.stand(sample.t_s)

    @property
    def stranger(self) -> bool:
        """Tell whether the camera follows somebody who does not move as the sensors do, with others in the picture."""
        return self._others and not self.align.same_person

    def see(self, t_s: float, trunk_deg: float | None, *, standing: bool, people: int) -> None:
        """Hear what the camera saw: the trunk of the one it follows, and how many there are."""
        self._others = people > 1
        if trunk_deg is None:
            return
        self._seen_s = t_s
        self._standing_seen = standing
        if self.present:
            self.align.add(t_s, trunk_deg, None)

    def state(self, t_s: float) -> WornState | None:
        """Give what the worn sensors say at a time on the camera's clock, None where there are none."""
        state = self.worn.state(t_s, lag_s=self.align.lag_s)
        if state is not None:
            for role in state.lost:
                self.lost_s[role] = self.lost_s.get(role, 0.0) + min(t_s - self._asked_s, UNSEEN_S)
            self._asked_s = t_s
            raw = state if self.align.lag_s == 0.0 else self.worn.state(t_s)
            self.align.add(t_s, None, None if raw is None else worn_trunk_deg(raw, self.scale))
        return state

    def fused(
        self, camera: SpineReading | None, trunk_deg: float | None, worn: WornState | None, bands: Bands
    ) -> SpineReading | None:
        """Give the one spinal flexion; a camera that looks at somebody else has no say in it.

        With nobody else in the picture the same discord is the sensors' fault as likely as not.
        """
        if worn is None or self.align.same_person:
            return fuse(camera, trunk_deg, worn, bands, self.scale)
        fused = fuse(None, None, worn, bands, self.scale)
        if fused is not None and not self._others:
            return replace(fused, reasons=tuple(dict.fromkeys((*fused.reasons, Reason.SENSORS_DISAGREE))))
        if fused is None or fused.flexion_deg is not None:
            return fused
        return fuse(_stranger(camera), None, worn, bands, self.scale)

    def _stands(self, t_s: float) -> bool:
        if t_s - self._seen_s < UNSEEN_S:
            return self._standing_seen
        return self.worn.still(t_s)


def _stranger(camera: SpineReading | None) -> SpineReading | None:
    """Take the number out of a reading of somebody else, and say so."""
    if camera is None:
        return None
    return type(camera)(None, None, camera.view_deg, (Reason.SEVERAL_PEOPLE,))


def levelled(angles: Angles, facing: Facing, mount: Mount) -> Angles:
    """Give the angles as a camera that hangs straight would show them; hip and knee are differences and stay."""
    if angles.trunk_deg is None or not mount.known:
        return angles
    lean = upright_deg(angles.trunk_deg * facing.sign, mount.roll_deg, mount.pitch_deg)
    return replace(angles, trunk_deg=lean * facing.sign)


def upright_deg(lean_deg: float, roll_deg: float, pitch_deg: float) -> float:
    """Set a lean that was measured in a tilted camera's picture right.

    `lean_deg`: against the picture's vertical, to the right +. `roll_deg`: the camera's, clockwise +; the picture's
    vertical is off by as much. `pitch_deg`: looking down or up squeezes what is upright by its cosine.
    """
    a = math.radians(lean_deg + roll_deg)
    return math.degrees(math.atan2(math.sin(a) * math.cos(math.radians(pitch_deg)), math.cos(a)))
