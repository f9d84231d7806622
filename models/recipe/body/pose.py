"""Bend a body: forward kinematics, skinning, and the true spine angles that come out of it.

Sagittal rotation about +x takes the head towards -y: flexion is positive. Truth, relative to the rest mesh:
lumbar = T12/L1 segment against the pelvis, thoracic = the segment above T7/8 against T12/L1, total = their sum: what
sensors at the pelvis and at T6-T8 feel. The rig has one thoracic joint (T7/8); a second one is put half-way up to C7, so
that upper backs bend roundly. Its turn moves the shoulders and is no part of the total.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .mesh import F32, I32, neighbours, skin, vertex_normals

if TYPE_CHECKING:
    from .bank import Bank

F64 = NDArray[np.float64]
Turn = F64

UPPER = "spine00"  # the added thoracic joint
BLEND_M = 0.07  # half height over which the skin passes from one thoracic joint to the other


@dataclass(frozen=True, slots=True)
class Limbs:
    """One side: unit directions of the arm's bones (3,), and of the leg: thigh lean (knee forward +), shank lean, deg."""

    upper_arm: F64
    forearm: F64
    thigh_deg: float = 0.0
    shank_deg: float = 0.0
    hand_roll_deg: float = 0.0
    hand: F64 | None = None
    """Where the wrist has to be, wins over the two directions. World metres *before* the body is put on the floor:
    the root at its rest place; subtract how far a first, free `pose_body` moved the root."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One posture. `pelvis_deg`: tilt against gravity; spine, neck relative to the segment below; flexion +."""

    left: Limbs
    right: Limbs
    pelvis_deg: float = 0.0
    lumbar_deg: float = 0.0
    thoracic_deg: float = 0.0  # at T7/8
    upper_deg: float = 0.0  # half-way from there to C7
    neck_deg: float = 0.0
    lumbar_split: tuple[float, float, float] = (0.4, 0.35, 0.25)  # L5/S1, L3/4, T12/L1
    side_bend_deg: float = 0.0
    twist_deg: float = 0.0
    stance_deg: float = 4.0  # spread of each leg
    toe_out_deg: float = 8.0
    protract_deg: float = 5.0
    elevate_deg: float = 0.0
    grip_deg: float = 15.0  # bend of each finger joint
    place: tuple[float, float] = (0.0, 0.0)  # where the middle between the ankles stands, m
    grounded: bool = True


@dataclass(frozen=True, slots=True)
class Truth:
    """What the pose is: degrees, flexion +, 0 = rest mesh. Knee and hip: 0 = straight."""

    trunk_deg: float  # mid hip -> mid shoulder against gravity (not yet minus standing)
    pelvis_deg: float
    thorax_deg: float  # T12/L1 segment
    lumbar_deg: float
    thoracic_deg: float
    hip_deg: float
    knee_deg: float

    @property
    def total_deg(self) -> float:
        """Lumbar and thoracic together."""
        return self.lumbar_deg + self.thoracic_deg


@dataclass(frozen=True, slots=True)
class Posed:
    """A posed body: skin `vertices` and `normals` (V, 3), `joints` name -> (3,) m, `points` name -> (3,), bone `turns`."""

    vertices: F32
    normals: F32
    joints: dict[str, F64]
    points: dict[str, F64]
    turns: dict[str, Turn]
    truth: Truth
    body: int


def rotation(axis: str, degrees: float) -> Turn:
    """Return the turn about world `x`, `y` or `z`."""
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == "y":
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def cross(a: F64, b: F64) -> F64:
    """Return the cross product of two (3,) vectors; numpy's own spends its time on shapes."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def about(axis: F64, degrees: float) -> Turn:
    """Return the turn about any axis (3,)."""
    a = axis / (np.linalg.norm(axis) + 1e-12)
    skew = np.array([[0, -a[2], a[1]], [a[2], 0, -a[0]], [-a[1], a[0], 0]])
    t = np.radians(degrees)
    return np.asarray(np.eye(3) + np.sin(t) * skew + (1 - np.cos(t)) * skew @ skew)


def turn_onto(start: F64, goal: F64) -> Turn:
    """Return the shortest turn that takes direction `start` to `goal`."""
    a, b = start / np.linalg.norm(start), goal / np.linalg.norm(goal)
    cosine = float(a @ b)
    if cosine < -0.9999:
        return rotation("x", 180)
    v = cross(a, b)
    skew = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1 + cosine))


def direction(pitch_deg: float, spread_deg: float = 0.0, side: int = 1) -> F64:
    """Return the unit vector that hangs down, swung forward by `pitch_deg` and to the side (+1 left, -1 right)."""
    a, b = np.radians(pitch_deg), np.radians(spread_deg)
    return np.array([side * np.sin(b), -np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b)])


@dataclass(frozen=True, slots=True)
class Rig:
    """A bank made ready for posing: the added joint, its weights per body, the mesh graph, the sparse key points."""

    bank: Bank
    order: tuple[int, ...]
    parents: tuple[int, ...]
    labels: tuple[str, ...]
    index: dict[str, int]
    graph: tuple[I32, I32]
    points: dict[str, tuple[NDArray[np.intp], F32]]
    cache: dict[int, tuple[F64, F32, I32]] = field(default_factory=dict)

    @classmethod
    def of(cls, bank: Bank) -> Rig:
        """Prepare a bank."""
        labels = (*bank.labels, UPPER)
        index = {label: i for i, label in enumerate(labels)}
        lower, upper = index["spine01"], index[UPPER]
        parents = [upper if p == lower else int(p) for p in bank.parents] + [lower]
        order = [*range(lower + 1), upper, *range(lower + 1, len(bank.labels))]
        points = {}
        for name, row in zip(bank.point_labels, bank.point_weights, strict=True):
            used = np.flatnonzero(row)
            points[name] = (used, row[used])
        graph = neighbours(bank.triangles, bank.rest.shape[1])
        return cls(bank, tuple(order), tuple(parents), labels, index, graph, points)

    def body(self, number: int) -> tuple[F64, F32, I32]:
        """Joint heads (J + 1, 3), weights (V, K + 1) and bones of one body, the thoracic joint split in two."""
        if number not in self.cache:
            bank = self.bank
            heads = bank.heads[number].astype(np.float64)
            pivot = 0.5 * (heads[self.index["spine01"]] + heads[self.index["neck01"]])
            rise = np.clip((bank.rest[number, :, 2] - pivot[2]) / BLEND_M * 0.5 + 0.5, 0, 1)
            up = rise * rise * (3 - 2 * rise)
            lower = bank.bones == self.index["spine01"]
            moved = (bank.weights * lower).sum(1) * up
            weights = np.concatenate([bank.weights * np.where(lower, 1 - up[:, None], 1), moved[:, None]], 1)
            bones = np.concatenate([bank.bones, np.full((len(moved), 1), self.index[UPPER], np.int32)], 1)
            self.cache[number] = (np.vstack([heads, pivot]), weights.astype(np.float32), bones.astype(np.int32))
        return self.cache[number]


def _arm(shoulder: F64, lengths: tuple[float, float], limbs: Limbs) -> tuple[F64, F64]:
    """Directions of upper arm and forearm; two-bone reach when a hand place is asked for, elbow backwards and out."""
    if limbs.hand is None:
        return limbs.upper_arm, limbs.forearm
    line = limbs.hand - shoulder
    a, b = lengths
    far = float(np.clip(np.linalg.norm(line), abs(a - b) + 1e-3, a + b - 1e-3))
    line = line / np.linalg.norm(line)
    pole = limbs.upper_arm - line * (limbs.upper_arm @ line)
    pole /= np.linalg.norm(pole) + 1e-9
    cosine = np.clip((a * a + far * far - b * b) / (2 * a * far), -1, 1)
    upper = line * cosine + pole * np.sqrt(1 - cosine * cosine)
    return upper, line * far / b - upper * a / b


def _finger_turns(rig: Rig, heads: F64, grip_deg: float) -> dict[str, Turn]:
    """Local turns of all finger bones: about the line across the palm, towards the thumb's side; a thumb bends less."""
    out: dict[str, Turn] = {}
    if not grip_deg:
        return out
    for side in "LR":
        wrist, thumb, near, middle, far = (
            heads[rig.index[f"{name}.{side}"]] for name in ("wrist", "finger1-2", "finger2-1", "finger3-1", "finger5-1")
        )
        along = middle - wrist
        palm = cross(far - near, along)
        palm *= np.sign(palm @ (thumb - wrist) + 1e-9)
        across = cross(along, palm)
        turns = {share: about(across, grip_deg * share) for share in (0.35, 1.0)}
        for label in rig.labels:
            if label.startswith("finger") and label.endswith(side):
                out[label] = turns[0.35 if label.startswith("finger1") else 1.0]
    return out


def pose_body(rig: Rig, body: int, pose: Pose) -> Posed:
    """Pose one body of the bank."""
    heads, weights, bones = rig.body(body)
    count = len(rig.labels)
    turns = np.zeros((count, 3, 3))
    shifts = np.zeros((count, 3))
    placed = np.zeros((count, 3))
    local = _spine_turns(pose) | _finger_turns(rig, heads, pose.grip_deg)
    for i in rig.order:
        label, parent = rig.labels[i], rig.parents[i]
        base = np.eye(3) if parent < 0 else turns[parent]
        at = heads[i] if parent < 0 else base @ heads[i] + shifts[parent]
        turn = base @ local[label] if label in local else _limb_turn(rig, heads, label, base, at, pose)
        turns[i], placed[i], shifts[i] = turn, at, at - turn @ heads[i]
    vertices = skin(rig.bank.rest[body], weights, bones, turns.astype(np.float32), shifts.astype(np.float32))
    ankles = 0.5 * (placed[rig.index["foot.L"]] + placed[rig.index["foot.R"]])
    floor = float(vertices[:, 2].min()) if pose.grounded else 0.0
    move = np.array([pose.place[0] - ankles[0], pose.place[1] - ankles[1], -floor])
    vertices += move.astype(np.float32)
    placed += move
    joints = {name: placed[rig.index[name]] for name in rig.labels}
    points = {name: row @ vertices[used].astype(np.float64) for name, (used, row) in rig.points.items()}
    named = {name: turns[rig.index[name]] for name in rig.labels}
    return Posed(
        vertices, vertex_normals(vertices, rig.bank.triangles), joints, points, named, _truth(pose, joints, named), body
    )


def _spine_turns(pose: Pose) -> dict[str, Turn]:
    """Local turns of pelvis, spine, neck."""
    low, middle, high = pose.lumbar_split
    neck = rotation("x", pose.neck_deg / 3)
    return {
        "root": rotation("x", pose.pelvis_deg),
        "spine04": rotation("x", pose.lumbar_deg * low),
        "spine03": rotation("x", pose.lumbar_deg * middle) @ rotation("y", 0.5 * pose.side_bend_deg),
        "spine02": rotation("x", pose.lumbar_deg * high)
        @ rotation("y", 0.5 * pose.side_bend_deg)
        @ rotation("z", pose.twist_deg),
        "spine01": rotation("x", pose.thoracic_deg),
        UPPER: rotation("x", pose.upper_deg),
        "neck01": neck,
        "neck02": neck,
        "head": neck,
    }


def _limb_turn(rig: Rig, heads: F64, label: str, base: Turn, at: F64, pose: Pose) -> Turn:
    """Return the world turn of a bone that is not of the spine."""
    name, _, end = label.rpartition(".")
    if end not in ("L", "R"):
        return base
    side = 1 if end == "L" else -1
    limbs = pose.left if end == "L" else pose.right

    def rest(goal: str) -> F64:
        return np.asarray(heads[rig.index[f"{goal}.{end}"]] - heads[rig.index[label]])

    if name == "upperleg01" or name == "lowerleg01":  # noqa: PLR1714  (one is not like the other below)
        bone = rest("lowerleg01" if name == "upperleg01" else "foot")
        open_deg = float(np.degrees(np.arctan2(abs(bone[0]), -bone[2])))
        wish = pose.stance_deg * (1.0 if name == "upperleg01" else 0.6) - open_deg
        lean = -limbs.thigh_deg if name == "upperleg01" else limbs.shank_deg
        return rotation("x", lean) @ rotation("y", -wish * side)
    if name == "foot":
        return rotation("z", pose.toe_out_deg * side)
    if name == "clavicle":
        return base @ rotation("z", -side * pose.protract_deg) @ rotation("y", -side * pose.elevate_deg)
    if name in ("upperarm01", "lowerarm01"):
        upper, fore = rest("lowerarm01"), rest("wrist")
        if name == "upperarm01":
            lower = heads[rig.index[f"wrist.{end}"]] - heads[rig.index[f"lowerarm01.{end}"]]
            goal = _arm(at, (float(np.linalg.norm(upper)), float(np.linalg.norm(lower))), limbs)[0]
            return turn_onto(base @ upper, goal) @ base
        goal = limbs.forearm if limbs.hand is None else limbs.hand - at
        return about(np.asarray(goal), limbs.hand_roll_deg * side) @ turn_onto(base @ fore, goal) @ base
    return base


def _truth(pose: Pose, joints: dict[str, F64], turns: dict[str, Turn]) -> Truth:
    """Read the angles off the posed skeleton."""

    def between(low: str, high: str) -> float:
        turn = turns[low].T @ turns[high]
        return float(np.degrees(np.arctan2(turn[2, 1], turn[1, 1])))

    hips = 0.5 * (joints["upperleg01.L"] + joints["upperleg01.R"])
    shoulders = 0.5 * (joints["upperarm01.L"] + joints["upperarm01.R"])
    chord = shoulders - hips
    lumbar = between("spine05", "spine02")
    thigh = 0.5 * (pose.left.thigh_deg + pose.right.thigh_deg)
    shank = 0.5 * (pose.left.shank_deg + pose.right.shank_deg)
    return Truth(
        trunk_deg=float(np.degrees(np.arctan2(-chord[1], chord[2]))),
        pelvis_deg=pose.pelvis_deg,
        thorax_deg=pose.pelvis_deg + lumbar,
        lumbar_deg=lumbar,
        thoracic_deg=between("spine02", "spine01"),
        hip_deg=pose.pelvis_deg + thigh,
        knee_deg=thigh + shank,
    )
