"""Measure the product on photos: the test's pictures again, each found, looked at and judged as `hingecue analyze` does.

    python models/recipe/spine/stills.py DATA [--shards 4] [--model full]

The people stand within 30° of the side view, their trunk over 20°. Other than in `evaluate.py` nobody helps the product to
find them. The bodies are the test bodies of the bank in DATA; a shard takes some three minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from hingecue.app.photo import judge_photo  # noqa: E402
from hingecue.pose.spine import open_spine  # noqa: E402
from hingecue.pose.tracker import PoseTracker  # noqa: E402
from hingecue.posture.kind import Bands  # noqa: E402
from hingecue.types import Back, Facing, Frame  # noqa: E402
from spine.generate import BODIES, SHARD, TEST_BODIES, TEST_FROM, drawn  # noqa: E402

if TYPE_CHECKING:
    from hingecue.app.photo import PhotoResult
    from spine.pictures import Truth

VIEW_MAX_DEG, TRUNK_MIN_DEG = 30.0, 20.0


def line(name: str, told: list[tuple[Truth, PhotoResult]], shown: int) -> None:
    """Print one line: how many were read, how far off, and how many of the answers are on the wrong side of both bands."""
    read = [(t, r) for t, r in told if r.spine_flexion_deg is not None and r.spine_sd_deg is not None]
    error = np.array([r.spine_flexion_deg - t.total_deg for t, r in read])
    sd = np.array([r.spine_sd_deg for _, r in read])
    off = np.abs(error)
    sure = off[np.argsort(sd)[: int(0.85 * len(sd))]].mean()
    bands = Bands()
    flat_max, round_min = (share * bands.flexion_max_deg for share in (bands.neutral_max, bands.flexion_min))
    answered = [(t.total_deg, r.back) for t, r in told if r.back is not Back.UNSURE]
    wrong = sum((b is Back.FLAT and t > round_min) or (b is Back.ROUNDED and t < flat_max) for t, b in answered)
    print(
        f"{name}: {len(read)} of {shown} read, MAE {off.mean():.2f}°, at 85 % {sure:.2f}°, bias {error.mean():+.2f}°,"
        f" 80 % holds {np.mean(off < 1.2816 * sd):.1%}; {len(answered)} answered, {wrong} of them wrong",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--model", choices=["lite", "full"], default="full")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    tracker, spine = PoseTracker(options.model, 2), open_spine()
    told: list[tuple[Truth, PhotoResult]] = []
    for number in range(TEST_FROM, TEST_FROM + options.shards):
        for rgb, truth, _, _ in drawn(options.data, number, SHARD, BODIES, TEST_BODIES):
            if truth.view_deg <= VIEW_MAX_DEG and truth.trunk_deg > TRUNK_MIN_DEG:
                told.append((truth, judge_photo(Frame(0, 0, rgb), tracker, spine, name="photo")))
    people = [(t, r) for t, r in told if r.person]
    line("all", people, len(told))
    hanging = [(t, r) for t, r in people if t.arms == "hang"]
    line("hanging arms", hanging, sum(t.arms == "hang" for t, _ in told))
    faced = [(t, r) for t, r in people if (r.facing is Facing.RIGHT) == t.facing_right]
    line("told to face as they do", faced, len(told))


if __name__ == "__main__":
    main()
