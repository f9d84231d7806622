"""A pinhole camera that looks at a person, and where world points fall in its picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
NEAREST_M = 0.15


@dataclass(frozen=True, slots=True)
class Camera:
    """`place` (3,) m; `axes` (3, 3) rows right, down, forward; `focal` px; `centre` (2,) px; picture `width` x `height`."""

    place: F32
    axes: F32
    focal: float
    centre: tuple[float, float]
    width: int
    height: int

    def project(self, points: NDArray[np.floating]) -> F32:
        """World metres (n, 3) -> pixels and depth (n, 3): x right, y down (pixel centres at .5), metres forward."""
        seen = (np.asarray(points, np.float32) - self.place) @ self.axes.T
        away = np.maximum(seen[:, 2:], NEAREST_M)
        xy = seen[:, :2] * (self.focal / away) + np.asarray(self.centre, np.float32)
        return np.concatenate([xy, seen[:, 2:]], 1).astype(np.float32)

    def samples(self, points: F32, scale: int) -> F32:
        """World metres (n, 3) -> sample x, y (pixel x `scale`) and nearness 1/m; -1e9 when too near or behind."""
        out = self.project(points)
        near = out[:, 2] < NEAREST_M
        out[:, :2] *= scale
        out[:, 2] = np.where(near, np.float32(-1e9), 1 / np.maximum(out[:, 2], NEAREST_M))
        return out

    def framed(self, points: F32, fill: float, shift: tuple[float, float] = (0.0, 0.0)) -> Camera:
        """Return the camera zoomed so that `points` fill this share of the picture, their middle `shift` (share) off centre."""
        xy = self.project(points)[:, :2] - np.asarray(self.centre, np.float32)
        low, high = xy.min(0), xy.max(0)
        zoom = fill * min(self.width / (high[0] - low[0]), self.height / (high[1] - low[1]))
        middle = (low + high) / 2 * zoom
        centre = (
            float(self.width * (0.5 + shift[0]) - middle[0]),
            float(self.height * (0.5 + shift[1]) - middle[1]),
        )
        return replace(self, focal=float(self.focal * zoom), centre=centre)


def look(
    target: NDArray[np.floating],
    *,
    off_side_deg: float,
    facing_right: bool,
    distance_m: float,
    elevation_deg: float = 0.0,
    roll_deg: float = 0.0,
    width: int = 400,
    height: int = 400,
) -> Camera:
    """Place a camera around `target` (3,), for a person who faces -y.

    `off_side_deg`: 0 = exactly from the side, +90 = from the front, -90 = from behind.
    """
    azimuth, elevation, roll = np.radians([off_side_deg, elevation_deg, roll_deg])
    side = -1.0 if facing_right else 1.0
    out = np.array(
        [side * np.cos(azimuth) * np.cos(elevation), -np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
    )
    forward = -out
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    axes = np.stack([c * right + s * down, -s * right + c * down, forward]).astype(np.float32)
    place = (np.asarray(target) + out * distance_m).astype(np.float32)
    return Camera(place, axes, float(height), (width / 2, height / 2), width, height)
