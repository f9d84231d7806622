"""What surfaces look like before light: colours, patterns, noise, gloss. Colours are linear light, 0..1, RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .mesh import F32

NOISE_SIZE = 512  # texels a side, tiles

# Places of the parameters in a material.
PARAMETERS = 18
COLOUR_A, COLOUR_B, PATTERN, FREQUENCY, DUTY = 0, 3, 6, 7, 8
NOISE, NOISE_SCALE, SHINE, SHARPNESS, WRAP, BUMP, BUMP_SCALE = 9, 10, 11, 12, 13, 14, 15
PLAIN, BANDS, PINSTRIPES, CHECKS, CAMOUFLAGE, CHEST = 0, 1, 2, 3, 4, 5


def material(
    colour: NDArray[np.floating] | tuple[float, float, float],
    second: NDArray[np.floating] | tuple[float, float, float] | None = None,
    *,
    pattern: int = PLAIN,
    frequency: float = 10.0,
    duty: float = 0.5,
    noise: float = 0.0,
    noise_scale: float = 1.0,
    shine: float = 0.0,
    sharpness: float = 20.0,
    wrap: float = 0.2,
    bump: float = 0.0,
    bump_scale: float = 1.0,
) -> F32:
    """Return a material: linear colours, a pattern (`frequency` per metre), noise, gloss, soft light, wrinkles."""
    out = np.zeros(PARAMETERS, np.float32)
    out[COLOUR_A : COLOUR_A + 3] = colour
    out[COLOUR_B : COLOUR_B + 3] = colour if second is None else second
    out[PATTERN : BUMP_SCALE + 1] = (
        pattern, frequency, duty, noise, noise_scale, shine, sharpness, wrap, bump, bump_scale,
    )  # fmt: skip
    return out


def _make_noise(seed: int = 7) -> F32:
    """Return tiling noise in -1..1, 1/f-like, (NOISE_SIZE, NOISE_SIZE)."""
    rng = np.random.default_rng(seed)
    freq = np.fft.fftfreq(NOISE_SIZE)
    radius = np.hypot(freq[:, None], freq[None, :])
    radius[0, 0] = 1
    spectrum = np.fft.fft2(rng.normal(size=(NOISE_SIZE, NOISE_SIZE))) / (radius + 0.004) ** 1.1
    spectrum[0, 0] = 0
    field = np.fft.ifft2(spectrum).real
    return np.clip(field / field.std() / 2.2, -1, 1).astype(np.float32)


NOISE_FIELD = _make_noise()


@njit(cache=True, fastmath=True)
def noise_at(field: F32, u: float, v: float) -> float:
    """Sample the tiling noise at (u, v), in tiles, bilinear."""
    size = field.shape[0]
    x, y = (u - np.floor(u)) * size, (v - np.floor(v)) * size
    ix, iy = int(x) % size, int(y) % size
    fx, fy = x - int(x), y - int(y)
    jx, jy = (ix + 1) % size, (iy + 1) % size
    return (field[iy, ix] * (1 - fx) + field[iy, jx] * fx) * (1 - fy) + (
        field[jy, ix] * (1 - fx) + field[jy, jx] * fx
    ) * fy


@njit(cache=True, fastmath=True)
def paint(m: F32, a: F32, field: F32, out: F32) -> None:
    """Colour of material `m` at attributes `a`, before light."""
    pattern, f = int(m[PATTERN]), m[FREQUENCY]
    mix = np.float32(0)
    across = a[0] + np.float32(0.6) * a[1]
    if pattern == BANDS:
        s = a[2] * f
        mix = np.float32(1) if s - np.floor(s) < m[DUTY] else np.float32(0)
    elif pattern == PINSTRIPES:
        s = across * f
        mix = np.float32(1) if s - np.floor(s) < m[DUTY] else np.float32(0)
    elif pattern == CHECKS:
        s, r = a[2] * f, across * f
        mix = np.float32(0.5) * (1 if s - np.floor(s) < m[DUTY] else 0) + np.float32(0.5) * (
            1 if r - np.floor(r) < m[DUTY] else 0
        )
    elif pattern == CAMOUFLAGE:
        mix = np.float32(1) if noise_at(field, across * f * 0.1, a[2] * f * 0.1) > m[DUTY] - 0.5 else np.float32(0)
    elif pattern == CHEST:
        mix = np.float32(1) if abs(a[2] - m[FREQUENCY]) < m[DUTY] else np.float32(0)
    n = m[NOISE] * noise_at(field, across * m[NOISE_SCALE], a[2] * m[NOISE_SCALE]) if m[NOISE] > 0 else 0.0
    dark = 1 - max(a[4], np.float32(0))
    red = -min(a[4], np.float32(0))
    for k in range(3):
        c = (m[COLOUR_A + k] * (1 - mix) + m[COLOUR_B + k] * mix) * (1 + n) * dark
        out[k] = c * (1 - red * (0.0 if k == 0 else 0.45))
