"""Show the samples of a batch a little otherwise each time: shifted, covered, dark, the wrong way round, without landmarks."""

from __future__ import annotations

import torch
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hingecue.pose.outline import HIP_X, HIP_Y, SIZE, TORSO_PX

FLIP_SHARE, BLIND_SHARE, DARK_SHARE = 0.12, 0.08, 0.25
"""Shares of samples shown the wrong way round, without landmarks, and without light and shade: what the network learns
from rendered shade alone may be untrue of photographs, so it has to do without as well."""
COVERED_SHARE = 0.12
"""In this share of the samples the mask is wrong or in doubt in a rectangle: what is held, stands in front, or lies beneath."""


def varied(batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Vary a batch in place, `sight` and `body` and with them `spine`; give which samples are the wrong way round (N,)."""
    n = len(batch["sight"])
    flipped = torch.rand(n) < FLIP_SHARE
    flip(batch, flipped)
    blur_truth(batch)
    batch["body"][torch.rand(n) < BLIND_SHARE, :-3] = 0
    return flipped


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
    for i in torch.where(torch.rand(n) < COVERED_SHARE)[0].tolist():
        w, h = (int(v) for v in torch.randint(6, 26, (2,)))
        x, y = int(torch.randint(20, 96 - w, (1,))), int(torch.randint(0, 96 - h, (1,)))
        sight[i, 0, y : y + h, x : x + w] = float((1.5 * torch.rand(1) - 0.25).clamp(0, 1))
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
