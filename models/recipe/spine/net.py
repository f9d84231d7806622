"""The silhouette network: an aligned mask and aligned landmarks in; flexion, view, belly side, and their doubt out.

Two inputs: `sight` (N, 2, 96, 96), the mask 0…1 and the body's own light and shade (`shade`), back to the left if the
belly side was told rightly; `body` (N, BODY), see `body_inputs`. Two outputs: (N, len(HEADS)), and the joints of the spine
(N, JOINTS, 2), torso lengths from the mid hip: towards the belly, up.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hingecue.pose.outline import HIP_X, HIP_Y, SIZE, TORSO_PX

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
JOINTS = 9
"""Of the spine, as `pictures.SPINE` names them."""
CELLS, DRAWN, NEAR, SEEN = 24, 32, 16, 16
"""Cells a side of the maps, and channels: on the way to them, of what is seen at a joint, of what is seen all over."""


def body_inputs(points: np.ndarray, lean_deg: np.ndarray, presence: np.ndarray) -> np.ndarray:
    """Give the vector beside the mask: float32 (N, BODY).

    `points` (N, 19, 4), those of LANDMARKS: ventral, up, depth in torso lengths, visibility. Places are clipped to ±3 torso
    lengths and depth is taken at a third, where the model's drawn-out depth is about life-size.
    """
    points = points.astype(np.float32)
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


class Again(nn.Module):
    """Two convolutions whose result is added to what they were given (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Give features of the same shape."""
        return functional.relu(features + self.body(features))


def doubled(features: torch.Tensor) -> torch.Tensor:
    """Give the features on twice as many cells a side."""
    return functional.interpolate(features, scale_factor=2, mode="nearest")


def cell_places() -> torch.Tensor:
    """Give the middle of each cell of the maps: (CELLS, CELLS, 2), torso lengths towards the belly and up."""
    px = (torch.arange(CELLS) + 0.5) * (SIZE / CELLS)
    up, ventral = torch.meshgrid((HIP_Y - px) / TORSO_PX, (px - HIP_X) / TORSO_PX, indexing="ij")
    return torch.stack([ventral, up], 2)


class Drawing(nn.Module):
    """Draws the spine: a map of where each of its joints may be, the middle of each map, and what is to be seen there.

    The maps have 24 × 24 cells of the aligned frame's 96 × 96 px. Places are in torso lengths from the mid hip: towards the
    belly, up. A middle found so is finer than a cell and can be learned from (Sun et al. 2018, integral regression).
    """

    def __init__(self) -> None:
        super().__init__()
        self.coarse, self.middle, self.fine = (nn.Conv2d(i, DRAWN, 1) for i in (64, 48, 32))
        self.mend, self.polish = block(DRAWN, DRAWN, 1), block(DRAWN, DRAWN, 1)
        self.maps = nn.Conv2d(DRAWN, JOINTS, 1)
        self.near = nn.Conv2d(DRAWN, NEAR, 1)
        self.places = nn.Linear(CELLS * CELLS, 2, bias=False)
        self.places.weight.data = cell_places().reshape(-1, 2).T.contiguous()
        self.places.requires_grad_(requires_grad=False)

    def forward(
        self, fine: torch.Tensor, middle: torch.Tensor, coarse: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the maps before the softmax (N, JOINTS, CELLS²), and the features that are looked at there (N, NEAR, CELLS²)."""
        half = self.mend(functional.relu(doubled(self.coarse(coarse)) + self.middle(middle)))
        whole = self.polish(functional.relu(doubled(half) + self.fine(fine)))
        return self.maps(whole).flatten(2), self.near(whole).flatten(2)

    def joints(self, maps: torch.Tensor, near: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the middles of the maps (N, JOINTS, 2), and the features round each joint (N, JOINTS, NEAR)."""
        shares = maps.softmax(2)
        return self.places(shares), shares @ near.transpose(1, 2)


class Eye(nn.Sequential):
    """The convolutions: from 96 to 6 cells a side."""

    FINE, MIDDLE, COARSE = 2, 4, 6
    """The last blocks with 24, 12 and 6 cells a side."""

    def __init__(self) -> None:
        super().__init__(
            block(2, 16, 2), block(16, 32, 2), Again(32), block(32, 48, 2), Again(48), block(48, 64, 2), block(64, 64, 1),
            nn.Conv2d(64, SEEN, 1, bias=False), nn.BatchNorm2d(SEEN), nn.ReLU(),
        )  # fmt: skip

    def forward(self, sight: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Give what is seen (N, SEEN, 6, 6), and the features that the drawing needs: fine, middle, coarse."""
        kept = []
        for i, layer in enumerate(self):
            sight = layer(sight)
            if i in (self.FINE, self.MIDDLE, self.COARSE):
                kept.append(sight)
        return sight, *kept


class SpineNet(nn.Module):
    """About 240,000 weights, 31 million multiplications."""

    def __init__(self) -> None:
        super().__init__()
        self.eye = Eye()
        self.look = nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(SEEN * 36, 64), nn.ReLU())
        self.feel = nn.Sequential(nn.Linear(BODY, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 32), nn.ReLU())
        self.drawing = Drawing()
        self.trace = nn.Sequential(nn.Linear((2 + NEAR) * JOINTS + 3, 80), nn.ReLU())
        self.tell = nn.Sequential(nn.Linear(64 + 32 + 80, 80), nn.ReLU(), nn.Linear(80, len(HEADS)))

    def see(self, sight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Give what is seen, the maps of the spine's joints and the features there: all convolutions, where the time goes."""
        seen, *features = self.eye(sight)
        return seen, *self.drawing(*features)

    def read(
        self, seen: torch.Tensor, maps: torch.Tensor, near: torch.Tensor, body: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the heads and the spine's joints, as `Drawing` does, from what `see` gave."""
        joints, found = self.drawing.joints(maps, near)
        traced = self.trace(torch.cat([joints.flatten(1), found.flatten(1), body[:, -3:]], 1))
        return self.tell(torch.cat([self.look(seen), self.feel(body), traced], 1)), joints

    def forward(self, sight: torch.Tensor, body: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the heads and the joints."""
        return self.read(*self.see(sight), body)


def head(output: torch.Tensor, name: str) -> torch.Tensor:
    """Take one head out of the output."""
    return output[:, HEADS.index(name)]
