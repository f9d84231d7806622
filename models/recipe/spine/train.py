"""Train the silhouette network on the shards of `generate.py`.

    python models/recipe/spine/train.py DATA --out CHECKPOINT.pt [--epochs 12] [--limit SHARDS] [--start FLOAT.tflite]

The state is saved after every epoch and taken up again, so training can stop and go on. `--start` begins from an
earlier network's float file instead of from chance, for another set of pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from hingecue.pose.outline import HIP_X, HIP_Y, SIZE, TORSO_PX  # noqa: E402
from spine.dataset import load  # noqa: E402
from spine.fill import take_over  # noqa: E402
from spine.net import (  # noqa: E402
    FLEXION_SCALE,
    VIEW_SCALE,
    SpineNet,
    body_inputs,
    cell_places,
    head,
    shade,
)

BATCH, RATE, DECAY, EPOCHS = 256, 3e-3, 2e-3, 12
FLIP_SHARE, BLIND_SHARE, DARK_SHARE = 0.12, 0.08, 0.25
"""Shares of samples shown the wrong way round, without landmarks, and without light and shade: what the network learns
from rendered shade alone may be untrue of photographs, so it has to do without as well."""
SIDE_DEG, OBLIQUE_WEIGHT = 40.0, 0.3
"""Flexion of pictures further off the side view, where the product does not answer, counts less."""
START_RATE, NEW_TIMES = 1e-3, 4.0
"""Step of a network that goes on from another one; its new layers learn so many times faster."""
MAP_SD = 5 / TORSO_PX
"""How wide a joint's place is spread over the cells that have to name it, torso lengths: about one cell."""
MAP_WEIGHT, PLACE_WEIGHT = 0.15, 3.0
"""Of the maps' and of the places' error in the loss."""
MAP_REACH = ((-0.9, 1.05), (-0.45, 1.45))
"""Torso lengths towards the belly, up: joints outside are off the maps and teach nothing."""
STATISTICS = 1024
"""Pictures whose mean and spread a network that was taken over begins with."""
HALF = torch.cpu._is_amx_tile_supported()  # noqa: SLF001 - torch 2.13 has no public question for it
"""Whether the convolutions learn in bfloat16: twice as fast where the processor multiplies tiles of it, slower elsewhere."""
BETA = 0.5
"""How far the likelihood's weighting by its own variance is taken back (Seitzer et al. 2022)."""


def tensors(data: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Bring the arrays into torch; masks stay bytes."""
    flexion = data["total_deg"] / FLEXION_SCALE
    spine = (data["spine"].astype(np.float32) - (HIP_X, HIP_Y)) / (TORSO_PX, -TORSO_PX)
    return {
        "spine": torch.from_numpy(spine.astype(np.float32)),
        "mask": torch.from_numpy(data["mask"])[:, None],
        "grey": torch.from_numpy(data["grey"])[:, None],
        "body": torch.from_numpy(body_inputs(data["landmarks"], data["lean"], data["presence"])),
        "flexion": torch.from_numpy(flexion.astype(np.float32)),
        "lumbar": torch.from_numpy((data["lumbar_deg"] / FLEXION_SCALE).astype(np.float32)),
        "view": torch.from_numpy((data["view_deg"] / VIEW_SCALE).astype(np.float32)),
        "on": torch.from_numpy(data["on_person"].astype(np.float32)),
        "good": torch.from_numpy(data["good"].astype(np.float32)),
    }


def sights(batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Give the network's first input (N, 2, 96, 96)."""
    mask = batch["mask"].float() / 255
    return torch.cat([mask, shade(batch["grey"].float(), mask)], 1)


def flip(batch: dict[str, torch.Tensor], which: torch.Tensor) -> None:
    """Show some samples as they look when back and belly were taken for each other."""
    sight, body = batch["sight"], batch["body"]
    source = (2 * int(HIP_X) - torch.arange(SIZE)).clamp(0, SIZE - 1)
    batch["sight"] = torch.where(which[:, None, None, None], sight[..., source], sight)
    sign = torch.ones_like(body)
    sign[which, 0:-3:4] = -1
    sign[which, -3] = -1
    batch["body"] = body * sign
    batch["spine"] = torch.where(which[:, None, None], batch["spine"] * torch.tensor([-1.0, 1.0]), batch["spine"])


def blur_truth(batch: dict[str, torch.Tensor]) -> None:
    """Shift, turn and scale what is seen a little, cover a part of it, change the light, and jitter the landmarks."""
    sight = batch["sight"]
    n = len(sight)
    angle, scale = torch.randn(n) * 0.03, 1 + torch.randn(n) * 0.03
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = torch.cos(angle) / scale, -torch.sin(angle) / scale
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(angle) / scale, torch.cos(angle) / scale
    theta[:, :, 2] = torch.randn(n, 2) * 0.015
    grid = F.affine_grid(theta, list(sight.shape), align_corners=False)
    sight = F.grid_sample(sight, grid, align_corners=False)
    batch["spine"] = moved(batch["spine"], theta)
    for i in torch.where(torch.rand(n) < 0.08)[0].tolist():
        w, h = (int(v) for v in torch.randint(6, 26, (2,)))
        x, y = int(torch.randint(20, 96 - w, (1,))), int(torch.randint(0, 96 - h, (1,)))
        sight[i, 0, y : y + h, x : x + w] = float(torch.rand(1) < 0.5)
        sight[i, 1, y : y + h, x : x + w] = 0
    mask, light = sight[:, :1], sight[:, 1:]
    ramp = F.interpolate(torch.randn(n, 1, 3, 3) * 0.15, size=sight.shape[2:], mode="bilinear", align_corners=True)
    light = (light * (0.7 + 0.6 * torch.rand(n, 1, 1, 1)) + (ramp + 0.03 * torch.randn_like(light)) * mask).clamp(-1, 1)
    light[torch.rand(n) < DARK_SHARE] = 0
    batch["sight"] = torch.cat([mask, light], 1)
    batch["body"] = batch["body"] + 0.02 * torch.randn_like(batch["body"])


def moved(spine: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    """Move points (N, J, 2) as `affine_grid` moves the picture: `theta` (N, 2, 3) leads from the new place to the old."""
    half = SIZE / 2
    flipped = torch.tensor([TORSO_PX, -TORSO_PX])
    middle = torch.tensor([HIP_X - half, HIP_Y - half])
    old = (spine * flipped + middle) / half - theta[:, None, :, 2]
    new = old @ torch.linalg.inv(theta[:, :, :2]).transpose(1, 2)
    return (new * half - middle) / flipped


def drawing_loss(maps: torch.Tensor, joints: torch.Tensor, spine: torch.Tensor, on: torch.Tensor) -> torch.Tensor:
    """Compare the maps (N, J, CELLS²) and the joints (N, J, 2) with the true ones, where these lie within the maps."""
    ventral, up = cell_places()[0, :, 0], cell_places()[:, 0, 1]
    near_x = -((spine[..., 0:1] - ventral) ** 2) / (2 * MAP_SD**2)
    near_y = -((spine[..., 1:2] - up) ** 2) / (2 * MAP_SD**2)
    wished = (near_y[..., :, None] + near_x[..., None, :]).flatten(2).softmax(2)
    divergence = -(wished * maps.log_softmax(2)).sum(2) - torch.special.entr(wished).sum(2)
    place = F.huber_loss(joints, spine, delta=0.1, reduction="none").mean(2)
    inside = on[:, None].bool()
    for axis, (low, high) in enumerate(MAP_REACH):
        inside = inside & (spine[..., axis] > low) & (spine[..., axis] < high)
    return ((MAP_WEIGHT * divergence + PLACE_WEIGHT * place) * inside).mean()


def likelihood(mean: torch.Tensor, log_variance: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Give the β-weighted Gaussian negative log-likelihood of each sample."""
    spread = log_variance.clamp(-6, 3)
    return 0.5 * (spread + (mean - truth) ** 2 * torch.exp(-spread)) * torch.exp(BETA * spread).detach()


def loss_of(out: torch.Tensor, batch: dict[str, torch.Tensor], flipped: torch.Tensor) -> torch.Tensor:
    """Add up the losses of all heads; flexion counts only where the pose is on the person."""
    on = batch["on"]
    bce = nn.functional.binary_cross_entropy_with_logits
    weight = torch.where(batch["view"] <= SIDE_DEG / VIEW_SCALE, 1.0, OBLIQUE_WEIGHT)
    near = F.huber_loss(head(out, "flexion"), batch["flexion"], delta=0.3, reduction="none") * on
    doubted = likelihood(head(out, "flexion"), head(out, "flexion_logvar"), batch["flexion"])
    flexion = ((doubted + 0.5 * near) * weight).mean()
    view = likelihood(head(out, "view"), head(out, "view_logvar"), batch["view"]).mean()
    view = view + F.huber_loss(head(out, "view"), batch["view"], delta=0.3)
    lumbar = (F.huber_loss(head(out, "lumbar"), batch["lumbar"], delta=0.5, reduction="none") * on).mean()
    doubt = bce(head(out, "far_off"), (batch["view"] > 45 / VIEW_SCALE).float())
    doubt = doubt + bce(head(out, "belly_wrong"), flipped.float(), weight=on)
    doubt = doubt + bce(head(out, "on_person"), on) + bce(head(out, "good"), batch["good"])
    return flexion + 0.3 * view + 0.3 * lumbar + 0.1 * doubt


def run_epoch(
    net: SpineNet, data: dict[str, torch.Tensor], optimiser: torch.optim.Optimizer, schedule: object
) -> float:
    """Go once through the data; give the mean loss."""
    net.train()
    order = torch.randperm(len(data["flexion"]))
    total, steps = 0.0, len(order) // BATCH
    for step in range(steps):
        rows = order[step * BATCH : (step + 1) * BATCH]
        batch = {name: values[rows] for name, values in data.items()}
        batch["sight"] = sights(batch)
        flipped = torch.rand(BATCH) < FLIP_SHARE
        flip(batch, flipped)
        blur_truth(batch)
        batch["body"][torch.rand(BATCH) < BLIND_SHARE, :-3] = 0
        with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
            seen, maps = net.see(batch["sight"].contiguous(memory_format=torch.channels_last))
        maps = maps.float()
        out, joints = net.read(seen.float(), maps, batch["body"])
        loss = loss_of(out, batch, flipped) + drawing_loss(maps, joints, batch["spine"], batch["on"])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        schedule.step()  # type: ignore[attr-defined]
        total += float(loss.detach())
    return total / max(1, steps)


@torch.no_grad()
def predict(net: SpineNet, data: dict[str, torch.Tensor]) -> np.ndarray:
    """Run the network over everything: float32 (N, heads)."""
    net.eval()
    parts = []
    for i in range(0, len(data["body"]), 512):
        batch = {name: data[name][i : i + 512] for name in ("mask", "grey", "body")}
        parts.append(net(sights(batch), batch["body"])[0])
    return torch.cat(parts).numpy()


def learner(
    net: SpineNet, known: list[str], steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.OneCycleLR]:
    """Give the optimiser and its plan; layers that were taken over (`known`) learn slower than new ones."""
    old, new = [], []
    for name, values in net.named_parameters():
        if values.requires_grad:
            (old if name.rpartition(".")[0] in known else new).append(values)
    groups = [({"params": old}, START_RATE), ({"params": new}, NEW_TIMES * START_RATE if known else RATE)]
    groups = [(group, rate) for group, rate in groups if group["params"]]
    optimiser = torch.optim.AdamW([group for group, _ in groups], weight_decay=DECAY)
    rates = [rate for _, rate in groups]
    return optimiser, torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps)


def train(
    data: Path,
    out: Path,
    *,
    epochs: int,
    limit: int | None = None,
    seed: int = 0,
    until: int | None = None,
    start: Path | None = None,
) -> list[float]:
    """Train, or take up again what was begun in `out`; give the loss of every epoch so far.

    `until`: stop after so many epochs of the same plan, as a kill would. `start`: an earlier network's float file.
    """
    torch.manual_seed(seed)
    seen = tensors(load(data, test=False, limit=limit))
    held = load(data, test=True)
    test = tensors(held)
    net = SpineNet()
    known: list[str] = []
    if start is not None:
        some = {name: test[name][:STATISTICS] for name in ("mask", "grey", "body")}
        known = take_over(net, start.read_bytes(), sights(some), some["body"])
    net = net.to(memory_format=torch.channels_last)
    steps = epochs * (len(seen["flexion"]) // BATCH) + 1
    optimiser, schedule = learner(net, known, steps)
    begin, losses = 0, []
    if out.exists():
        state = torch.load(out, weights_only=True)
        if state["steps"] == steps:
            net.load_state_dict(state["net"])
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            begin, losses = state["epoch"], state.get("losses", [])
    weights = sum(p.numel() for p in net.parameters())
    print(f"{len(seen['flexion'])} pictures, {weights} weights", flush=True)
    for epoch in range(begin, min(epochs, until or epochs)):
        began = time.perf_counter()
        loss = run_epoch(net, seen, optimiser, schedule)
        state = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
        losses.append(loss)
        torch.save({**state, "epoch": epoch + 1, "steps": steps, "losses": losses}, out)
        report(epoch + 1, loss, predict(net, test), held, time.perf_counter() - began)
    return losses


def report(epoch: int, loss: float, found: np.ndarray, held: dict[str, np.ndarray], taken_s: float) -> None:
    """Print one line: mean absolute errors in degrees on bodies that were not trained on."""
    side = (held["view_deg"] <= 30) & (held["trunk_deg"] > 20)
    error = np.abs(found[:, 0] * FLEXION_SCALE - held["total_deg"])
    view = np.abs(found[:, 2] * VIEW_SCALE - held["view_deg"])
    print(
        f"epoch {epoch}: loss {loss:.4f}, flexion {error[side].mean():.2f} (on person {error[side & held['on_person']].mean():.2f}, "
        f"landmarks good {error[side & held['good']].mean():.2f}), view {view.mean():.2f}, {taken_s:.0f} s",
        flush=True,
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, metavar="FLOAT.tflite")
    options = parser.parse_args()
    if options.start is not None and not options.start.is_file():
        parser.error(f"--start {options.start}: no such file; name a float network, as spine/spine.f32.tflite is")
    train(
        options.data,
        options.out,
        epochs=options.epochs,
        limit=options.limit,
        seed=options.seed,
        start=options.start,
    )


if __name__ == "__main__":
    main()
