"""Make the bundled recording: a rendered person does twelve bends, with the truth and two worn sensors.

    pip install -e ".[train]" && python models/recipe/make_demo.py [--out device/hingecue/demo_recording]

Six hip hinges, two squats, four rounded bends, with a dumbbell held in both hands, seen 8° off the side view. Seeded:
the same library versions give the same files. The truth is read off the posed skeleton, not off the plan of the motion.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation, RotationSpline

RECIPE = Path(__file__).resolve().parent
sys.path.insert(0, str(RECIPE))

from body import camera as cameras  # noqa: E402
from body import raster  # noqa: E402
from body.bank import make_bank  # noqa: E402
from body.clothes import Outfit, Wardrobe  # noqa: E402
from body.material import material  # noqa: E402
from body.mesh import Mesh, solid  # noqa: E402
from body.pose import Limbs, Pose, Posed, Rig, direction, pose_body  # noqa: E402
from spine.things import cylinder  # noqa: E402

SEED = 12
BANK, BODY = (8, 21), 1
FPS, TRUTH_HZ, IMU_HZ = 25, 50, 100
WIDTH, HEIGHT = 640, 480
STAND_S = 3.0
ORDER = [
    "hinge",
    "hinge",
    "flexion",
    "hinge",
    "squat",
    "flexion",
    "hinge",
    "flexion",
    "squat",
    "hinge",
    "flexion",
    "hinge",
]
G = 9.80665

UPPER_SHARE = 0.42  # of the thoracic flexion turns above T7/8
# At the bottom, deg: pelvis tilt, lumbar, thoracic, thigh swing, shank lean, neck; and how early the spine moves (1 = even).
BOTTOM = {
    "hinge": (58.0, 10.0, 3.0, 20.0, 0.0, -18.0, 1.0),
    "squat": (30.0, 6.0, 2.0, 78.0, 33.0, -14.0, 1.0),
    "flexion": (27.0, 44.0, 28.0, 12.0, 2.0, 12.0, 0.62),
}
SPREAD = (3.0, 1.5, 1.5, 2.5, 1.0, 3.0)


@dataclass(frozen=True, slots=True)
class Move:
    """One bend of the plan: its kind, its times (s), its angles at the bottom."""

    kind: str
    start_s: float
    bottom_s: float
    hold_s: float
    end_s: float
    angles: tuple[float, ...]
    lead: float


def plan(rng: np.random.Generator) -> list[Move]:
    """Lay out the twelve bends in time."""
    moves, t = [], STAND_S
    for kind in ORDER:
        *angles, lead = BOTTOM[kind]
        down, hold, up = rng.uniform(1.15, 1.7), rng.uniform(0.1, 0.35), rng.uniform(0.95, 1.5)
        spread = rng.normal(0, 1, 6) * SPREAD
        bottom = t + down
        moves.append(Move(kind, t, bottom, hold, bottom + hold + up, tuple(np.add(angles, spread)), lead))
        t = moves[-1].end_s + rng.uniform(1.2, 2.3)
    return moves


def smooth_step(x: float) -> float:
    """Give the minimum-jerk course from 0 to 1."""
    x = min(1.0, max(0.0, x))
    return x**3 * (10 - 15 * x + 6 * x * x)


def depth(move: Move, t: float) -> float:
    """Give how far down a bend is at time t, 0…1."""
    if t <= move.bottom_s:
        return smooth_step((t - move.start_s) / (move.bottom_s - move.start_s))
    return 1 - smooth_step((t - move.bottom_s - move.hold_s) / (move.end_s - move.bottom_s - move.hold_s))


class Actor:
    """The person: posture at any time."""

    def __init__(self, rig: Rig, moves: list[Move], rng: np.random.Generator) -> None:
        self._rig = rig
        self._moves = moves
        self._sway = [(rng.uniform(0.15, 0.5), rng.uniform(0, 6.28), rng.normal(0, 0.35)) for _ in range(8)]

    def move_at(self, t: float) -> Move | None:
        """Give the bend that is under way."""
        return next((m for m in self._moves if m.start_s <= t <= m.end_s), None)

    def posed(self, t: float) -> Posed:
        """Pose the body at time t."""
        move = self.move_at(t)
        pelvis = lumbar = thoracic = thigh = shank = neck = 0.0
        if move is not None:
            d = depth(move, t)
            early = d**move.lead
            late = d ** (2 - move.lead)
            p, lu, th, tg, sh, ne = move.angles
            pelvis, lumbar, thoracic, thigh, shank, neck = (
                p * late,
                lu * early,
                th * early,
                tg * d,
                sh * d,
                ne * d,
            )
        sway = [a * np.sin(2 * np.pi * f * t + ph) for f, ph, a in self._sway]
        limbs = Limbs(direction(4), direction(10), thigh + 1.0 + sway[4], shank + 0.5 + sway[5])

        def pose(left: Limbs, right: Limbs) -> Pose:
            return Pose(
                left, right, pelvis_deg=pelvis + 0.5 * sway[0], lumbar_deg=lumbar + sway[1], thoracic_deg=(1 - UPPER_SHARE) * (thoracic + sway[2]), upper_deg=UPPER_SHARE * (thoracic + sway[2]),
                neck_deg=neck + 2 * sway[3], side_bend_deg=sway[6], twist_deg=sway[7], stance_deg=7.0, grip_deg=55.0,
                protract_deg=8.0,
            )  # fmt: skip

        free = pose_body(self._rig, BODY, pose(limbs, limbs))
        # The hands' places are asked for before the body is put on the floor: the root tells how far that is.
        floor = free.joints["root"] - self._rig.body(BODY)[0][self._rig.index["root"]]
        held = [self._holding(free, limbs, side, floor) for side in (1, -1)]
        return pose_body(self._rig, BODY, pose(*held))

    @staticmethod
    def _holding(free: Posed, limbs: Limbs, side: int, floor: np.ndarray) -> Limbs:
        """Let the arm hang, both hands at the dumbbell's handle in front of the body."""
        shoulders = 0.5 * (free.joints["upperarm01.L"] + free.joints["upperarm01.R"])
        end = "L" if side > 0 else "R"
        reach = np.linalg.norm(free.joints[f"wrist.{end}"] - free.joints[f"upperarm01.{end}"])
        spread = abs(free.joints[f"upperarm01.{end}"][0] - shoulders[0])
        down = np.sqrt(max(0.1, (0.965 * reach) ** 2 - (spread - 0.06) ** 2))
        tilt = np.radians(14.0)
        hand = shoulders + np.array([side * 0.06, -np.sin(tilt) * down, -np.cos(tilt) * down])
        return Limbs(direction(-15, 25, side), limbs.forearm, limbs.thigh_deg, limbs.shank_deg, 0.0, hand - floor)


def dumbbell(posed: Posed) -> list[Mesh]:
    """Make the dumbbell, upright, hanging from both hands."""
    hands = [
        posed.joints[f"wrist.{e}"] + 0.09 * _unit(posed.joints[f"wrist.{e}"] - posed.joints[f"lowerarm01.{e}"])
        for e in "LR"
    ]
    top = 0.5 * (hands[0] + hands[1]) + np.array([0, 0, 0.03])
    iron, grip = material((0.02, 0.02, 0.025), shine=0.5), material((0.4, 0.4, 0.42), shine=0.6)
    down = np.array([0, 0, -1.0])
    return [
        cylinder(top + 0.02 * down, top + 0.10 * down, 0.065, iron, 24),
        cylinder(top + 0.10 * down, top + 0.22 * down, 0.017, grip, 16),
        cylinder(top + 0.22 * down, top + 0.30 * down, 0.065, iron, 24),
    ]


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


def quad(corners: list[tuple[float, float, float]], material: np.ndarray) -> Mesh:
    """Make a flat four-cornered surface, finely cut, so that light and shadow fall on it evenly."""
    a, b, c, d = (np.array(p) for p in corners)
    n = 24
    u, v = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, n))
    points = (
        ((1 - u) * (1 - v))[..., None] * a
        + (u * (1 - v))[..., None] * b
        + (u * v)[..., None] * c
        + ((1 - u) * v)[..., None] * d
    )
    i = np.arange(n * n).reshape(n, n)
    faces = np.concatenate(
        [
            np.stack([i[:-1, :-1], i[:-1, 1:], i[1:, 1:]], -1).reshape(-1, 3),
            np.stack([i[:-1, :-1], i[1:, 1:], i[1:, :-1]], -1).reshape(-1, 3),
        ]
    )
    return solid(points.reshape(-1, 3), faces, material, flat=False)


def room() -> list[Mesh]:
    """Make the room: a plaster wall with a skirting and a rail, a rubber floor, a mat."""
    wall = material((0.62, 0.60, 0.55), noise=0.05, noise_scale=0.6)
    floor = material((0.10, 0.105, 0.115), noise=0.25, noise_scale=3.0)
    mat = material((0.045, 0.13, 0.15), noise=0.08, noise_scale=2.0)
    wood = material((0.35, 0.20, 0.10), noise=0.1)
    x = 1.35
    return [
        quad([(-4, -4, 0), (4, -4, 0), (4, 4, 0), (-4, 4, 0)], floor),
        quad([(x, -4, 0), (x, 4, 0), (x, 4, 3.2), (x, -4, 3.2)][::-1], wall),
        quad([(-0.55, -0.9, 0.006), (0.55, -0.9, 0.006), (0.55, 0.9, 0.006), (-0.55, 0.9, 0.006)], mat),
        quad([(x - 0.02, -4, 1.02), (x - 0.02, 4, 1.02), (x - 0.02, 4, 1.10), (x - 0.02, -4, 1.10)][::-1], wood),
        quad([(x - 0.02, -4, 0), (x - 0.02, 4, 0), (x - 0.02, 4, 0.09), (x - 0.02, -4, 0.09)][::-1], wood),
    ]


def clothes() -> Outfit:
    """Give what the person wears."""
    m = material
    return Outfit(
        materials={
            "skin": m((0.42, 0.24, 0.16), shine=0.1), "shirt": m((0.75, 0.22, 0.08), noise=0.06, bump=0.2),
            "trousers": m((0.05, 0.07, 0.12), noise=0.05), "shoes": m((0.8, 0.8, 0.78)), "hair": m((0.03, 0.02, 0.015), shine=0.3),
            "eyes": m((0.8, 0.8, 0.8)),
        },
        sleeve=0.32, hem=-0.02, leg=0.55, shirt_gap=0.010, drape=0.02, bridge=0.6, fold=0.004, hair=0.02, hair_back=0.02,
    )  # fmt: skip


def film(actor: Actor, rig: Rig, seconds: float, path: Path, rng: np.random.Generator) -> None:
    """Draw and encode the film."""
    wardrobe = Wardrobe(rig, BODY, clothes())
    stage = room()
    key = _unit(np.array([-0.9, -0.55, 1.5]))
    light = raster.Light(
        key.astype(np.float32), np.array([0.95, 0.90, 0.82], np.float32), np.array([0.50, 0.52, 0.56], np.float32),
        np.array([0.22, 0.21, 0.20], np.float32), 0.75,
    )  # fmt: skip
    eye = cameras.look(np.array([0.0, -0.15, 0.92]), off_side_deg=8.0, facing_right=True, distance_m=3.4,
                       elevation_deg=3.0, width=WIDTH, height=HEIGHT)  # fmt: skip
    eye = cameras.Camera(eye.place, eye.axes, 690.0, (WIDTH / 2, HEIGHT / 2), WIDTH, HEIGHT)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "25", "preset": "slow", "profile": "main", "threads": "1"}
        for i in range(int(seconds * FPS)):
            posed = actor.posed(i / FPS)
            meshes = [*stage, *wardrobe.dress(posed), *dumbbell(posed)]
            shadow = raster.cast_shadow(meshes[2:], light, np.array([0, 0, 0.8], np.float32))
            layer = raster.render(meshes, eye, light, shadow)
            image = layer.colour + (1 - layer.alpha[..., None]) * 0.4
            pixels = np.clip(image, 0, 1) ** (1 / 2.2) * 255 + rng.normal(0, 1.5, image.shape)
            frame = av.VideoFrame.from_ndarray(np.clip(pixels, 0, 255).astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
            if i % 250 == 0:
                print(f"frame {i}", flush=True)
        container.mux(stream.encode(None))


def write_truth(actor: Actor, poses: list[Posed], path: Path) -> None:
    """Write truth.csv at TRUTH_HZ; angles from the mean of the standing seconds."""
    stand = poses[: int(STAND_S * TRUTH_HZ)]
    names = ("trunk_deg", "pelvis_deg", "thorax_deg", "total_deg", "lumbar_deg")
    zero = {n: float(np.mean([getattr(p.truth, n) for p in stand])) for n in names}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["t_s", "trunk_deg", "pelvis_deg", "thorax_deg", "spine_flexion_deg", "lumbar_deg", "kind"])
        for i, p in enumerate(poses):
            move = actor.move_at(i / TRUTH_HZ)
            row = [f"{getattr(p.truth, n) - zero[n]:.2f}" for n in names]
            writer.writerow([f"{i / TRUTH_HZ:.2f}", *row, "" if move is None else move.kind])


def write_imu(
    poses: list[Posed], bone: str, spot: tuple[float, float, float], path: Path, rng: np.random.Generator
) -> None:
    """Write one worn sensor at IMU_HZ: MPU-6050 class noise and bias, mounted askew, on skin that wobbles."""
    t = np.arange(len(poses)) / TRUTH_HZ
    turns = np.array([p.turns[bone] for p in poses])
    places = np.array([p.joints[bone] + p.turns[bone] @ np.array(spot) for p in poses])
    at = np.arange(0, t[-1], 1 / IMU_HZ)
    spline = RotationSpline(t, Rotation.from_matrix(turns))
    acceleration = CubicSpline(t, places)(at, 2)
    wobble = np.zeros((len(at), 3))
    for frequency, gain in ((6.5, 0.10), (9.0, 0.07)):  # soft tissue rings with the body's own acceleration
        phase = rng.uniform(0, 6.28, 3)
        wobble += gain * np.abs(acceleration) * np.sin(2 * np.pi * frequency * at[:, None] + phase)
    # The chip's x points up, its z out of the back; then askew by some degrees about every axis.
    mount = Rotation.from_matrix(np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])) * Rotation.from_euler(
        "xyz", rng.normal(0, 7, 3), degrees=True
    )
    world_to_chip = (spline(at) * mount.inv()).inv()
    force = world_to_chip.apply(acceleration + wobble + [0, 0, G]) / G
    rate = mount.apply(np.degrees(spline(at, 1)))  # RotationSpline gives rates in the body's frame
    force += rng.uniform(-0.02, 0.02, 3) + rng.normal(0, 0.004, force.shape)
    rate += rng.uniform(-0.9, 0.9, 3) + rng.normal(0, 0.06, rate.shape)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["t_s", "ax_g", "ay_g", "az_g", "gx_dps", "gy_dps", "gz_dps"])
        for s, a, w in zip(at, force, rate, strict=True):
            writer.writerow([f"{s:.2f}", *(f"{v:.4f}" for v in a), *(f"{v:.2f}" for v in w)])


TOML = """\
# Rendered by models/recipe/make_demo.py; it shows nobody.
format = 1
title = "Twelve bends with a dumbbell"

[calibration]
stand = [0.0, 3.0]

[camera]
file = "camera.mp4"

# In truth.csv, spine_flexion_deg goes from the pelvis to T6-T8, as the camera sees it; lumbar_deg is
# thorax - pelvis (T12/L1 against the sacrum), as the two worn sensors feel it.
[[imu]]
role = "pelvis"
file = "imu-pelvis.csv"

[[imu]]
role = "thorax"
file = "imu-thorax.csv"
"""


def main() -> None:
    """Make all files of the recording."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RECIPE.parents[1] / "device" / "hingecue" / "demo_recording")
    parser.add_argument("--bank", type=Path, default=RECIPE.parents[1] / "build" / "bodies")
    parser.add_argument("--no-film", action="store_true", help="only the tables")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    rig = Rig.of(make_bank(options.bank, *BANK))
    moves = plan(rng)
    actor = Actor(rig, moves, rng)
    seconds = moves[-1].end_s + 2.0
    poses = [actor.posed(i / TRUTH_HZ) for i in range(int(seconds * TRUTH_HZ))]
    (options.out / "recording.toml").write_text(TOML, "utf-8")
    write_truth(actor, poses, options.out / "truth.csv")
    write_imu(poses, "root", (0.0, 0.10, 0.08), options.out / "imu-pelvis.csv", rng)
    write_imu(poses, "spine02", (0.0, 0.09, 0.02), options.out / "imu-thorax.csv", rng)
    if not options.no_film:
        film(actor, rig, seconds, options.out / "camera.mp4", rng)
    total = sum(f.stat().st_size for f in options.out.iterdir()) / 1e6
    print(f"{seconds:.1f} s, {total:.2f} MB in {options.out}")


if __name__ == "__main__":
    main()
