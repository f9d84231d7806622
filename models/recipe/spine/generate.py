"""Make training pictures and push each through the product's own pose pipeline; keep what the product would see.

    python models/recipe/spine/generate.py --out DATA --count 100000 [--workers 2]

Nothing but the aligned mask, the aligned landmarks and the truth is kept, in shards of 1,000 pictures. A shard depends on
its number alone, and a finished one is not made again, so the work can stop and go on. Each shard shows bodies of its own;
those from TEST_FROM on share a bank of TEST_BODIES.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from body.bank import make_bank, make_bodies  # noqa: E402
from body.pose import Rig  # noqa: E402

from hingecue.pose.detect import Detector, choice_score  # noqa: E402
from hingecue.pose.landmark import Landmarker, Sight  # noqa: E402
from hingecue.pose.outline import Aligner, frame, to_crop, trunk  # noqa: E402
from hingecue.pose.roi import ROI_SCALE, snapped  # noqa: E402
from hingecue.pose.runtime import Network  # noqa: E402
from hingecue.pose.tracker import brightness  # noqa: E402
from hingecue.types import Facing, Pose, Roi  # noqa: E402
from spine.pictures import EDGE, Studio, Truth  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARD = 1000
TEST_FROM = 900
BODIES, TEST_BODIES = 420, 70
BANK_SEED = 8
OWN_BODIES = 200
"""Bodies that one shard draws for itself. With 350 for all to learn from, those of the test were read 0.8° worse."""
AGES = (0.5, 0.95)
"""From about fourteen to about eighty on the body model's scale."""
POINTS = ("shoulders", "hips", "knees", "reach_px", "spine")
FAR_PX = 999.0
"""Joints that a lost pose puts anywhere are kept within this of the frame's corner."""
FOUND_SHARE = 0.3
"""This share of the people is looked for by the detector; the others are followed, as nearly all frames of a film are: a
rough square round the person, then the landmark model's own."""


class Eye:
    """The product's pipeline on one picture: detector, landmarks in two passes, alignment."""

    def __init__(self, variant: str) -> None:
        self._detector = Detector(Network("pose_detector"))
        self._landmarker = Landmarker(Network(f"pose_{variant}_nomask"), Network(f"pose_{variant}"))
        self._aligner = Aligner()

    def look(self, rgb: np.ndarray, facing_right: bool, rough: Roi | None) -> Pose | None:
        """Give the pose with its mask, or None when nobody is found.

        `rough` is where the person was last; without it the detector looks. The facing is given, so that a picture
        shows the pose network the crop that a locked track would.
        """
        found = self._detector.find(rgb) if rough is None else []
        if rough is None and not found:
            return None
        roi = rough or max(found, key=lambda c: choice_score(c, EDGE, EDGE)).roi
        mirrored = not facing_right
        first = self._landmarker.look(rgb, roi, mirrored=mirrored)
        sight = self._landmarker.look(rgb, first.next_roi, mirrored=mirrored, want_mask=True)
        if sight.presence < 0.5:
            return None
        return as_pose(sight, rgb, facing_right, max(1, len(found)))

    def see(self, rgb: np.ndarray, truth: Truth, rough: Roi | None) -> dict[str, np.ndarray | float] | None:
        """Give what the spine reader would get, and where the spine truly is in its frame; None when nobody is found.

        `rough` as in `look`. `spine`: float16 (9, 2), px of the aligned frame.
        """
        pose = self.look(rgb, truth.facing_right, rough)
        aligned = None if pose is None else self._aligner.align(pose)
        if pose is None or aligned is None:
            return None
        to_frame = np.vstack([frame(*trunk(to_crop(pose))), (0, 0, 1)]) @ np.vstack(
            [cv2.invertAffineTransform(pose.crop_to_picture), (0, 0, 1)]
        )
        spine = np.column_stack([truth.spine, np.ones(len(truth.spine))]) @ to_frame[:2].T
        return {
            "spine": np.clip(spine, -FAR_PX, FAR_PX).astype(np.float16),
            "mask": np.round(aligned.mask * 255).astype(np.uint8),
            "grey": aligned.grey.copy(),
            "landmarks": aligned.landmarks.astype(np.float16),
            "picture": pose.landmarks[:, :3].astype(np.float32),
            "lean": aligned.inclination_deg,
            "torso_px": aligned.torso_px,
            "presence": pose.presence,
            "brightness": pose.brightness,
        }


def as_pose(sight: Sight, rgb: np.ndarray, facing_right: bool, people: int) -> Pose:
    """Dress a sight as the product's pose."""
    return Pose(
        landmarks=sight.picture,
        presence=sight.presence,
        facing=Facing.RIGHT if facing_right else Facing.LEFT,
        facing_confidence=1.0,
        roi=sight.roi,
        crop_to_picture=sight.affine,
        mask=sight.mask,
        brightness=brightness(rgb, sight.roi),
        people=people,
        picture_size=(rgb.shape[1], rgb.shape[0]),
        image=sight.image,
    )


def rough_square(truth: Truth, rng: np.random.Generator) -> Roi:
    """Give a square as the detector would.

    Measured on 131 pictures: 0.9 ± 0.15 of the circle round the body, turned by some 10°, 0.03 of its edge off the hips.
    """
    hip = truth.hips.mean(0)
    up = truth.shoulders.mean(0) - hip
    size = 2 * ROI_SCALE * truth.reach_px * float(np.clip(rng.normal(0.9, 0.12), 0.6, 1.15))
    x, y = (hip + rng.normal(0, 0.03, 2) * size).tolist()
    return snapped(Roi(x, y, size, float(np.arctan2(up[0], -up[1]) + np.radians(rng.normal(0, 9)))))


def errors(seen: dict[str, np.ndarray | float], truth: Truth) -> tuple[float, float]:
    """Give how far the middle of the shoulders and of the hips are off, in torso lengths."""
    points = np.asarray(seen["picture"])
    true_hip, true_shoulder = truth.hips.mean(0), truth.shoulders.mean(0)
    length = max(float(np.linalg.norm(true_shoulder - true_hip)), 0.25 * float(seen["torso_px"]))
    shoulder = float(np.linalg.norm(points[11:13, :2].mean(0) - true_shoulder)) / length
    return shoulder, float(np.linalg.norm(points[23:25, :2].mean(0) - true_hip)) / length


def fresh_people(seed: int, number: int, size: int) -> tuple[Rig, range]:
    """Draw the bodies that one shard or file of `size` pictures has for itself."""
    count = min(OWN_BODIES, size)
    return Rig.of(make_bodies(count, (seed, number), AGES)), range(count)


def test_people(folder: Path, count: int, kept: int) -> tuple[Rig, range]:
    """Give the bodies of the test: the `kept` last ones of a bank of `count`."""
    return Rig.of(make_bank(folder, count, BANK_SEED, AGES)), range(count - kept, count)


def drawn(
    folder: Path, number: int, size: int, count: int, kept: int
) -> Iterator[tuple[np.ndarray, Truth, str, Roi | None]]:
    """Draw the pictures of one shard: RGB, what it shows, which pose model sees it, and where its person was last."""
    rng = np.random.default_rng([BANK_SEED, number])
    test = number >= TEST_FROM
    studio = Studio(*(test_people(folder, count, kept) if test else fresh_people(BANK_SEED, number, size)), rng)
    for _ in range(size):
        rgb, truth = studio.picture()
        variant = "full" if rng.random() < 0.6 else "lite"
        yield rgb, truth, variant, None if rng.random() < FOUND_SHARE else rough_square(truth, rng)


def make_shard(job: tuple[str, int, int, int, int]) -> str:
    """Make one shard, unless it is there: folder, number, pictures, bodies, and how many of them are for the test."""
    folder, number, size, count, kept = job
    path = Path(folder) / f"shard-{number:04d}.npz"
    if path.exists():
        return f"{path.name} is there"
    cv2.setNumThreads(1)
    eyes = {name: Eye(name) for name in ("lite", "full")}
    rows: list[dict[str, object]] = []
    lost = 0
    for rgb, truth, variant, rough in drawn(Path(folder), number, size, count, kept):
        seen = eyes[variant].see(rgb, truth, rough)
        if seen is None:
            lost += 1
            continue
        shoulder, hip = errors(seen, truth)
        plain = {f.name: getattr(truth, f.name) for f in fields(truth) if f.name not in POINTS}
        rows.append({**seen, **plain, "shoulder_off": shoulder, "hip_off": hip, "full": variant == "full"})
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(partial, **columns, drawn=size, lost=lost)
    partial.rename(path)
    return f"{path.name}: {len(rows)} seen, {lost} not found"


def generate(
    out: Path,
    *,
    count: int,
    test: int,
    shard: int,
    workers: int,
    first: int = 0,
    bodies: int = BODIES,
    kept: int = TEST_BODIES,
) -> None:
    """Make all shards that are not there yet: `test` pictures of `kept` bodies, then `count` of the others."""
    out.mkdir(parents=True, exist_ok=True)
    make_bank(out, bodies, BANK_SEED, AGES)  # before there are two who would make it
    numbers = [TEST_FROM + i for i in range(-(-test // shard))] + list(range(first, -(-count // shard)))
    jobs = [(str(out), number, shard, bodies, kept) for number in numbers]
    # Spawned, for the threads of the body model's library do not live on in a forked child.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for line in pool.map(make_shard, jobs):
            print(line, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first shard, to share the work")
    parser.add_argument("--test", type=int, default=4_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shard", type=int, default=SHARD)
    options = parser.parse_args()
    generate(
        options.out,
        count=options.count,
        test=options.test,
        shard=options.shard,
        workers=options.workers,
        first=options.first,
    )


if __name__ == "__main__":
    main()
