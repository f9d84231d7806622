"""One crop through a landmark model: picture and square in, 33 landmarks and the next square out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import cv2
import numpy as np

from hingecue.pose.decode import HEATMAP_EDGE, LANDMARKS, POINTS, Refiner, sigmoid
from hingecue.pose.roi import CROP, crop_affine, mirrored_roi, roi_from_points, span, to_picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hingecue.types import F32, F64, U8, Roi


FOUR_BYTES: Final = 4
"""OpenCV warps pixels of four bytes twice as fast as those of three."""


class Network(Protocol):
    """What this room needs of a loaded model."""

    @property
    def inputs(self) -> Mapping[str, NDArray[Any]]:
        """The input buffers by name; `image`: (1, edge, edge, 3), uint8 for landmarks, float32 for the detector."""

    def run(self) -> Mapping[str, F32]:
        """Run the model on `inputs`; give the outputs by name, valid until the next run."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the model saw in one crop.

    `crop`: float32 (35, 5) x y z in crop pixels, visibility and presence as logits; `picture`: float32 (33, 4)
    x y z px in the picture and visibility 0…1; `next_roi`: where to look in the next frame. `image`: uint8
    (256, 256, 3), what the model was shown. It and `mask` are views that the next look overwrites.
    """

    crop: F32
    picture: F32
    presence: float
    affine: F64
    roi: Roi
    next_roi: Roi
    mask: F32 | None
    image: U8 | None = None

    @property
    def crop_xyzv(self) -> F32:
        """The landmarks in crop pixels: float32 (33, 4) x, y, z and visibility 0…1."""
        out = np.empty((LANDMARKS, 4), dtype=np.float32)
        out[:, :3] = self.crop[:LANDMARKS, :3]
        out[:, 3] = self.picture[:, 3]
        return out


class Landmarker:
    """The landmark model with its buffers; cuts crops itself."""

    def __init__(self, network: Network, network_mask: Network) -> None:
        self._plain = network
        self._with_mask = network_mask
        self._wide: U8 = np.zeros((CROP, CROP, FOUR_BYTES), dtype=np.uint8)
        self._scratch: U8 = np.zeros(0, dtype=np.uint8)
        self._refine = Refiner()

    def look(self, rgb: U8, roi: Roi, *, mirrored: bool, want_mask: bool = False) -> Sight:
        """Run the model on the square `roi` of the picture `rgb`, cut as from the mirror image if asked.

        All the work is done in the picture that is shown (the mirror image if `mirrored`) and only the results
        are mirrored back: a film and its mirror image give the same crop to the bit. They have to, for the
        quantised models answer a change of one grey level with landmarks that move by pixels.
        """
        width = rgb.shape[1]
        shown = mirrored_roi(roi, width) if mirrored else roi
        network = self._with_mask if want_mask else self._plain
        affine = crop_affine(shown, mirrored=False)
        crop = network.inputs["image"][0]
        self._cut(rgb, shown, affine, crop, mirrored=mirrored)
        out = network.run()
        points = out["landmarks"].reshape(-1, 5).copy()
        self._refine(points, out["heatmap"].reshape(HEATMAP_EDGE, HEATMAP_EDGE, -1))
        xy = to_picture(points[:POINTS, :2], affine)
        (cx, cy), (ex, ey) = xy[LANDMARKS:].tolist()
        next_roi = roi_from_points(cx, cy, ex, ey)
        picture = np.empty((LANDMARKS, 4), dtype=np.float32)
        picture[:, 0] = width - 1 - xy[:LANDMARKS, 0] if mirrored else xy[:LANDMARKS, 0]
        picture[:, 1] = xy[:LANDMARKS, 1]
        picture[:, 2] = points[:LANDMARKS, 2] * np.float32(roi.size / CROP)
        picture[:, 3] = sigmoid(points[:LANDMARKS, 3])
        return Sight(
            crop=points[:POINTS],
            picture=picture,
            presence=float(out["presence"].ravel()[0]),
            affine=crop_affine(roi, mirrored=True) if mirrored else affine,
            roi=roi,
            next_roi=mirrored_roi(next_roi, width) if mirrored else next_roi,
            mask=out["mask"].reshape(CROP, CROP) if want_mask else None,
            image=crop,
        )

    def _cut(self, rgb: U8, shown: Roi, affine: F64, into: U8, *, mirrored: bool) -> None:
        """Cut the square out of the picture, or out of its mirror image, whose relevant part alone is made.

        With a fourth channel OpenCV warps twice as fast, to the same bits; where the picture has none, it gets one.
        """
        height, width = rgb.shape[:2]
        x0, y0, x1, y1 = span(shown, width, height)
        if x0 == x1 or y0 == y1:
            into.fill(0)
            return
        columns = slice(width - x1, width - x0) if mirrored else slice(x0, x1)
        wide = rgb[y0:y1, columns]
        if wide.shape[2] != FOUR_BYTES:
            wide = with_fourth(wide, self._scratch_of(rgb, y1 - y0, x1 - x0))
        local = affine.copy()
        local[:, 2] -= (x0, y0)
        cut(flipped(wide) if mirrored else wide, local, self._wide, inverse=True)
        cv2.cvtColor(self._wide, cv2.COLOR_RGBA2RGB, dst=into)

    def _scratch_of(self, rgb: U8, height: int, width: int) -> U8:
        """Give a part of a buffer that is made with the first picture, for all of it.

        Written to at once: memory that the kernel has yet to hand over costs 7 ms in the middle of a bend.
        """
        needed = FOUR_BYTES * rgb.shape[0] * rgb.shape[1]
        if self._scratch.size < needed:
            self._scratch = np.full(needed, 1, dtype=np.uint8)
        return self._scratch[: FOUR_BYTES * height * width].reshape(height, width, FOUR_BYTES)


def dense(part: U8) -> U8:
    """Give the picture as OpenCV can read it in place, copied only if its pixels do not lie side by side."""
    return part if part.strides[1:] == (part.shape[2], 1) and part.strides[0] > 0 else np.ascontiguousarray(part)


def with_fourth(rgb: U8, into: U8 | None = None) -> U8:
    """Give the picture with a fourth byte a pixel, written to the buffer `into` if there is one."""
    wide: NDArray[Any] = cv2.cvtColor(dense(rgb), cv2.COLOR_RGB2RGBA, dst=into)
    return wide


def flipped(picture: U8) -> U8:
    """Give the mirror image."""
    mirror: NDArray[Any] = cv2.flip(picture, 1)
    return mirror


def cut(rgb: U8, affine: F64, into: U8, *, inverse: bool) -> None:
    """Warp the picture into the buffer `into`; `inverse`: `affine` maps buffer → picture."""
    height, width = into.shape[:2]
    flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if inverse else 0)
    cv2.warpAffine(dense(rgb), affine, (width, height), dst=into, flags=flags)
