"""Which way is up for a motion sensor, from what it feels: the tilt filter (biomechanics E1).

Turning is integrated from the gyro; the slow rest comes from the accelerometer, which is believed as far as it reads
1 g and the body is quiet. The direction is kept in the chip's own axes, so any mounting will do, either way up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from hingecue.types import ImuSample

Vector: TypeAlias = tuple[float, float, float]

QUIET_TAU_S: Final = 0.5
"""Time constant of the accelerometer while the body is quiet (biomechanics A6: 0.5 to 1 s)."""
MOVING_TAU_S: Final = 4.0
"""… and while it moves: the body's own acceleration averages out over a repetition, not over half of one."""
QUIET_G: Final = 0.03
QUIET_DPS: Final = 20.0
"""Quiet: within this of 1 g, and turning slower than this (biomechanics E1)."""
SHOCK_G: Final = 0.25
"""Further off 1 g than this the reading is a blow, or clipped, and tells nothing of the vertical (biomechanics E1)."""
FORCE_ALONE_SHOCK_G: Final = 0.6
"""Without a gyro it is all there is, and a lift's own push, mostly upwards, turns it little: only blows are out."""
SHOCK_HOLD_S: Final = 0.08
"""A dropped plate rings on in the strap for about four times its 20 ms (our judgement)."""
ONE_G_MAX_OFF: Final = 0.12
"""A cheap chip's 1 g may be off by this much (MPU-6050: 50 mg across, 80 mg along its z)."""
ONE_G_TAU_S: Final = 1.0
ONE_G_MOVING_TAU_S: Final = 10.0
"""Time constants with which a chip's own 1 g is learned, while it lies still and while it moves."""
STILL_G: Final = 0.03
STILL_DPS: Final = 4.0
"""Still: within this of 1 g and turning slower than this, bias taken off (biomechanics E1) …"""
STILL_FIRST_DPS: Final = 40.0
"""… or, before the bias is known, slower than this: cheap gyros start with up to 20 deg/s on each axis."""
FORCE_STILL_DPS: Final = 12.0
"""Without a gyro: the force turns slower than this."""
STILL_AFTER_S: Final = 0.5
"""… for so long."""
STEADY_DPS: Final = 1.5
"""What is still turns steadily: its rate stays within this of its own average, whatever the bias."""
MEAN_TAU_S: Final = 0.3
"""Time constant of the averages that steadiness is measured against."""
BIAS_TAU_S: Final = 1.0
"""Time constant with which the bias follows at a still stand."""
GAP_S: Final = 0.25
"""After a longer gap the direction is taken anew from the accelerometer."""
MEDIAN_OF: Final = 3
"""Without a gyro: the middle of so many samples …"""
LOW_PASS_TAU_S: Final = 1 / (2 * math.pi * 6.0)
"""… through a 6 Hz low-pass. A slower one lags by 8 to 18° (biomechanics A6)."""


class TiltFilter:
    """Follows the upward direction in the axes of one chip.

    `up`: unit vector, None before the first sample. `rate_dps`: turning rate with the bias taken off; without a gyro
    the speed of `up` itself. `still`: has been still for half a second.
    """

    def __init__(self) -> None:
        self.up: Vector | None = None
        self.rate_dps = 0.0
        self.still = False
        self.has_gyro = False
        self._t_s = 0.0
        self._bias: Vector = (0.0, 0.0, 0.0)
        self._bias_known = False
        self._mean_rate: Vector | None = None
        self._last_rate: Vector = (0.0, 0.0, 0.0)
        self._quiet_s = 0.0
        self._shock_s = float("-inf")
        self._one_g = 1.0
        self._mean_force: Vector | None = None
        self._recent: list[Vector] = []

    @property
    def one_g(self) -> float:
        """What this chip reads at rest, g."""
        return self._one_g

    @one_g.setter
    def one_g(self, size_g: float) -> None:
        self._one_g = min(max(size_g, 1.0 - ONE_G_MAX_OFF), 1.0 + ONE_G_MAX_OFF)

    def update(self, sample: ImuSample) -> None:
        """Take the next sample. Its time must be later than the last one's."""
        t_s, accel, gyro = sample.t_s, sample.accel_g, sample.gyro_dps
        size = math.sqrt(accel[0] ** 2 + accel[1] ** 2 + accel[2] ** 2)
        off_g = abs(size - self._one_g)
        dt = t_s - self._t_s
        self._t_s = t_s
        self.has_gyro = gyro is not None
        if off_g > SHOCK_G:
            self._shock_s = t_s
        if self.up is None or dt > GAP_S:
            self._begin(accel, size, gyro)
        elif gyro is None:
            self._follow_force(accel, size, off_g, dt)
        else:
            self._turn(gyro, dt)
            self._lean_on(accel, size, off_g, dt)
            self._learn(gyro, accel, dt)

    def lose(self) -> None:
        """Forget the direction, not the bias: the next sample begins anew."""
        self.up = None
        self.still = False

    def _begin(self, accel: Vector, size: float, gyro: Vector | None) -> None:
        self.still = False
        self._quiet_s = 0.0
        self._mean_rate = self._mean_force = None
        self._recent = []
        if abs(size - self._one_g) <= SHOCK_G:
            self.up = scaled(accel, 1.0 / size)
        self._last_rate = minus(gyro, self._bias) if gyro is not None else (0.0, 0.0, 0.0)

    def _turn(self, gyro: Vector, dt: float) -> None:
        """Turn `up` by the mean of this rate and the last one: d up / dt = up × rate."""
        rate = minus(gyro, self._bias)
        self.rate_dps = length(rate)
        mean = scaled(plus(rate, self._last_rate), 0.5 * math.radians(dt))
        self._last_rate = rate
        angle = length(mean)
        if angle < 1e-9 or self.up is None:  # pragma: no branch - `up` is known here
            return
        axis = scaled(mean, -1.0 / angle)
        self.up = rotated(self.up, axis, angle)

    def _lean_on(self, accel: Vector, size: float, off_g: float, dt: float) -> None:
        if self.up is None or off_g > SHOCK_G or self._t_s - self._shock_s < SHOCK_HOLD_S:
            return
        quiet = off_g < QUIET_G and self.rate_dps < QUIET_DPS
        share = dt / ((QUIET_TAU_S if quiet else MOVING_TAU_S) + dt)
        self.up = unit(plus(scaled(self.up, 1.0 - share), scaled(accel, share / size)))

    def _rests(self, accel: Vector, dt: float, *, quiet: bool) -> bool:
        """Tell stillness from the force's steadiness, in size and direction; learn this chip's 1 g from it."""
        share = min(1.0, dt / MEAN_TAU_S)
        before = accel if self._mean_force is None else self._mean_force
        self._mean_force = plus(scaled(before, 1.0 - share), scaled(accel, share))
        mean, size = length(self._mean_force), length(accel)
        if abs(size - 1.0) < ONE_G_MAX_OFF:
            self._one_g += dt / (ONE_G_MOVING_TAU_S + dt) * (size - self._one_g)
        steady = length(minus(accel, self._mean_force)) < STILL_G
        if not quiet or not steady or abs(mean - 1.0) > ONE_G_MAX_OFF:
            self._quiet_s, self.still = 0.0, False
            return False
        self._quiet_s += dt
        self.still = self._quiet_s >= STILL_AFTER_S
        if self.still:
            self._one_g += dt / (ONE_G_TAU_S + dt) * (mean - self._one_g)
        return self.still

    def _learn(self, gyro: Vector, accel: Vector, dt: float) -> None:
        """Tell stillness, and learn the bias from it."""
        mean = gyro if self._mean_rate is None else self._mean_rate
        share = min(1.0, dt / MEAN_TAU_S)
        self._mean_rate = mean = plus(scaled(mean, 1.0 - share), scaled(gyro, share))
        limit = STILL_DPS if self._bias_known else STILL_FIRST_DPS
        steady = length(minus(gyro, mean)) < STEADY_DPS and length(minus(mean, self._bias)) < limit
        if self._rests(accel, dt, quiet=steady):
            share = dt / (BIAS_TAU_S + dt) if self._bias_known else 1.0
            self._bias = plus(scaled(self._bias, 1.0 - share), scaled(mean, share))
            self._bias_known = True

    def _follow_force(self, accel: Vector, size: float, off_g: float, dt: float) -> None:
        """Without a gyro the direction of the force is all there is: blows left out, smoothed only a little."""
        if off_g > FORCE_ALONE_SHOCK_G or self.up is None:
            self._rests(accel, dt, quiet=False)
            return
        self._recent = [*self._recent[1 - MEDIAN_OF :], scaled(accel, 1.0 / size)]
        middle = median_of(self._recent)
        share = dt / (LOW_PASS_TAU_S + dt)
        before = self.up
        self.up = unit(plus(scaled(before, 1.0 - share), scaled(middle, share)))
        speed = math.degrees(length(minus(self.up, before))) / dt
        self.rate_dps += min(1.0, dt / 0.1) * (speed - self.rate_dps)
        self._rests(accel, dt, quiet=self.rate_dps < FORCE_STILL_DPS)


def plus(a: Vector, b: Vector) -> Vector:
    """Give a + b."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def minus(a: Vector, b: Vector) -> Vector:
    """Give a − b."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def scaled(a: Vector, k: float) -> Vector:
    """Give k · a."""
    return a[0] * k, a[1] * k, a[2] * k


def dot(a: Vector, b: Vector) -> float:
    """Give the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Give the vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def length(a: Vector) -> float:
    """Give the length."""
    return math.sqrt(dot(a, a))


def unit(a: Vector) -> Vector:
    """Give the vector of length 1 in the same direction; a zero vector stays as it is."""
    size = length(a)
    return scaled(a, 1.0 / size) if size > 0 else a


def rotated(a: Vector, axis: Vector, angle_rad: float) -> Vector:
    """Turn a about a unit axis by the right hand (Rodrigues)."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    along = scaled(axis, dot(axis, a) * (1.0 - c))
    return plus(plus(scaled(a, c), scaled(cross(axis, a), s)), along)


def median_of(vectors: list[Vector]) -> Vector:
    """Give the middle value of each component."""
    middle = len(vectors) // 2
    x, y, z = (sorted(v[k] for v in vectors)[middle] for k in range(3))
    return x, y, z
