"""The plain values that move between the rooms. Units are in the names; not known is `None`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

U8: TypeAlias = NDArray[np.uint8]
F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]


class View(StrEnum):
    """From where the camera sees the person."""

    SIDE = "side"
    OBLIQUE = "oblique"
    FRONT = "front"
    BACK = "back"
    UNKNOWN = "unknown"


class Facing(StrEnum):
    """To which edge of the picture the person's front points."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def sign(self) -> int:
        """+1 when the front points to growing x, −1 otherwise."""
        return 1 if self is Facing.RIGHT else -1


class Kind(StrEnum):
    """What a bend was (CONTRACT §2)."""

    HINGE = "hinge"
    SQUAT = "squat"
    FLEXION = "flexion"
    MIXED = "mixed"
    UNSURE = "unsure"


class Back(StrEnum):
    """What the back looks like in one photo."""

    FLAT = "flat"
    BETWEEN = "between"
    ROUNDED = "rounded"
    UNSURE = "unsure"


class Role(StrEnum):
    """What a bend was for."""

    REPETITION = "repetition"
    SINGLE = "single"
    SETUP = "setup"
    SET_DOWN = "set_down"


class SpineSource(StrEnum):
    """What measured the spinal flexion."""

    CAMERA = "camera"
    WORN = "worn"
    CAMERA_PELVIS = "camera+pelvis"
    FUSED = "fused"


class SensorRole(StrEnum):
    """Where a motion sensor sits: sacrum (S1–S2), lower edge of the ribs (T12/L1), or the camera's case."""

    PELVIS = "pelvis"
    THORAX = "thorax"
    MOUNT = "mount"


class Reason(StrEnum):
    """Why an answer is unsure; `advice` is the one sentence that tells the user what to do."""

    NOT_CALIBRATED = "not_calibrated"
    VIEW_NOT_SIDE = "view_not_side"
    OUT_OF_FRAME = "out_of_frame"
    PERSON_LOST = "person_lost"
    SEVERAL_PEOPLE = "several_people"
    ARM_OVER_BACK = "arm_over_back"
    LOW_LIGHT = "low_light"
    TOO_FAST = "too_fast"
    TOO_SHALLOW = "too_shallow"
    SENSOR_GAP = "sensor_gap"
    SENSOR_MOVED = "sensor_moved"
    SENSORS_DISAGREE = "sensors_disagree"
    NEAR_THRESHOLD = "near_threshold"

    @property
    def advice(self) -> str:
        """One plain sentence that tells the user what to do."""
        return _ADVICE[self]


_ADVICE = {
    Reason.NOT_CALIBRATED: "Stand still for three seconds, then touch your toes slowly, so that I know your range.",
    Reason.VIEW_NOT_SIDE: "Turn until the camera sees you from the side.",
    Reason.OUT_OF_FRAME: "Step back, or move the camera, until your whole body is in the picture.",
    Reason.PERSON_LOST: "Stay in front of the camera until the bend is over.",
    Reason.SEVERAL_PEOPLE: "Ask the others to stand clear of the picture for this set.",
    Reason.ARM_OVER_BACK: "Let your arms hang, so that the camera sees the outline of your back.",
    Reason.LOW_LIGHT: "Put more light on yourself, or wear something that stands out from the wall.",
    Reason.TOO_FAST: "Bend a little slower; three seconds for one repetition is plenty.",
    Reason.TOO_SHALLOW: "Bend further, until your chest points at the floor.",
    Reason.SENSOR_GAP: "Check the sensor's cable and plug.",
    Reason.SENSOR_MOVED: "Tighten the strap and stand still for three seconds.",
    Reason.SENSORS_DISAGREE: "Check that each sensor sits where it belongs, then stand still for three seconds.",
    Reason.NEAR_THRESHOLD: "This one was between the bands; a few more repetitions will tell.",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with its own time.

    `rgb`: uint8 (height, width, 3), or (height, width, 4) with a fourth byte that means nothing: it is cut faster.
    `dark`: the camera says that it needs more light than there is; what it shows is gain, and may look bright.
    """

    index: int
    t_ns: int
    rgb: U8
    dark: bool = False

    @property
    def t_s(self) -> float:
        """Time on the source's clock, in seconds."""
        return self.t_ns / 1e9


@dataclass(frozen=True, slots=True)
class ImuSample:
    """What a motion sensor felt at one moment, in the axes of its chip.

    `accel_g`: specific force x, y, z in g (at rest 1 g upwards); `gyro_dps`: turning rate in deg/s, None without one.
    """

    role: SensorRole
    t_ns: int
    accel_g: tuple[float, float, float]
    gyro_dps: tuple[float, float, float] | None

    @property
    def t_s(self) -> float:
        """Time on the source's clock, in seconds."""
        return self.t_ns / 1e9


@dataclass(frozen=True, slots=True)
class Roi:
    """The rotated square that is cut out for the landmark model, in picture pixels."""

    cx: float
    cy: float
    size: float
    angle_rad: float


@dataclass(frozen=True, slots=True)
class Pose:
    """What the models saw of one person in one frame.

    The crop is always shown to the model with the person's front to the right (`facing` tells what it is
    in the picture), so that a mirrored film gives the same numbers. Landmark labels follow the crop: do not
    read anatomy into "left" and "right".

    `landmarks`: float32 (33, 4): x px, y px, z px (negative is nearer), visibility 0…1, in the picture.
    `mask`: float32 (256, 256) person probability in the crop, or None when the model without mask ran.
        A view into a buffer that the next frame overwrites; so is `image`, uint8 (256, 256, 3), the crop itself.
    `picture_size`: width and height of the picture, px. `people`: how many the last detection saw.
    `crop_to_picture`: float64 (2, 3), crop pixel (u, v, 1) → picture pixel; it holds the mirroring.
    """

    landmarks: F32
    presence: float
    facing: Facing
    facing_confidence: float
    roi: Roi
    crop_to_picture: F64
    mask: F32 | None
    brightness: float
    people: int
    picture_size: tuple[int, int]
    image: U8 | None = None

    def kept(self) -> Pose:
        """Give the pose with a mask and an image of its own, which outlast the next frame."""
        mask = None if self.mask is None else self.mask.copy()
        return replace(self, mask=mask, image=None if self.image is None else self.image.copy())


@dataclass(frozen=True, slots=True)
class SpineReading:
    """Spinal flexion seen in one frame; `reasons` say why there is none, or why it is in doubt.

    `view_deg` is the angle off the side view (0 = from the side, 90 = from the front or the back). `max_deg`: what a
    flexion share of 1 is for this source, deg; None: the camera's.
    """

    flexion_deg: float | None
    sd_deg: float | None
    view_deg: float | None
    reasons: tuple[Reason, ...] = ()
    source: SpineSource = SpineSource.CAMERA
    max_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Posture:
    """The judged posture of one moment. Angles as CONTRACT §1; None is not known.

    `pelvis_deg`, and `drop_m`, how far the pelvis is down, are the worn sensor's.
    """

    t_s: float
    view: View = View.UNKNOWN
    facing: Facing | None = None
    trunk_deg: float | None = None
    hip_deg: float | None = None
    knee_deg: float | None = None
    spine: SpineReading | None = None
    reasons: tuple[Reason, ...] = ()
    pelvis_deg: float | None = None
    drop_m: float | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """One pattern given to the lifter. `latency_ms`: from the frame's capture to the cue, None offline."""

    t_s: float
    pattern: str
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Bend:
    """One excursion of the trunk (CONTRACT §4). Angles are those at the bottom; flexion is the largest."""

    index: int
    role: Role
    start_s: float | None
    bottom_s: float
    end_s: float | None
    kind: Kind
    confidence: float
    reasons: tuple[Reason, ...]
    trunk_deg: float | None
    hip_deg: float | None
    knee_deg: float | None
    spine_flexion_deg: float | None
    spine_sd_deg: float | None
    flexion_share: float | None
    spine_source: SpineSource
    down_s: float | None
    pause_s: float | None
    up_s: float | None
    view: View = View.UNKNOWN
    facing: Facing | None = None
    cues: tuple[Cue, ...] = field(default=())
