"""What a small run of the recipe has to show: each check names what is wrong, and there is none that cannot fail.

`first_pictures.json` beside this file says what the seeds draw first. After a wished change of bodies, postures or
pictures, write it anew:

    python models/recipe/spine/trial.py DATA
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch.nn import functional

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from body.bank import make_bank  # noqa: E402
from body.pose import Rig  # noqa: E402

from hingecue.pose.manifest import MODELS_VARIABLE  # noqa: E402
from hingecue.pose.outline import HIP_X, HIP_Y, SIZE, TORSO_PX  # noqa: E402
from hingecue.pose.silhouette import SilhouetteSpine  # noqa: E402
from spine.dataset import load, load_sketches  # noqa: E402
from spine.generate import AGES, BANK_SEED, Eye, generate, rough_square  # noqa: E402
from spine.net import SpineNet  # noqa: E402
from spine.pictures import Studio, Truth  # noqa: E402
from spine.train import drawing_loss, sights, tensors  # noqa: E402
from spine.varied import moved  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIZES = {"count": 600, "test": 100, "shard": 50, "bodies": 16, "kept": 4}
"""Of the small run: pictures, pictures of the kept bodies, pictures in a shard, bodies, and those kept for the test."""
SKETCHES = {"count": 600, "size": 300}
EPOCHS, STOP_AFTER = 8, 3
LOSS_FALL_MIN = 0.4
"""The loss of the last round has to be so much under that of the first."""
APART_MAX_DEG = 0.2
"""Mean difference of the int8 network from the float one: 0.07° was seen."""
FIRST = Path(__file__).with_name("first_pictures.json")
PICTURES, CELLS = 4, 8
LABEL_APART_MAX, GREY_APART_MAX = 0.01, 3.0
"""Degrees; levels of 255 in a cell's mean, of which processors and OpenCV's releases take up less than one."""
SIGHTS = 6
DRAWN_PICTURES, DRAWN_STEPS, DRAWN_SHARE_MAX = 16, 60, 0.5
"""The joints of so many pictures have to be drawn so much nearer after so many steps."""
MOVED_APART_MAX_PX = 0.1
SKETCHED_APART_MAX = 0.25
"""How far sketches and pictures may lie apart, in SDs of the pictures: in how much the mask covers, in the light of what it
covers, and in how far off hips and shoulders are. 0.1 was seen."""


def wrong(sentence: str) -> SystemExit:
    """Give the end of the run, with its reason."""
    return SystemExit(f"make_spine: {sentence}")


def draw(data: Path, count: int) -> Iterator[tuple[np.ndarray, Truth]]:
    """Draw the first pictures of the seed: uint8 RGB and truth."""
    rig = Rig.of(make_bank(data, SIZES["bodies"], BANK_SEED, AGES))
    studio = Studio(rig, range(SIZES["bodies"] - SIZES["kept"]), np.random.default_rng([BANK_SEED, 0]))
    return (studio.picture() for _ in range(count))


def first_pictures(data: Path) -> list[dict[str, object]]:
    """Describe the first pictures: their labels, and their light in CELLS × CELLS cells, 0 to 255."""
    return [
        {
            "degrees": [round(v, 3) for v in (truth.lumbar_deg, truth.thoracic_deg, truth.view_deg, truth.trunk_deg)],
            "arms": truth.arms,
            "held": truth.held,
            "light": cv2.resize(rgb, (CELLS, CELLS), interpolation=cv2.INTER_AREA).mean(2).round(1).tolist(),
        }
        for rgb, truth in draw(data, PICTURES)
    ]


def check_first_pictures(data: Path) -> None:
    """Compare what the seed draws with what it drew when it was committed."""
    for i, (now, then) in enumerate(zip(first_pictures(data), json.loads(FIRST.read_text("utf-8")), strict=True)):
        degrees = np.abs(np.subtract(now["degrees"], then["degrees"])).max()
        light = np.abs(np.subtract(now["light"], then["light"])).max()
        named = (now["arms"], now["held"]) == (then["arms"], then["held"])
        if degrees > LABEL_APART_MAX or not named:
            raise wrong(f"picture {i} has other labels than {FIRST.name} says: {now} for {then}")
        if light > GREY_APART_MAX:
            raise wrong(f"picture {i} differs by {light:.0f} grey levels from {FIRST.name}")
    print(f"first pictures: as {FIRST.name} says")


def check_taken_up_again(data: Path, workers: int) -> None:
    """Lose one shard half-written, as a kill does, and see that it comes again the same, and no other is touched."""
    paths = sorted(data.glob("shard-*.npz"))
    lost = paths[1]
    with np.load(lost) as shard:
        before = {name: shard[name] for name in shard.files}
    stamps = {path: path.stat().st_mtime_ns for path in paths if path != lost}
    lost.rename(lost.with_suffix(".part.npz"))
    lost.with_suffix(".part.npz").write_bytes(b"half a file")
    generate(data, workers=workers, **SIZES)
    with np.load(lost) as shard:
        other = [name for name in before if not np.array_equal(before[name], shard[name])]
    if other:
        raise wrong(
            f"{lost.name} was made again with other {', '.join(other)}; a shard has to depend on its number alone"
        )
    if any(path.stat().st_mtime_ns != stamp for path, stamp in stamps.items()):
        raise wrong("finished shards were made again")
    print(f"{lost.name}: made again, the same to the bit")


def check_sketches(data: Path) -> None:
    """See that sketches are like what the pose models make of pictures."""
    off = {}
    for name, seen in (("pictures", load(data, test=False)), ("sketches", load_sketches(data))):
        on = seen["on_person"]
        mask, grey = seen["mask"][on] / 255, seen["grey"][on]
        light = (mask * grey).sum((1, 2)) / (mask.sum((1, 2)) + 1)
        off[name] = np.stack([mask.mean((1, 2)), light, seen["hip_off"][on], seen["shoulder_off"][on]])
    spread = off["pictures"].std(1)
    apart = np.abs(off["sketches"].mean(1) - off["pictures"].mean(1)) / spread
    if apart.max() > SKETCHED_APART_MAX:
        raise wrong(
            f"sketches are unlike pictures: mask, light, hips, shoulders {np.round(apart, 2)} SDs apart, "
            f"{SKETCHED_APART_MAX} are allowed"
        )
    print(f"sketches and pictures: mask, light, hips, shoulders {np.round(apart, 2)} SDs apart")


def check_learned(losses: Sequence[float]) -> None:
    """See that all rounds were run, across the stop, and that the loss fell."""
    if len(losses) != EPOCHS:
        raise wrong(f"{len(losses)} rounds of training, {EPOCHS} were asked for: the stop after {STOP_AFTER} lost some")
    if not losses[-1] < (1 - LOSS_FALL_MIN) * losses[0]:
        raise wrong(f"nothing is learned: the loss goes from {losses[0]:.3f} to {losses[-1]:.3f}")


def check_drawn(data: Path) -> None:
    """See that the drawing of the spine can be learned: on a few pictures, over and over."""
    torch.manual_seed(0)
    net = SpineNet()
    test = tensors(load(data, test=True))
    some = torch.nonzero(test["on"])[:DRAWN_PICTURES, 0]
    sight, body, spine, on = (v[some] for v in (sights(test), test["body"], test["spine"], test["on"]))
    optimiser = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), 3e-3)
    off = []
    for _ in range(DRAWN_STEPS):
        seen, maps, near = net.see(sight)
        _, joints = net.read(seen, maps, near, body)
        off.append(TORSO_PX * torch.linalg.vector_norm(joints.detach() - spine, dim=2).median().item())
        optimiser.zero_grad()
        drawing_loss(maps, joints, spine, on).backward()
        optimiser.step()
    if not off[-1] < DRAWN_SHARE_MAX * off[0]:
        raise wrong(
            f"the spine is drawn {off[0]:.1f} px off, and {off[-1]:.1f} px after {DRAWN_STEPS} steps on the same pictures"
        )
    print(f"spine drawn {off[0]:.1f} px off, {off[-1]:.1f} px after {DRAWN_STEPS} steps on the same pictures")


def check_moved() -> None:
    """See that a joint goes where the picture under it goes, with a dot in the picture."""
    theta = torch.tensor([[[0.95, -0.10, 0.05], [0.10, 0.95, -0.03]]])
    x, y = HIP_X + 10, HIP_Y - 30
    dot = torch.zeros(1, 1, SIZE, SIZE)
    dot[..., int(y), int(x)] = 1
    grid = functional.affine_grid(theta, list(dot.shape), align_corners=False)
    spread = functional.grid_sample(functional.avg_pool2d(dot, 3, 1, 1), grid, align_corners=False)[0, 0]
    middle = torch.arange(SIZE) + 0.5
    seen = torch.stack([(spread.sum(0) * middle).sum(), (spread.sum(1) * middle).sum()]) / spread.sum()
    place = torch.tensor([[[x + 0.5 - HIP_X, HIP_Y - y - 0.5]]]) / TORSO_PX
    told = moved(place, theta)[0, 0] * torch.tensor([TORSO_PX, -TORSO_PX]) + torch.tensor([HIP_X, HIP_Y])
    apart = float((seen - told).abs().max())
    if apart > MOVED_APART_MAX_PX:
        raise wrong(f"a joint is moved {apart:.2f} px beside the picture under it")
    print(f"a joint goes with its picture: {apart:.2f} px apart")


def check_int8(apart_deg: float) -> None:
    """See that quantisation keeps the answer."""
    if apart_deg > APART_MAX_DEG:
        raise wrong(f"int8 and float are {apart_deg:.2f}° apart on average, {APART_MAX_DEG}° are allowed")


@contextmanager
def models_from(folder: Path) -> Iterator[None]:
    """Let the product take its models from another folder."""
    before = os.environ.get(MODELS_VARIABLE)
    os.environ[MODELS_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(MODELS_VARIABLE)
        if before is not None:
            os.environ[MODELS_VARIABLE] = before


def check_in_product(data: Path) -> None:
    """Let the product read pictures with the new file: flexion, SD and view on most of them, and not all the same."""
    eye = Eye("lite")
    with models_from(data / "models"):
        reader = SilhouetteSpine()
    rng = np.random.default_rng(0)
    poses = (eye.look(rgb, truth.facing_right, rough_square(truth, rng)) for rgb, truth in draw(data, SIGHTS))
    readings = [reader.read(pose) for pose in poses if pose is not None]
    answers = [(r.flexion_deg, r.sd_deg) for r in readings if r.flexion_deg is not None and r.sd_deg is not None]
    if len(answers) <= SIGHTS // 2:
        raise wrong(f"the product answers {len(answers)} of {SIGHTS} pictures with the new network")
    if not all(-60 < flexion < 140 and 0 < sd < 90 for flexion, sd in answers):
        raise wrong(f"the new network says what no spine does (flexion, SD): {answers}")
    if not all(r.view_deg is not None and math.isfinite(r.view_deg) for r in readings):
        raise wrong("the new network tells no view")
    if len(set(answers)) < len(answers):
        raise wrong("the new network says the same of different pictures")
    print(f"in the product: {len(answers)} of {SIGHTS} pictures answered")


def check_pictures_count(data: Path) -> None:
    """See that the pose pipeline finds nearly everybody, and mostly in the right place."""
    seen = load(data, test=False)
    share = len(seen["on_person"]) / SIZES["count"]
    on = float(seen["on_person"].mean())
    if share < 0.8 or on < 0.85:
        raise wrong(f"the pose models find {share:.0%} of the people, and {on:.0%} of these in their place")
    print(f"found {share:.0%}, on the person {on:.0%}")


def main() -> None:
    """Write `first_pictures.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    lines = ",\n".join(json.dumps(picture) for picture in first_pictures(parser.parse_args().data))
    FIRST.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    main()
