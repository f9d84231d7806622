"""Measure the spine readers on rendered bodies that no training picture shows, side by side, and print the table.

    python models/recipe/spine/evaluate.py DATA

All pictures went end to end through the product's int8 pose pipeline. "Side": within 30° of the side view, trunk over 20°.
The first two test shards set the SD's scale (`export.py`); the figures here are from the others, those of the view from all.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from hingecue.pose.contour import LOG_SD_RANGE, expand, load_weights  # noqa: E402
from hingecue.pose.opinions import joint_sd, weighed  # noqa: E402
from hingecue.pose.outline import HIP_X, HIP_Y, TORSO_PX, Aligned  # noqa: E402
from hingecue.pose.runtime import Network  # noqa: E402
from hingecue.pose.silhouette import FLEXION_SCALE, HEADS, VIEW_SCALE, body_vector, shade  # noqa: E402
from spine.dataset import load  # noqa: E402
from spine.fit_contour import inputs  # noqa: E402
from spine.net import BODY, body_inputs  # noqa: E402

SKIP_SHARDS = 2
OTHERS_SHARDS = 25
"""So many thousand pictures teach the simple readers all they can learn."""
LANDMARK_INPUTS = slice(36, None)


def network(data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run the product's int8 network: its heads by name, its SD, and the joints (N, JOINTS, 2), torso lengths."""
    net = Network("spine", num_threads=2)
    rows, joints = [], []
    columns = (data[name] for name in ("mask", "grey", "landmarks", "lean", "presence"))
    for mask, grey, landmarks, lean, presence in zip(*columns, strict=True):
        aligned = Aligned(mask.astype(np.float32) / 255, landmarks.astype(np.float32), float(lean), 1.0, grey)
        net.inputs["sight"][0, 0] = aligned.mask
        shade(aligned, net.inputs["sight"][0, 1])
        body_vector(aligned, float(presence), net.inputs["body"][0], mirrored=False)
        rows.append(net.run()["heads"][0].copy())
        joints.append(net.outputs["joints"][0].copy())
    found = dict(zip(HEADS, np.array(rows).T, strict=True))
    found["joints"] = np.array(joints)
    scale = float(net.spec.extra["sd_scale"])
    found["sd"] = np.exp(np.clip(found["flexion_logvar"], -6, 3) / 2) * FLEXION_SCALE * scale
    return found


def ridge(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Fit a ridge regression on standardised inputs and their squares, and give it at other inputs."""
    mean, scale = x.mean(0), x.std(0) + 1e-3

    def standard(values: np.ndarray) -> np.ndarray:
        return expand(np.clip((values - mean) / scale, -4, 4).astype(np.float32))

    z = standard(x)
    weights = np.linalg.solve(z.T @ z + 30 * np.eye(z.shape[1]), z.T @ (y - y.mean()))
    return standard(at) @ weights + y.mean()


def landmark_network(
    train: dict[str, np.ndarray], keep: np.ndarray, test: dict[str, np.ndarray], side: np.ndarray
) -> np.ndarray:
    """Train a network on the landmarks alone and give its flexion for the test pictures, degrees."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(BODY, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, 96), nn.ReLU(), nn.Linear(96, 1)
    )  # fmt: skip

    def inputs_of(data: dict[str, np.ndarray], rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(body_inputs(data["points"][rows], data["lean"][rows], data["presence"][rows]))

    x, y = inputs_of(train, keep), torch.from_numpy((train["total_deg"][keep] / FLEXION_SCALE).astype(np.float32))
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    for _ in range(25):
        for rows in torch.randperm(len(x)).split(256):
            noisy = x[rows] + 0.02 * torch.randn_like(x[rows])
            loss = nn.functional.huber_loss(net(noisy)[:, 0], y[rows], delta=0.3)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    net.eval()
    with torch.no_grad():
        return net(inputs_of(test, side))[:, 0].numpy() * FLEXION_SCALE


def line(name: str, error: np.ndarray, sd: np.ndarray | None = None) -> None:
    """Print one line of the table."""
    absolute = np.abs(error)
    sure = f"{absolute[np.argsort(sd)[: int(0.85 * len(sd))]].mean():5.2f}" if sd is not None else "    –"
    held = f"{np.mean(absolute < 1.2816 * sd):5.1%}" if sd is not None else "    –"
    print(f"| {name:<44} | {absolute.mean():5.2f} | {sure} | {held} | {error.mean():+5.2f} | {len(error)} |")


BINS = {
    "true flexion": ("total_deg", (-40, 0, 20, 40, 60, 120)),
    "trunk": ("trunk_deg", (20, 45, 70, 95, 160)),
    "view": ("view_deg", (0, 10, 20, 30)),
}


def evaluate(data: Path) -> None:
    """Print the table."""
    everything = load(data, test=True)
    first = len(load(data, test=True, limit=SKIP_SHARDS)["total_deg"])
    whole = network(everything)
    test, found = ({name: values[first:] for name, values in of.items()} for of in (everything, whole))
    side = (test["view_deg"] <= 30) & (test["trunk_deg"] > 20)
    flexion, truth = found["flexion"] * FLEXION_SCALE, test["total_deg"]

    def row(name: str, chosen: np.ndarray) -> None:
        line(name, (flexion - truth)[chosen], found["sd"][chosen])

    print("| flexion, side, single frame | MAE | at 85 % | 80 % holds | bias | n |\n|---|---|---|---|---|---|")
    row("silhouette network, int8", side)
    on = side & test["on_person"]
    row("… landmarks on the person", on)
    row("… landmarks good (within 0.2 torso lengths)", side & test["good"])
    for arms in np.unique(test["arms"]):
        row(f"… arms: {arms}", side & (test["arms"] == arms))
    for name, (column, edges) in BINS.items():
        for low, high in itertools.pairwise(edges):
            row(f"… {name} {low}° to {high}°", on & (test[column] >= low) & (test[column] < high))
    others(data, test, side, truth, found)
    views(whole, everything)
    drawn(found, test, on)


def others(
    folder: Path, test: dict[str, np.ndarray], side: np.ndarray, truth: np.ndarray, found: dict[str, np.ndarray]
) -> None:
    """Print the closed forms beside the network, and the product's mean of the two."""
    train = load(folder, test=False, limit=OTHERS_SHARDS)
    keep = (train["view_deg"] <= 35) & train["on_person"]
    x, y = inputs({k: v[keep] for k, v in train.items()}), train["total_deg"][keep]
    xt = inputs({k: v[side] for k, v in test.items()})
    w = load_weights()
    z = expand(np.clip((xt - w.mean) / w.scale, -4, 4))
    sd = np.exp(np.clip(z @ w.log_sd_weights + w.log_sd_bias, *LOG_SD_RANGE))
    contour = z @ w.weights + w.bias
    line("closed-form contour", contour - truth[side], sd)
    flexion = found["flexion"][side] * FLEXION_SCALE
    mean = weighed(contour, flexion)
    mean_sd = joint_sd(sd, found["sd"][side], contour - flexion)
    line("the product: network and contour together", mean - truth[side], mean_sd)
    together = np.corrcoef((contour - truth[side]) / sd, (flexion - truth[side]) / found["sd"][side])[0, 1]
    line("landmarks only, a network", landmark_network(train, keep, test, side) - truth[side])
    line("landmarks only, a formula", ridge(x[:, LANDMARK_INPUTS], y, xt[:, LANDMARK_INPUTS]) - truth[side])

    def shortening(data: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
        p = data["landmarks"][rows].astype(np.float32)[..., :2]
        hip, knee, ankle = p[:, 23:25].mean(1), p[:, 25:27].mean(1), p[:, 27:29].mean(1)
        leg = np.linalg.norm(knee - hip, axis=1) + np.linalg.norm(ankle - knee, axis=1)
        return (1 / np.clip(leg, 0.3, 5))[:, None]

    line("chord shortening (torso ÷ leg)", ridge(shortening(train, keep), y, shortening(test, side)) - truth[side])
    print(f"\nnetwork and contour: their errors, each in its own SD, go together with {together:.2f}")


def views(found: dict[str, np.ndarray], test: dict[str, np.ndarray]) -> None:
    """Print how well the view is told."""
    view, truth = np.clip(found["view"] * VIEW_SCALE, 0, 90), test["view_deg"]
    print(f"\nview, {len(truth)} pictures: MAE {np.abs(view - truth).mean():.2f}°")
    for name, chosen in (("all", np.full(len(truth), True)), ("with people behind", test["crowd"].astype(bool))):
        near, far = chosen & (truth <= 30), chosen & (truth > 45)
        gate = float(np.quantile(view[near], 0.95))
        print(
            f"{name}: gate {gate:.0f}° refuses 5 % of the good, tells {np.mean(view[far] > gate):.1%} of those over 45°"
        )


def drawn(found: dict[str, np.ndarray], test: dict[str, np.ndarray], chosen: np.ndarray) -> None:
    """Print how far the drawn joints of the spine are from the true ones, and how far when the line is shifted to fit."""
    off = found["joints"][chosen] * (TORSO_PX, -TORSO_PX) + (HIP_X, HIP_Y) - test["spine"][chosen]
    apart = np.linalg.norm(off, axis=2)
    bent = np.linalg.norm(off - off.mean(axis=1, keepdims=True), axis=2)
    print(
        f"spine drawn, px of the torso's {TORSO_PX:.0f}: off by {apart.mean():.1f} on average, {np.median(apart):.1f} in the median;"
        f" {bent.mean():.1f} and {np.median(bent):.1f} but for one shift of the whole line"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    evaluate(parser.parse_args().data)


if __name__ == "__main__":
    main()
