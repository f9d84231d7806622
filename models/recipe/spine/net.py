"""The silhouette network: an aligned mask and aligned landmarks in; flexion, view, belly side, and their doubt out.

Two inputs: `sight` (N, 2, 96, 96), the mask 0…1 and the body's own light and shade (`shade`), back to the left if the
belly side was told rightly; `body` (N, BODY), see `body_inputs`. One output (N, len(HEADS)).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

HEADS = (
    "flexion",
    "flexion_logvar",
    "view",
    "view_logvar",
    "far_off",
    "belly_wrong",
    "on_person",
    "good",
    "lumbar",
)
FLEXION_SCALE, VIEW_SCALE = 30.0, 30.0
"""Degrees to one unit of the output."""
LANDMARKS = (0, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)
BODY = 4 * len(LANDMARKS) + 3


def body_inputs(landmarks: np.ndarray, lean_deg: np.ndarray, presence: np.ndarray) -> np.ndarray:
    """Give the vector beside the mask: float32 (N, BODY).

    `landmarks` (N, 33, 4): ventral, up, depth in torso lengths, visibility. Places are clipped to ±3 torso lengths and depth
    is taken at a third, where the model's drawn-out depth is about life-size.
    """
    points = landmarks[:, LANDMARKS].astype(np.float32)
    points[..., 0:2] = np.clip(points[..., 0:2], -3, 3)
    points[..., 2] = np.clip(points[..., 2] / 3, -3, 3)
    lean = np.radians(np.asarray(lean_deg, np.float32))[:, None]
    return np.concatenate(
        [
            points.reshape(len(points), -1),
            np.sin(lean),
            np.cos(lean),
            np.asarray(presence, np.float32)[:, None],
        ],
        axis=1,
    )


SHADE_SCALE, SHADE_FLOOR, SHADE_MAX = 0.4, 8.0, 2.5
"""To one unit of input; grey levels added to the SD, so that noise on an even shirt stays noise; cut in SDs."""


def shade(grey: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Give the picture within the mask, its mean and contrast taken out: (N, 1, 96, 96), −1…1, 0 outside.

    `grey`: 0…255, `mask`: 0…1, both (N, 1, 96, 96). `hingecue.pose.silhouette.shade` does the same in the product.
    """
    weight = mask.sum((2, 3), keepdim=True) + 1e-3
    mean = (mask * grey).sum((2, 3), keepdim=True) / weight
    spread = ((mask * (grey - mean) ** 2).sum((2, 3), keepdim=True) / weight).sqrt()
    return ((grey - mean) / (spread + SHADE_FLOOR)).clamp(-SHADE_MAX, SHADE_MAX) * mask * SHADE_SCALE


def block(i: int, o: int, stride: int) -> nn.Sequential:
    """Make a 3 × 3 convolution with its batch norm and ReLU."""
    return nn.Sequential(nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class SpineNet(nn.Module):
    """About 240,000 weights, 17 million multiplications."""

    def __init__(self) -> None:
        super().__init__()
        self.eye = nn.Sequential(
            block(2, 16, 2), block(16, 32, 2), block(32, 32, 1), block(32, 48, 2), block(48, 48, 1), block(48, 64, 2),
            block(64, 64, 1), nn.Conv2d(64, 24, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
        )  # fmt: skip
        self.look = nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(24 * 36, 96), nn.ReLU())
        self.feel = nn.Sequential(nn.Linear(BODY, 96), nn.ReLU(), nn.Dropout(0.1), nn.Linear(96, 48), nn.ReLU())
        self.tell = nn.Sequential(nn.Linear(96 + 48, 96), nn.ReLU(), nn.Linear(96, len(HEADS)))

    def forward(self, sight: torch.Tensor, body: torch.Tensor) -> torch.Tensor:
        """Give the heads."""
        return self.tell(torch.cat([self.look(self.eye(sight)), self.feel(body)], 1))


def head(output: torch.Tensor, name: str) -> torch.Tensor:
    """Take one head out of the output."""
    return output[:, HEADS.index(name)]
