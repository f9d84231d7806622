"""A body of two segments with a motion sensor on each, simulated from known angles.

The pelvis turns about the hip, the thorax against the pelvis; the hips travel back as they bend. The sensors feel
gravity, the segments' own acceleration, skin that rings with it, plates that hit the floor, and their own noise and
bias, through a mounting that is turned anyhow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hingecue.types import F64, ImuSample, SensorRole

G = 9.80665
SACRUM_M, RIBS_M = 0.10, 0.30
"""How far above the hip the two sensors sit, standing."""
HIP_BACK_M, HIP_DOWN_M = 0.18, 0.06
SHOCK_G, SHOCK_S = 8.0, 0.02
CLIP_G = 8.0
"""Range of the sensor."""


@dataclass(frozen=True)
class Lift:
    """Repetitions of one length (s) with a pause between them, after `stand_s` of standing still."""

    period_s: float = 3.0
    trunk_deg: float = 80.0
    spine_share: float = 0.35
    repetitions: int = 6
    pause_s: float = 0.6
    stand_s: float = 3.0
    rate_hz: float = 100.0
    bias_dps: float = 1.0
    wobble: float = 0.10
    shocks: bool = True
    turned_deg: float = 30.0
    gyro: bool = True
    noise_g: float = 0.006
    noise_dps: float = 0.1
    sway_deg: float = 0.3


@dataclass(frozen=True)
class Body:
    """What was simulated. Times s; angles deg, forward +; `accel_g`, `gyro_dps`: role → (n, 3)."""

    t_s: F64
    pelvis_deg: F64
    thorax_deg: F64
    accel_g: dict[SensorRole, F64]
    gyro_dps: dict[SensorRole, F64] | None

    @property
    def flexion_deg(self) -> F64:
        return self.thorax_deg - self.pelvis_deg

    def samples(self) -> list[ImuSample]:
        """Give the samples of both sensors in the order of their times."""
        out = []
        for i, t in enumerate(self.t_s.tolist()):
            for role, accel in self.accel_g.items():
                gyro = None if self.gyro_dps is None else tuple(self.gyro_dps[role][i].tolist())
                out.append(ImuSample(role, round(t * 1e9), tuple(accel[i].tolist()), gyro))
        return out


def profile(lift: Lift) -> tuple[F64, F64]:
    """Give times and how far down the body is, 0…1, without corners."""
    dt = 1 / lift.rate_hz
    phase = np.arange(0, lift.period_s, dt) / lift.period_s
    one = np.concatenate([(1 - np.cos(2 * np.pi * phase)) / 2, np.zeros(round(lift.pause_s * lift.rate_hz))])
    still = np.zeros(round(lift.stand_s * lift.rate_hz))
    down = np.concatenate([still, *[one] * lift.repetitions, still])
    kernel = np.hanning(2 * round(0.06 * lift.rate_hz) + 3)
    down = np.convolve(np.pad(down, len(kernel) // 2), kernel / kernel.sum(), "valid")
    return np.arange(len(down)) * dt, down


def rotation(rng: np.random.Generator, most_deg: float) -> F64:
    """Give a random rotation matrix by at most so many degrees about each axis."""
    matrix = np.eye(3)
    for axis in range(3):
        a = np.radians(rng.uniform(-most_deg, most_deg))
        turn = np.eye(3)
        i, j = [k for k in range(3) if k != axis]
        turn[i, i] = turn[j, j] = np.cos(a)
        turn[i, j], turn[j, i] = -np.sin(a), np.sin(a)
        matrix = matrix @ turn
    return matrix


def simulate(lift: Lift, rng: np.random.Generator) -> Body:
    """Simulate the lift; every random part comes from `rng`."""
    t, down = profile(lift)
    sway = lift.sway_deg * np.sin(2 * np.pi * rng.uniform(0.2, 0.4) * t + rng.uniform(0, 6))
    thorax = lift.trunk_deg * down + sway
    pelvis = lift.trunk_deg * (1 - lift.spine_share) * down + sway
    hip = np.stack([-HIP_BACK_M * down, -HIP_DOWN_M * down])
    p, q = np.radians(pelvis), np.radians((pelvis + thorax) / 2)
    sacrum = hip + SACRUM_M * np.stack([np.sin(p), np.cos(p)])
    ribs = sacrum + (RIBS_M - SACRUM_M) * np.stack([np.sin(q), np.cos(q)])
    blow = shocks(t, lift, rng)
    accel, gyro = {}, {}
    for role, angle, place in ((SensorRole.PELVIS, pelvis, sacrum), (SensorRole.THORAX, thorax, ribs)):
        force, rate = _felt(t, angle, place, lift, rng)
        mounting = _mounting(lift, rng)
        a = (force + blow[:, None] * rng.normal(0, 1, (len(t), 3))) @ mounting.T
        accel[role] = np.clip(a + rng.normal(0, lift.noise_g, a.shape), -CLIP_G, CLIP_G)
        bias = lift.bias_dps * rng.choice([-1.0, 1.0], 3)
        gyro[role] = rate @ mounting.T + bias + rng.normal(0, lift.noise_dps, rate.shape)
    return Body(t, pelvis, thorax, accel, gyro if lift.gyro else None)


def shocks(t: F64, lift: Lift, rng: np.random.Generator) -> F64:
    """Give the strength (g) of plates that hit the floor in the middle of some repetitions."""
    blow = np.zeros(len(t))
    if lift.shocks:
        for n in range(lift.repetitions):
            at = lift.stand_s + n * (lift.period_s + lift.pause_s) + lift.period_s * rng.uniform(0.4, 0.6)
            blow[(t >= at) & (t < at + SHOCK_S)] = SHOCK_G
    return blow


def _felt(t: F64, angle_deg: F64, place: F64, lift: Lift, rng: np.random.Generator) -> tuple[F64, F64]:
    """Give specific force (g) and turning rate (deg/s) in the segment's axes: forward, left, up."""
    dt = t[1] - t[0]
    world = np.gradient(np.gradient(place, dt, axis=1), dt, axis=1)
    ring = sum(
        gain * np.abs(world) * np.sin(2 * np.pi * hz * t + rng.uniform(0, 6.28, (2, 1)))
        for hz, gain in ((6.5, lift.wobble), (9.0, 0.7 * lift.wobble))
    )
    forward, up = (world + ring) / G
    up = up + 1.0
    a = np.radians(angle_deg)
    force = np.stack(
        [forward * np.cos(a) - up * np.sin(a), rng.normal(0, 0.005, len(t)), forward * np.sin(a) + up * np.cos(a)], 1
    )
    rate = np.zeros((len(t), 3))
    rate[:, 1] = np.gradient(angle_deg, dt)  # leaning forward turns about the axis to the left
    return force, rate


def _mounting(lift: Lift, rng: np.random.Generator) -> F64:
    """Turn the chip: flat on the back, its x up, down or sideways, and askew by up to `turned_deg`."""
    quarter = rotation(np.random.default_rng(0), 0.0)
    for _ in range(int(rng.integers(4))):
        quarter = quarter @ np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
    return quarter @ rotation(rng, lift.turned_deg)
