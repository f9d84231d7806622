"""Training pictures: a dressed body in a posture, with things, in a room, through a camera with faults.

Everything is drawn by us; no photograph is used. Truth comes with each picture.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from body import camera as cameras
from body import raster
from body.clothes import Outfit, Wardrobe
from body.material import material
from body.pose import UPPER, Posed, Rig, pose_body

from spine.postures import Drawn, draw_posture
from spine.things import things

EDGE = 400
"""Pictures are squares of so many px."""
PICTURES_PER_OUTFIT = 8
CROWD_SHARE = 0.12
"""This share of the pictures has other people in the background."""
SIDE_SHARE = 0.45
"""This share of the pictures is drawn within 35° of the side view on top of the even spread over all views."""

SPINE = ("root", "spine05", "spine04", "spine03", "spine02", "spine01", UPPER, "neck01", "head")
"""The line that the spine is, from the pelvis upwards."""


MARKS = (
    "nose", "left_ear", "right_ear", "upperarm01.L", "upperarm01.R", "lowerarm01.L", "lowerarm01.R", "wrist.L", "wrist.R",
    "upperleg01.L", "upperleg01.R", "lowerleg01.L", "lowerleg01.R", "foot.L", "foot.R", "left_heel", "right_heel",
    "left_big_toe", "right_big_toe",
)  # fmt: skip
"""The body's own points for the pose model's landmarks that the network gets (`net.LANDMARKS`), in their order."""


def landmarks(posed: Posed) -> np.ndarray:
    """Give where the landmarks of MARKS are: (19, 3) m."""
    return np.stack([posed.joints[name] if name in posed.joints else posed.points[name] for name in MARKS])


def pixels_per_metre(camera: cameras.Camera, posed: Posed) -> float:
    """Give the scale of a picture at the middle of the hips."""
    hip = 0.5 * (posed.joints["upperleg01.L"] + posed.joints["upperleg01.R"])
    return float(camera.focal / camera.project(hip[None])[0, 2])


@dataclass(frozen=True, slots=True)
class Truth:
    """What a picture shows. Angles in degrees, picture points in px (x, y)."""

    lumbar_deg: float
    thoracic_deg: float
    view_deg: float
    behind: bool
    facing_right: bool
    trunk_deg: float
    body: int
    arms: str
    held: str
    support: str
    loose: bool
    cluttered: bool
    crowd: bool
    dim: bool
    shoulders: np.ndarray
    hips: np.ndarray
    knees: np.ndarray
    reach_px: float
    """How far the body reaches from the middle of the hips."""
    spine: np.ndarray
    """The joints of SPINE in the picture (9, 2)."""
    marks: np.ndarray
    """Where the landmarks of MARKS truly are (19, 3): px and metres from the camera."""
    px_per_m: float

    @property
    def total_deg(self) -> float:
        """Spinal flexion from pelvis to shoulders."""
        return self.lumbar_deg + self.thoracic_deg


def muted(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Draw a colour, linear light, from grey to loud."""
    colour = rng.uniform(low, high, 3)
    grey = colour.mean()
    return np.asarray(grey + (colour - grey) * rng.uniform(0, 1)) ** 2.2


def draw_outfit(rng: np.random.Generator) -> tuple[Outfit, bool]:
    """Draw clothes, hair and skin; say whether they are loose."""

    def colour(low: float, high: float) -> np.ndarray:
        return muted(rng, low, high)

    loose = bool(rng.random() < 0.55)
    hoodie = loose and rng.random() < 0.4
    pattern = int(rng.choice([0, 0, 0, 1, 2, 3, 4, 5]))
    skin = (
        np.array([0.80, 0.60, 0.50])
        * rng.uniform(0.25, 1.0)
        * np.array([1, rng.uniform(0.9, 1.0), rng.uniform(0.8, 1)])
    )
    shirt = material(
        colour(0.03, 0.95), colour(0.03, 0.95), pattern=pattern, frequency=float(rng.uniform(5, 25)),
        duty=float(rng.uniform(0.3, 0.7)), noise=float(rng.uniform(0, 0.15)), noise_scale=float(rng.uniform(0.5, 2)),
        bump=float(rng.uniform(0, 0.4)), bump_scale=float(rng.uniform(0.5, 2)),
    )  # fmt: skip
    trousers = material(colour(0.02, 0.8), noise=float(rng.uniform(0, 0.15)))
    if rng.random() < 0.12:  # shirt and trousers of one colour, a dark hoodie in a dark gym
        trousers = material(shirt[:3] * rng.uniform(0.8, 1.2))
    outfit = Outfit(
        materials={
            "skin": material(skin, shine=float(rng.uniform(0, 0.2))),
            "shirt": shirt,
            "trousers": trousers,
            "shoes": material(colour(0.05, 0.95)),
            "hair": material(float(rng.uniform(0.1, 0.75)) ** 2.2 * np.array([1, 0.8, 0.6]), shine=0.2),
            "eyes": material((0.8, 0.8, 0.8)),
        },
        sleeve=float(rng.choice([0.0, 0.25, 0.35, 0.5, 0.95])) if not hoodie else 0.95,
        hem=float(rng.uniform(-0.14, 0.02)) if loose else float(rng.uniform(-0.08, 0.04)),
        leg=float(rng.choice([0.35, 0.5, 0.7, 0.95])),
        shirt_gap=float(rng.uniform(0.010, 0.030)) if loose else float(rng.uniform(0.003, 0.008)),
        trouser_gap=float(rng.uniform(0.004, 0.03)),
        bridge=float(rng.uniform(0.4, 1.0)) if loose else float(rng.uniform(0.1, 0.5)),
        drape=float(rng.uniform(0.01, 0.10)) if loose else 0.005,
        fold=float(rng.uniform(0.002, 0.012)) if loose else float(rng.uniform(0, 0.003)),
        hood=float(rng.uniform(0.03, 0.08)) if hoodie else 0.0,
        hair=float(rng.uniform(0.004, 0.035)),
        hair_back=float(rng.choice([0.0, 0.0, 0.02, 0.05])),
        hair_low=float(rng.choice([0.0, 0.02, 0.08])),
        cropped=bool(rng.random() < 0.05),
        fold_wave=tuple(tuple(w) for w in rng.normal(0, 55, (3, 3)).tolist()),
    )
    return outfit, loose


def room(rng: np.random.Generator, edge: int = EDGE) -> tuple[np.ndarray, bool]:
    """Paint a background, linear light float32 (edge, edge, 3): a wall, a floor, shapes; say whether it is cluttered."""
    image = np.empty((edge, edge, 3), np.float32)
    horizon = int(edge * rng.uniform(0.45, 0.95))
    wall, floor = muted(rng, 0.05, 0.95), muted(rng, 0.05, 0.8)
    image[:horizon], image[horizon:] = wall, floor
    cluttered = bool(rng.random() < 0.55)
    for _ in range(int(rng.integers(4, 40)) if cluttered else int(rng.integers(0, 5))):
        c = muted(rng, 0.02, 0.95).tolist()
        p = rng.integers(-40, edge + 40, 2)
        size = (rng.integers(6, 130, 2) * rng.choice([0.4, 1.0, 2.0], 2)).astype(int)
        shape = rng.integers(0, 5)
        if shape <= 1:
            cv2.rectangle(image, p.tolist(), (p + size).tolist(), c, -1)
        elif shape == 2:
            cv2.ellipse(image, p.tolist(), size.tolist(), float(rng.uniform(0, 180)), 0, 360, c, -1)
        elif shape == 3:
            cv2.line(image, p.tolist(), rng.integers(-40, edge + 40, 2).tolist(), c, int(rng.integers(1, 14)))
        else:
            step = int(rng.integers(10, 40))
            for k in range(0, int(size[0]), step):
                cv2.line(
                    image,
                    (int(p[0]) + k, int(p[1])),
                    (int(p[0]) + k, int(p[1] + size[1])),
                    c,
                    int(rng.integers(1, 6)),
                )
    grain = rng.normal(0, 1, (edge // 8, edge // 8, 1)).astype(np.float32)
    image *= np.exp(cv2.resize(grain, (edge, edge), interpolation=cv2.INTER_CUBIC)[..., None] * rng.uniform(0, 0.15))
    ramp = np.linspace(rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.2), edge, dtype=np.float32)
    image *= ramp[None, :, None] if rng.random() < 0.5 else ramp[:, None, None]
    blur = rng.uniform(0.3, 6.0)
    return cv2.GaussianBlur(np.clip(image, 0, 1), (0, 0), blur), cluttered


def lamp(rng: np.random.Generator) -> raster.Light:
    """Draw the light of a room."""
    key = rng.normal(0, 1, 3)
    key[2] = abs(key[2]) + 0.4
    key /= np.linalg.norm(key)
    tint = 1 + rng.normal(0, 0.08, 3)
    strength = rng.uniform(0.25, 1.2)
    sky = rng.uniform(0.25, 0.7)
    return raster.Light(
        key.astype(np.float32), (strength * tint).astype(np.float32), (sky * tint).astype(np.float32),
        np.full(3, sky * rng.uniform(0.3, 0.8), np.float32), float(rng.uniform(0.2, 0.9)),
    )  # fmt: skip


def draw_view(rng: np.random.Generator) -> float:
    """Draw the signed angle off the side view: + from the front, − from behind; even over 0…90°, with more at the side."""
    angle = rng.uniform(0, 35) if rng.random() < SIDE_SHARE else rng.uniform(0, 90)
    return float(angle if rng.random() < 0.62 else -angle)


def spoil(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Put a finished picture (linear float) through exposure, blur, noise and JPEG; say whether it is dim."""
    dim = bool(rng.random() < 0.12)
    image = image * np.float32(rng.uniform(0.03, 0.2) if dim else rng.uniform(0.6, 1.3))
    if rng.random() < 0.15:  # motion
        length = int(rng.integers(3, 12))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0)
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.4))
    pixels = cv2.pow(np.clip(image, 0, 1, dtype=np.float32), 1 / 2.2)
    pixels *= 255
    pixels += rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(1, 8 if dim else 5))
    if rng.random() < 0.2:  # a person far away
        small = cv2.resize(pixels, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    rgb = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])[1]
        rgb = np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])
    return rgb, dim


class Studio:
    """Draws pictures of the bodies of one bank; an outfit is worn for a few pictures, because dressing takes longest."""

    def __init__(self, rig: Rig, bodies: range, rng: np.random.Generator) -> None:
        self._rig = rig
        self._bodies = bodies
        self._rng = rng
        self._left = 0
        self._others: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=24)

    def _put_others(self, background: np.ndarray) -> None:
        """Put one to three people of earlier pictures into the background, smaller and out of focus."""
        rng = self._rng
        for _ in range(int(rng.integers(1, 4))):
            colour, alpha = self._others[int(rng.integers(len(self._others)))]
            scale = rng.uniform(0.35, 0.85)
            x, y = rng.uniform(-0.3, 0.8) * EDGE, rng.uniform(0.0, 1 - 0.8 * scale) * EDGE
            matrix = np.array([[scale, 0, x], [0, scale, y]])
            if rng.random() < 0.5:
                matrix[0] = [-scale, 0, x + scale * EDGE]
            soft = rng.uniform(0.5, 2.5)
            c = cv2.GaussianBlur(cv2.warpAffine(colour, matrix, (EDGE, EDGE)), (0, 0), soft)
            a = cv2.GaussianBlur(cv2.warpAffine(alpha, matrix, (EDGE, EDGE)), (0, 0), soft)
            background *= 1 - a[..., None]
            background += c

    def picture(self) -> tuple[np.ndarray, Truth]:
        """Draw one picture: uint8 RGB (EDGE, EDGE, 3), and its truth."""
        rng = self._rng
        if self._left == 0:
            self._body = int(rng.integers(self._bodies.start, self._bodies.stop))
            outfit, self._loose = draw_outfit(rng)
            self._wardrobe = Wardrobe(self._rig, self._body, outfit)
            self._left = PICTURES_PER_OUTFIT
        self._left -= 1
        drawn = draw_posture(rng)
        posed = pose_body(self._rig, self._body, drawn.pose)
        return self._shoot(drawn, posed, draw_view(rng))

    def _shoot(self, drawn: Drawn, posed: Posed, view: float) -> tuple[np.ndarray, Truth]:
        rng = self._rng
        person = self._wardrobe.dress(posed)
        meshes = person + things(drawn, posed, rng)
        light = lamp(rng)
        centre = posed.vertices.mean(0)
        facing_right = bool(rng.random() < 0.5)
        camera = cameras.look(
            centre, off_side_deg=view, facing_right=facing_right, distance_m=float(rng.uniform(2.0, 5.5)),
            elevation_deg=float(rng.normal(4, 9)), roll_deg=float(rng.normal(0, 3)), width=EDGE, height=EDGE,
        ).framed(posed.vertices, float(rng.uniform(0.45, 0.9)), tuple((rng.normal(0, 0.03, 2)).tolist()))  # fmt: skip
        shadow = raster.cast_shadow(meshes, light, centre.astype(np.float32))
        layer = raster.render(meshes, camera, light, shadow)
        background, cluttered = room(rng)
        crowd = bool(self._others) and rng.random() < CROWD_SHARE
        if crowd:
            self._put_others(background)
        self._others.append((layer.colour, layer.alpha))
        rgb, dim = spoil(layer.colour + (1 - layer.alpha[..., None]) * background, rng)

        def seen(name: str) -> np.ndarray:
            points = np.stack([posed.joints[f"{name}.L"], posed.joints[f"{name}.R"]])
            return camera.project(points)[:, :2]

        hip = seen("upperleg01").mean(0)
        reach = float(np.linalg.norm(camera.project(posed.vertices[::20])[:, :2] - hip, axis=1).max())
        truth = Truth(
            posed.truth.lumbar_deg, posed.truth.thoracic_deg, abs(view), view < 0, facing_right, posed.truth.trunk_deg,
            self._body, drawn.arms, drawn.held, drawn.support, self._loose, cluttered, crowd, dim,
            seen("upperarm01"), seen("upperleg01"), seen("lowerleg01"), reach,
            camera.project(np.stack([posed.joints[name] for name in SPINE]))[:, :2],
            camera.project(landmarks(posed)), pixels_per_metre(camera, posed),
        )  # fmt: skip
        return rgb, truth
