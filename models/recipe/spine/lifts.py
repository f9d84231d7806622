"""Measure the product on moving lifts: rendered people who stand, bend with a load, and come up, 15 frames a second.

    python models/recipe/spine/lifts.py DATA [--count 40]

The whole engine runs on the pictures: tracking, standing value as zero, smoothing over the bend. What is compared is the
bend's largest spinal flexion. The bodies are the test bodies of the bank in DATA.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from body import camera as cameras  # noqa: E402
from body import raster  # noqa: E402
from body.bank import make_bank  # noqa: E402
from body.clothes import Wardrobe  # noqa: E402
from body.pose import Pose, Rig, pose_body  # noqa: E402

from hingecue.app.engine import Engine  # noqa: E402
from hingecue.pose.spine import open_spine  # noqa: E402
from hingecue.pose.tracker import PoseTracker  # noqa: E402
from hingecue.types import Frame  # noqa: E402
from spine.generate import AGES, BANK_SEED, BODIES, TEST_BODIES  # noqa: E402
from spine.pictures import draw_outfit, lamp, room  # noqa: E402
from spine.postures import Drawn, draw_posture  # noqa: E402
from spine.things import things  # noqa: E402

RATE = 15
STAND_S, DOWN_S, HOLD_S, UP_S, REST_S = 1.6, 1.5, 0.3, 1.4, 1.2
EDGE = 480
VIEW_MAX_DEG = 30.0
SEED = 21


def draw_lift(rng: np.random.Generator) -> Drawn:
    """Draw the bottom of a lift: hanging arms with a load in them, standing, well bent."""
    while True:
        drawn = draw_posture(rng)
        pose = drawn.pose
        trunk = pose.pelvis_deg + pose.lumbar_deg + pose.thoracic_deg
        if drawn.arms == "hang" and drawn.held and drawn.support == "stand" and 40 < trunk < 105:
            return drawn


def part_way(pose: Pose, share: float) -> Pose:
    """Give the posture on the way from standing straight (0) to `pose` (1)."""
    sides = {
        name: replace(side, thigh_deg=share * side.thigh_deg, shank_deg=share * side.shank_deg)
        for name, side in (("left", pose.left), ("right", pose.right))
    }
    angles = {
        name: share * getattr(pose, name)
        for name in ("pelvis_deg", "lumbar_deg", "thoracic_deg", "upper_deg", "neck_deg", "side_bend_deg", "twist_deg")
    }
    return replace(pose, **sides, **angles)


def share_at(t_s: float) -> float:
    """Give how far down the lift is at a time: standing, smoothly down, a pause, smoothly up, standing."""
    down = np.clip((t_s - STAND_S) / DOWN_S, 0, 1)
    up = np.clip((t_s - STAND_S - DOWN_S - HOLD_S) / UP_S, 0, 1)
    return float(0.5 - 0.5 * np.cos(np.pi * (down - up)))


def film(rig: Rig, body: int, seed: int) -> tuple[list[np.ndarray], float, str]:
    """Render one lift: its pictures, its largest true flexion, and what is held."""
    rng = np.random.default_rng([SEED, seed])
    drawn = draw_lift(rng)
    wardrobe = Wardrobe(rig, body, draw_outfit(rng)[0])
    light, (background, _) = lamp(rng), room(rng, EDGE)
    view = rng.uniform(0, VIEW_MAX_DEG) * rng.choice([-1, 1])
    ends = [pose_body(rig, body, part_way(drawn.pose, share)) for share in (0.0, 1.0)]
    points = np.concatenate([end.vertices for end in ends])
    camera = cameras.look(
        points.mean(0), off_side_deg=float(view), facing_right=bool(rng.random() < 0.5), distance_m=float(rng.uniform(2.2, 4.5)),
        elevation_deg=float(rng.normal(4, 6)), roll_deg=float(rng.normal(0, 2)), width=EDGE, height=EDGE,
    ).framed(points, float(rng.uniform(0.6, 0.88)))  # fmt: skip
    exposure, noise = rng.uniform(0.7, 1.2), rng.uniform(1, 5)
    pictures, largest = [], -90.0
    for number in range(int((STAND_S + DOWN_S + HOLD_S + UP_S + REST_S) * RATE)):
        pose = part_way(drawn.pose, share_at(number / RATE))
        posed = pose_body(rig, body, pose)
        largest = max(largest, posed.truth.total_deg)
        meshes = wardrobe.dress(posed) + things(
            replace(drawn, pose=pose), posed, np.random.default_rng([SEED, seed, 1])
        )
        shadow = raster.cast_shadow(meshes, light, posed.vertices.mean(0).astype(np.float32))
        layer = raster.render(meshes, camera, light, shadow)
        linear = (layer.colour + (1 - layer.alpha[..., None]) * background) * np.float32(exposure)
        pixels = cv2.pow(np.clip(linear, 0, 1, dtype=np.float32), 1 / 2.2) * 255
        pixels += rng.standard_normal(pixels.shape, np.float32) * np.float32(noise)
        pictures.append(np.clip(pixels, 0, 255).astype(np.uint8))
    return pictures, largest, drawn.held


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--model", choices=["lite", "full"], default="full")
    options = parser.parse_args()
    rig = Rig.of(make_bank(options.data, BODIES, BANK_SEED, AGES))
    errors, sds, kinds = [], [], []
    for number in range(options.count):
        pictures, truth, held = film(rig, BODIES - TEST_BODIES + number % TEST_BODIES, number)
        engine = Engine(tracker=PoseTracker(options.model, 2), spine=open_spine())
        for index, rgb in enumerate(pictures):
            engine.step(Frame(index, round(index * 1e9 / RATE), rgb))
        engine.finish(len(pictures) / RATE)
        told = [bend for bend in engine.bends if bend.spine_flexion_deg is not None]
        if len(told) != 1:
            print(f"lift {number}: {len(engine.bends)} bends, {len(told)} with a flexion (true {truth:.0f}°, {held})")
            continue
        bend = told[0]
        errors.append(bend.spine_flexion_deg - truth)
        sds.append(bend.spine_sd_deg)
        kinds.append((truth, bend.kind.value))
        print(
            f"lift {number}: true {truth:.0f}°, told {bend.spine_flexion_deg:.0f} ± {bend.spine_sd_deg:.0f}°, {held}",
            flush=True,
        )
    error = np.array(errors)
    print(
        f"{len(error)} of {options.count} lifts: mean absolute error {np.abs(error).mean():.2f}°, median"
        f" {np.median(np.abs(error)):.2f}°, bias {error.mean():+.2f}°, 80 % interval holds"
        f" {np.mean(np.abs(error) < 1.2816 * np.array(sds)):.0%}"
    )


if __name__ == "__main__":
    main()
