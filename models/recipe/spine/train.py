"""Train the silhouette network on the sketches of `sketches.py` and the shards of `generate.py` together.

    python models/recipe/spine/train.py DATA --out CHECKPOINT.pt [--epochs 5] [--limit FILES] [--start CHECKPOINT.pt]

The state is saved after every epoch and taken up again, so training can stop and go on. `--start` begins from a trained
network instead of from chance, for other pictures of the same kind.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom
from torch.optim.swa_utils import AveragedModel

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from hingecue.pose.outline import HIP_X, HIP_Y, TORSO_PX  # noqa: E402
from spine.dataset import load, load_sketches  # noqa: E402
from spine.net import (  # noqa: E402
    FLEXION_SCALE,
    VIEW_SCALE,
    SpineNet,
    body_inputs,
    cell_places,
    head,
    shade,
)
from spine.varied import varied  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BATCH, RATE, DECAY, EPOCHS = 256, 3e-3, 2e-3, 5
START_RATE = 1.5e-3
"""Step of a network that begins from a trained one."""
SHARD_TIMES = 3
"""A picture that went through the pose models is shown so many times where a sketch is shown once."""
AVERAGED, AT_FIRST = 0.998, 10.0
"""The trained network is the running mean of its weights (Polyak): each step keeps so much of it, the first steps less, for
the mean of the beginning is worth little."""
SIDE_DEG, OBLIQUE_WEIGHT = 40.0, 0.3
"""Flexion of pictures further off the side view, where the product does not answer, counts less."""
MAP_SD = 5 / TORSO_PX
"""How wide a joint's place is spread over the cells that have to name it, torso lengths: about one cell."""
MAP_WEIGHT, PLACE_WEIGHT = 0.15, 3.0
"""Of the maps' and of the places' error in the loss."""
MAP_REACH = ((-0.9, 1.05), (-0.45, 1.45))
"""Torso lengths towards the belly, up: joints outside are off the maps and teach nothing."""
HALF = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001 - torch 2.13 has no public question for it
"""Whether the convolutions learn in bfloat16: twice as fast where the processor multiplies it, slower elsewhere."""
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
        "body": torch.from_numpy(body_inputs(data["points"], data["lean"], data["presence"])),
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


def shuffled(sources: Sequence[dict[str, torch.Tensor]], times: Sequence[int]) -> Iterator[dict[str, torch.Tensor]]:
    """Give batches that mix the samples of all sources, each sample as often as `times` says of its source."""
    starts = np.cumsum([0, *(len(source["flexion"]) for source in sources)]).tolist()
    spans = [torch.arange(a, b).repeat(n) for a, b, n in zip(starts[:-1], starts[1:], times, strict=True)]
    order = torch.cat(spans)
    order = order[torch.randperm(len(order))]
    for rows in order[: len(order) // BATCH * BATCH].split(BATCH):
        own = [rows[(rows >= a) & (rows < b)] - a for a, b in itertools.pairwise(starts)]
        yield {
            name: torch.cat([source[name][mine] for source, mine in zip(sources, own, strict=True)])
            for name in sources[0]
        }


def run_epoch(net: SpineNet, batches: Iterator[dict[str, torch.Tensor]], learner: Learner) -> float:
    """Go once through the batches; give the mean loss."""
    net.train()
    total, steps = 0.0, 0
    for batch in batches:
        batch["sight"] = sights(batch)
        flipped = varied(batch)
        with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
            seen, maps, near = net.see(batch["sight"].contiguous(memory_format=torch.channels_last))
        maps = maps.float()
        out, joints = net.read(seen.float(), maps, near.float(), batch["body"])
        learner.step(loss_of(out, batch, flipped) + drawing_loss(maps, joints, batch["spine"], batch["on"]))
        total += float(learner.loss)
        steps += 1
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


def averaged(mean: torch.Tensor, weight: torch.Tensor, steps: torch.Tensor | int) -> torch.Tensor:
    """Give the running mean after one more step; what is never trained stays the same to the bit."""
    kept = min(AVERAGED, (1 + int(steps)) / (AT_FIRST + int(steps)))
    return mean + (1 - kept) * (weight - mean)


class Learner:
    """Optimiser, its plan, and the running mean of the network that comes of it."""

    def __init__(self, net: SpineNet, steps: int, rate: float) -> None:
        self._net = net
        self.optimiser = torch.optim.AdamW((p for p in net.parameters() if p.requires_grad), rate, weight_decay=DECAY)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rate, total_steps=steps, pct_start=0.2)
        self.mean = AveragedModel(net, avg_fn=averaged, use_buffers=True)
        self.loss = torch.zeros(())

    def step(self, loss: torch.Tensor) -> None:
        """Learn from the loss of one batch."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._net.parameters(), 2.0)
        self.optimiser.step()
        self.schedule.step()
        self.mean.update_parameters(self._net)
        self.loss = loss.detach()

    def parts(self) -> dict[str, Any]:
        """Name what a checkpoint holds of it, beside the learning network itself."""
        return {"optimiser": self.optimiser, "schedule": self.schedule, "mean": self.mean, "learning": self._net}


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

    `until`: stop after so many epochs of the same plan, as a kill would. `start`: another training's checkpoint.
    """
    torch.manual_seed(seed)
    sources = [tensors(load(data, test=False, limit=limit)), tensors(load_sketches(data, limit))]
    times = (SHARD_TIMES, 1)
    held = load(data, test=True)
    test = tensors(held)
    net = SpineNet().to(memory_format=torch.channels_last)
    if start is not None:
        net.load_state_dict(torch.load(start, weights_only=True)["net"])
    samples = sum(n * len(source["flexion"]) for n, source in zip(times, sources, strict=True))
    steps = epochs * (samples // BATCH) + 1
    learner = Learner(net, steps, RATE if start is None else START_RATE)
    begin, losses = 0, []
    if out.exists():
        state = torch.load(out, weights_only=True)
        if state["steps"] == steps:
            for name, part in learner.parts().items():
                part.load_state_dict(state[name])
            begin, losses = state["epoch"], state["losses"]
    weights = sum(p.numel() for p in net.parameters())
    print(f"{' + '.join(str(len(s['flexion'])) for s in sources)} pictures, {weights} weights", flush=True)
    for epoch in range(begin, min(epochs, until or epochs)):
        began = time.perf_counter()
        losses.append(run_epoch(net, shuffled(sources, times), learner))
        state = {name: part.state_dict() for name, part in learner.parts().items()}
        mean = learner.mean.module
        torch.save({**state, "net": mean.state_dict(), "epoch": epoch + 1, "steps": steps, "losses": losses}, out)
        report(epoch + 1, losses[-1], predict(mean, test), held, time.perf_counter() - began)
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
    parser.add_argument("--start", type=Path, metavar="CHECKPOINT.pt")
    options = parser.parse_args()
    if options.start is not None and not options.start.is_file():
        parser.error(f"--start {options.start}: no such file; name what an earlier training wrote with --out")
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
