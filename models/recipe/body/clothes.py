"""Dress a posed body: shirt, trousers, shoes, hair as sheets over the skin, each trimmed by a smooth field.

A sheet is the part of the skin under it, moved outwards: it keeps a distance, spans hollows (the lumbar one
above all) like cloth under tension, hangs down where the skin faces the floor, and carries folds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from .mesh import ATTRIBUTES, F32, I32, Mesh, neighbours, part_of, smooth, vertex_normals

if TYPE_CHECKING:
    from .pose import Posed, Rig

FAR = 0.3  # a field never says more than this, metres


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a person wears. Lengths in metres; `materials`: skin, shirt, trousers, shoes, hair, eyes."""

    materials: dict[str, F32]
    sleeve: float = 0.35  # share of the arm from shoulder to wrist; 0 = sleeveless
    hem: float = -0.06  # height of the shirt's hem over the hip joints at rest
    leg: float = 0.95  # share of the leg covered, from hip to ankle
    waist: float = 0.09  # height of the trousers' edge over the hip joints
    shirt_gap: float = 0.008
    trouser_gap: float = 0.008
    bridge: float = 0.7  # how far the shirt spans hollows, 0..1
    drape: float = 0.02  # how far it hangs away under the trunk
    fold: float = 0.004
    hood: float = 0.0  # bulk of a hood behind the neck
    hair: float = 0.015  # thickness on top
    hair_back: float = 0.0  # extra behind, towards the nape
    hair_low: float = 0.0  # how far the hair line at the nape goes down
    cropped: bool = False  # bare torso under the chest: no shirt sheet
    fold_wave: tuple[tuple[float, float, float], ...] = ((60.0, 20.0, 35.0), (-20.0, 70.0, 50.0))


@dataclass(slots=True)
class _Sheet:
    used: I32
    triangles: I32
    start: I32
    neighbour: I32
    cut: F32


@dataclass(slots=True)
class Wardrobe:
    """The dressing room of one outfit on one body: everything that does not change with the pose."""

    rig: Rig
    body: int
    outfit: Outfit
    sheets: dict[str, _Sheet] = field(default_factory=dict)
    bare: I32 = field(default_factory=lambda: np.zeros((0, 3), np.int32))
    eyes: I32 = field(default_factory=lambda: np.zeros((0, 3), np.int32))
    tint: F32 = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        """Cut the cloth."""
        bank, rest = self.rig.bank, self.rig.bank.rest[self.body]
        fields = _fields(self.rig, self.body, self.outfit)
        hidden = np.zeros(len(rest), bool)
        for name, cut in fields.items():
            used, triangles = part_of(bank.triangles, cut > -0.05)
            start, neighbour = neighbours(triangles, len(used))
            self.sheets[name] = _Sheet(used, triangles, start, neighbour, cut[used])
            hidden |= cut > (0.02 if name != "hair" else 0.03)
        eye = bank.group_weight("eye.") > 0.5
        self.bare = np.ascontiguousarray(bank.triangles[~hidden[bank.triangles].all(1) & ~eye[bank.triangles].all(1)])
        self.eyes = np.ascontiguousarray(bank.triangles[eye[bank.triangles].all(1)])
        self.tint = _face(self.rig, self.body)

    def dress(self, posed: Posed) -> list[Mesh]:
        """Return the meshes of the dressed person."""
        rest, outfit = self.rig.bank.rest[self.body], self.outfit
        base = _attributes(rest, np.ones(len(rest), np.float32), self.tint)
        out = [Mesh(posed.vertices, posed.normals, base, self.bare, outfit.materials["skin"], person=True)]
        out.append(
            Mesh(posed.vertices, posed.normals, self._pupils(base), self.eyes, outfit.materials["eyes"], person=True)
        )
        for name, sheet in self.sheets.items():
            if len(sheet.triangles):
                out.append(self._sheet(name, sheet, posed))
        return out

    def _pupils(self, base: F32) -> F32:
        """Dark iris where an eye looks forward (its front, -y)."""
        out = base.copy()
        for side in "LR":
            eye = np.unique(self.eyes)
            rest = self.rig.bank.rest[self.body]
            head = self.rig.bank.heads[self.body][self.rig.index[f"eye.{side}"]]
            near = eye[np.linalg.norm(rest[eye] - head, axis=1) < 0.03]
            off = np.linalg.norm(rest[near][:, [0, 2]] - head[[0, 2]], axis=1)
            out[near, 4] = np.where((off < 0.0075) & (rest[near, 1] < head[1]), 0.9, 0.12)
        return out

    def _sheet(self, name: str, sheet: _Sheet, posed: Posed) -> Mesh:
        """Move the skin under one sheet outwards."""
        outfit = self.outfit
        rest = self.rig.bank.rest[self.body][sheet.used]
        v = np.ascontiguousarray(posed.vertices[sheet.used])
        n = posed.normals[sheet.used]
        inside = np.clip(sheet.cut / 0.05, 0, 1)
        if name == "hair":
            lift = self._hair(rest, sheet)
            v = v + n * lift[:, None]
        elif name == "shoes":
            flat = smooth(v, sheet.start, sheet.neighbour, 10)
            lift = np.maximum(0.006, ((flat - v) * n).sum(1) * 0.9)
            v = v + n * lift[:, None]
            v[:, 2] = np.maximum(v[:, 2], 0.0)
        else:
            shirt = name == "shirt"
            gap = outfit.shirt_gap if shirt else outfit.trouser_gap
            waves = np.array(outfit.fold_wave)
            fold = np.cos(rest @ waves.T + 1.3 * np.arange(len(waves))).mean(1) * outfit.fold * (1.0 if shirt else 0.7)
            even = smooth(v, sheet.start, sheet.neighbour, 36 if shirt else 14)
            span = np.maximum(((even - v) * n).sum(1), 0) * (outfit.bridge if shirt else 0.5)
            lift = np.maximum(gap + fold, 0.004) + span
            if shirt:
                low = rest[:, 2] < self.rig.bank.heads[self.body][self.rig.index["spine04"], 2] + 0.06
                lift = lift + low * (0.5 * outfit.trouser_gap + 0.004)
                lift = lift + self._hood(rest)
            v = v + n * lift[:, None]
            v[:, 2] -= (outfit.drape if shirt else 0.3 * outfit.drape) * np.clip(-n[:, 2] - 0.15, 0, 1) * inside
            v[:, 2] = np.maximum(v[:, 2], 0.003)
        v = v.astype(np.float32)
        attributes = _attributes(rest, sheet.cut, np.zeros(len(rest), np.float32))
        normals = vertex_normals(v, sheet.triangles)
        return Mesh(v, normals, attributes, sheet.triangles, outfit.materials[name], open_sheet=True, person=True)

    def _hair(self, rest: F32, sheet: _Sheet) -> F32:
        """Thickness of the hair over each scalp vertex."""
        o, head = self.outfit, self.rig.bank.heads[self.body][self.rig.index["head"]]
        grow = np.clip(sheet.cut / 0.035, 0, 1) ** 0.7
        behind = np.clip((rest[:, 1] - head[1]) / 0.08, 0, 1)
        wave = 0.15 * np.cos(rest @ np.array([90.0, 40.0, 60.0])) + 0.1 * np.cos(rest @ np.array([-50.0, 110.0, 30.0]))
        return np.asarray(0.003 + (o.hair + o.hair_back * behind) * grow * (1 + wave), np.float32)

    def _hood(self, rest: F32) -> F32 | float:
        """Bulk of a hood that lies behind the neck."""
        if self.outfit.hood <= 0:
            return 0.0
        neck = self.rig.bank.heads[self.body][self.rig.index["neck01"]]
        near = np.exp(-(((rest[:, 2] - neck[2] + 0.02) / 0.06) ** 2) - (rest[:, 0] / 0.11) ** 2)
        return np.asarray(self.outfit.hood * near * np.clip((rest[:, 1] - neck[1] + 0.03) / 0.05, 0, 1), np.float32)


def _attributes(rest: F32, cut: F32, tint: F32) -> F32:
    out = np.empty((len(rest), ATTRIBUTES), np.float32)
    out[:, :3], out[:, 3], out[:, 4] = rest, cut, tint
    return out


def _fields(rig: Rig, body: int, outfit: Outfit) -> dict[str, F32]:
    """Metres inside each garment's edge, per vertex (negative outside)."""
    bank, rest, heads = rig.bank, rig.bank.rest[body], rig.bank.heads[body]
    at = {name: heads[rig.index[name]] for name in ("upperleg01.L", "foot.L", "neck01", "spine01", "head")}
    hip, ankle = at["upperleg01.L"][2], at["foot.L"][2]
    arm = np.full(len(rest), np.nan)
    sleeve = np.full(len(rest), FAR)
    on_arm = bank.group_weight("upperarm", "lowerarm", "wrist", "finger", "metacarpal") > 0.5
    for side in "LR":
        a, b = heads[rig.index[f"upperarm01.{side}"]], heads[rig.index[f"wrist.{side}"]]
        length = float(np.linalg.norm(b - a))
        mine = on_arm & ((rest[:, 0] > 0) == (side == "L"))
        arm[mine] = (rest[mine] - a) @ (b - a) / length
        sleeve[mine] = outfit.sleeve * length - arm[mine]
    torso = ~on_arm
    neck_line = at["neck01"][2] + 0.035 + 0.35 * (rest[:, 1] - at["neck01"][1]) - rest[:, 2]
    hem = rest[:, 2] - (hip + outfit.hem)
    shirt = np.where(on_arm, sleeve, np.minimum(hem, neck_line))
    shirt = np.where(bank.group_weight("neck02", "neck03", "head", "eye") > 0.5, np.minimum(shirt, neck_line), shirt)
    cuff = hip - outfit.leg * (hip - ankle)
    trousers = np.where(torso, np.minimum(hip + outfit.waist - rest[:, 2], rest[:, 2] - cuff), -FAR)
    trousers = np.where(bank.group_weight("foot", "toe") > 0.6, np.minimum(trousers, rest[:, 2] - cuff), trousers)
    shoes = np.where(bank.group_weight("foot", "toe", "lowerleg") > 0.5, ankle + 0.015 - rest[:, 2], -FAR)
    out = {"trousers": trousers, "shirt": shirt, "shoes": shoes, "hair": _hair_line(rig, body, outfit)}
    if outfit.cropped:
        del out["shirt"]
    if outfit.hair <= 0:
        del out["hair"]
    return {name: np.clip(cut, -FAR, FAR).astype(np.float32) for name, cut in out.items()}


def _hair_line(rig: Rig, body: int, outfit: Outfit) -> F32:
    """Metres above the hair line: over the brow in front, over the ears at the side, down to the nape behind."""
    bank, rest = rig.bank, rig.bank.rest[body]
    point = {name: row @ rest[used] for name, (used, row) in rig.points.items()}
    eyes = 0.5 * (point["left_eye"] + point["right_eye"])
    ears = 0.5 * (point["left_ear"] + point["right_ear"])
    depth = (rest[:, 1] - ears[1]) / (ears[1] - eyes[1])  # -1 at the eyes, 0 at the ears, +1 behind
    front = eyes[2] + 0.062
    line = np.interp(
        depth, [-1.3, -0.75, -0.45, -0.25, 0.22, 0.4, 1.4],
        [front + 0.012, front - 0.005, eyes[2] + 0.03, ears[2] + 0.045, ears[2] + 0.04, ears[2] - 0.03, ears[2] - 0.075],
    )  # fmt: skip
    out = rest[:, 2] - (line - outfit.hair_low * np.clip(depth * 2, 0, 1))
    ear = (np.abs(depth) < 0.35) & (np.abs(rest[:, 0]) > np.abs(point["left_ear"][0]) - 0.012)
    out = np.where(ear & (rest[:, 2] < ears[2] + 0.04), -0.05, out)
    return np.where(bank.group_weight("head", "neck03", "neck02") > 0.5, out, -FAR)


def _face(rig: Rig, body: int) -> F32:
    """Tint of the skin: brows and lashes darker, lips redder."""
    rest = rig.bank.rest[body]
    point = {name: row @ rest[used] for name, (used, row) in rig.points.items()}
    tint = np.zeros(len(rest))
    for name in ("left_eye", "right_eye"):
        d = rest - point[name]
        brow = np.exp(-(((d[:, 2] - 0.021) / 0.005) ** 2) - (d[:, 0] / 0.019) ** 2 - (d[:, 1] / 0.03) ** 2)
        lash = np.exp(-((d[:, 2] / 0.012) ** 2) - (d[:, 0] / 0.02) ** 2 - (d[:, 1] / 0.02) ** 2)
        tint += 0.7 * brow + 0.3 * lash
    nose = point["nose"]
    mouth = np.array([0.0, nose[1] + 0.018, nose[2] - 0.042])
    d = rest - mouth
    tint -= 0.9 * np.exp(-((d[:, 2] / 0.009) ** 2) - (d[:, 0] / 0.024) ** 2 - (d[:, 1] / 0.02) ** 2)
    return np.clip(tint, -1, 0.85).astype(np.float32)


def bald(outfit: Outfit) -> Outfit:
    """Return the same outfit without hair."""
    return replace(outfit, hair=0.0)
