"""Worn sensors: how far pelvis and thorax have turned from standing, and what may be believed of it.

Each segment keeps the upward direction of its chip in standing (the zero) and the direction into which it tips when
the person bends forward (biomechanics E1). Both are learned on the way or taken from a calibration.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hingecue.posture.drop import Drop
from hingecue.posture.tilt import TiltFilter, Vector, dot, length, minus, plus, scaled, unit
from hingecue.types import Reason, SensorRole

if TYPE_CHECKING:
    from hingecue.types import ImuSample

SILENT_S: Final = 0.25
"""A sensor that gave nothing for so long is gone: the slowest we read has 20 samples a second."""
FROZEN_S: Final = 0.1
FROZEN_SAMPLES: Final = 5
"""A sensor that gives the very same numbers for so long, and so often, hangs: real ones have noise in the last bit."""
WILD_DPS: Final = 600.0
"""No trunk turns faster: a kettlebell swing reaches 300°/s."""
SETTLE_S: Final = 2.0
"""For so long after a fault the direction rests on the accelerometer more than on the gyro."""
NOISE_WINDOW_S: Final = 0.3
NOISE_SHARE: Final = 0.5
NOISE_G: Final = 0.6
"""A sensor whose force is this far off 1 g in half of the last 0.3 s tells nothing of the vertical …"""
STEP_SHARE: Final = 0.4
STEP_G: Final = 0.5
"""… nor does one whose force jumps by this much from sample to sample in so many of them."""
AXIS_FROM_DEG: Final = 10.0
"""Smaller tilts than this do not show in which direction the person bends."""
ZERO_NEAR_DEG: Final = 12.0
"""A still stand within this of the zero is standing again; the zero follows it, for straps slip."""
ZERO_TAU_S: Final = 5.0
"""Time constant of that."""
HISTORY_S: Final = 1.0
"""So much of the tilt is kept, to read it where the camera's clock stands."""
FAST_DPS: Final = 140.0
"""Faster than this the angle errs by 4° and more without a gyro: 80° reach 124°/s in 2 s up and down, 204 in 1.2 s."""
FAST_HOLD_S: Final = 0.5
"""The error of a fast way down lasts into the bottom, where the speed is none."""


class Segment:
    """One body part with its sensor. `tilt_deg`: sagittal rotation from standing, forward +, None while not known."""

    def __init__(self, role: SensorRole) -> None:
        self.role = role
        self.filter = TiltFilter()
        self.drop = Drop()
        self.zero: Vector | None = None
        self.axis: Vector | None = None
        self.tilt_deg: float | None = None
        self.faulty = False
        self.last_s = float("-inf")
        self.fast_s = float("-inf")
        self._mended_s = float("-inf")
        self._calibrated = False
        self._tipped: Vector = (0.0, 0.0, 0.0)
        self._same_s = 0.0
        self._same = 0
        self._last: ImuSample | None = None
        self._offs = self._jumps = 0
        self._odd: deque[tuple[float, bool, bool]] = deque()
        self._history: deque[tuple[float, float]] = deque()

    def calibrate(self, zero: Vector, axis: Vector | None) -> None:
        """Set what standing reads, and the direction into which bending forward tips it, if it is known."""
        self.zero = zero
        self.axis = axis
        self._calibrated = axis is not None
        self._tipped = (0.0, 0.0, 0.0)
        self._history.clear()

    def add(self, sample: ImuSample) -> None:
        """Take the next sample; one that is not later than the last is left out."""
        if sample.t_s <= self.last_s:
            return
        dt = min(sample.t_s - self.last_s, SILENT_S)
        wild = sample.gyro_dps is not None and length(sample.gyro_dps) > WILD_DPS
        self._watch(sample, dt, wild=wild)
        self.last_s = sample.t_s
        self._last = sample
        if self.faulty or wild:
            self._mended_s = sample.t_s
            if self.faulty:
                self.filter.lose()
            return
        self.filter.update(sample)
        if self.filter.up is not None:
            self.drop.update(sample.accel_g, self.filter.up, self.filter.one_g, dt, still=self.filter.still)
        if sample.gyro_dps is None and self.filter.rate_dps > FAST_DPS:
            self.fast_s = sample.t_s
        self.tilt_deg = self._tilt(dt)
        if self.tilt_deg is not None:
            self._history.append((sample.t_s, self.tilt_deg))
            while sample.t_s - self._history[0][0] > HISTORY_S:
                self._history.popleft()

    @property
    def felt(self) -> bool:
        """Tell whether a sample ever came."""
        return self._last is not None

    def silent(self, t_s: float) -> bool:
        """Tell whether the sensor has been quiet for too long at this time."""
        return t_s - self.last_s > SILENT_S

    def usable(self, t_s: float) -> bool:
        """Tell whether the tilt may be believed at this time."""
        return self.tilt_deg is not None and not self.faulty and not self.silent(t_s)

    def exact(self, t_s: float) -> bool:
        """Tell whether a gyro carries the tilt, and has done so for a while."""
        return self.filter.has_gyro and t_s - self._mended_s > SETTLE_S

    def tilt_at(self, t_s: float) -> float | None:
        """Give the tilt at a time up to a second ago, None when it was not known then."""
        if not self._history:
            return None
        later = self._history[-1]
        for earlier in reversed(self._history):
            if earlier[0] <= t_s:
                if t_s >= later[0]:
                    return later[1]
                share = (t_s - earlier[0]) / (later[0] - earlier[0])
                return earlier[1] + share * (later[1] - earlier[1])
            later = earlier
        return None

    def stand(self, dt_s: float) -> None:
        """Learn the zero: the person stands still."""
        up = self.filter.up
        if up is None:
            return
        if self.zero is None:
            self.zero = up
        elif math.degrees(length(minus(up, self.zero))) < ZERO_NEAR_DEG:
            share = dt_s / (ZERO_TAU_S + dt_s)
            self.zero = unit(plus(scaled(self.zero, 1.0 - share), scaled(up, share)))

    def _tilt(self, dt: float) -> float | None:
        up, zero = self.filter.up, self.zero
        if up is None or zero is None:
            return None
        along = dot(up, zero)
        across = minus(up, scaled(zero, along))
        size = length(across)
        if self._calibrated and self.axis is not None:
            return math.degrees(math.atan2(dot(across, self.axis), along))
        if size > math.sin(math.radians(AXIS_FROM_DEG)):
            # Forward is where the person tips furthest and longest: nobody leans back as far as they bend.
            self._tipped = plus(self._tipped, scaled(across, size * dt))
            self.axis = unit(self._tipped)
        if self.axis is None:
            return math.degrees(math.atan2(size, along))
        return math.degrees(math.atan2(dot(across, self.axis), along))

    def _watch(self, sample: ImuSample, dt: float, *, wild: bool) -> None:
        """Notice a chip that hangs or raves."""
        last = self._last
        same = last is not None and sample.accel_g == last.accel_g and sample.gyro_dps == last.gyro_dps
        self._same_s = self._same_s + dt if same else 0.0
        self._same = self._same + 1 if same else 0
        off = wild or abs(length(sample.accel_g) - 1.0) > NOISE_G
        jump = last is not None and length(minus(sample.accel_g, last.accel_g)) > STEP_G
        self._odd.append((sample.t_s, off, jump))
        self._offs += off
        self._jumps += jump
        while sample.t_s - self._odd[0][0] > NOISE_WINDOW_S:
            _, was_off, was_jump = self._odd.popleft()
            self._offs -= was_off
            self._jumps -= was_jump
        n = len(self._odd)
        raving = self._offs > NOISE_SHARE * n or self._jumps > STEP_SHARE * n
        frozen = self._same_s >= FROZEN_S and self._same >= FROZEN_SAMPLES
        self.faulty = frozen or (n > 3 and raving)


@dataclass(frozen=True, slots=True)
class WornState:
    """What the worn sensors say at one moment; None is not known.

    `rate_dps`: the faster of the segments; `gyro`: one carries every tilt; `still`: all stand still.
    `lost`: sensors that were there and are not to be believed now. `drop_m`: how far the pelvis is down. `too_fast`:
    faster than sensors without a gyro can follow. `zeroed`: what standing reads is known.
    """

    t_s: float
    pelvis_deg: float | None = None
    thorax_deg: float | None = None
    rate_dps: float = 0.0
    gyro: bool = True
    still: bool = False
    lost: tuple[SensorRole, ...] = ()
    drop_m: float | None = None
    too_fast: bool = False
    zeroed: bool = True

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the spine is not known from the sensors."""
        return (Reason.SENSOR_GAP,) if self.zeroed else (Reason.NOT_CALIBRATED,)


class WornSensors:
    """All sensors on the body. Feed every sample in the order of the times; ask at any time."""

    def __init__(self) -> None:
        self.segments: dict[SensorRole, Segment] = {}
        self._stood_s = float("-inf")

    def add(self, sample: ImuSample) -> None:
        """Take the next sample of any sensor that is worn."""
        self.segment(sample.role).add(sample)

    def segment(self, role: SensorRole) -> Segment:
        """Give the body part of this role."""
        if role not in self.segments:
            self.segments[role] = Segment(role)
        return self.segments[role]

    @property
    def zeroed(self) -> bool:
        """Tell whether every sensor knows what standing reads."""
        return bool(self.segments) and all(s.zero is not None for s in self.segments.values())

    def still(self, t_s: float) -> bool:
        """Tell whether every sensor that is believed is still at this time."""
        live = [s for s in self.segments.values() if not s.faulty and not s.silent(t_s)]
        return bool(live) and all(s.filter.still for s in live)

    def stand(self, t_s: float) -> None:
        """Learn the zero: at this time the person stands still."""
        dt = min(t_s - self._stood_s, SILENT_S)
        self._stood_s = t_s
        for segment in self.segments.values():
            if not segment.faulty and not segment.silent(t_s) and segment.filter.still:
                segment.stand(dt)

    def state(self, t_s: float, *, lag_s: float = 0.0) -> WornState | None:
        """Give what is felt at `t_s`, None where no sensor was ever there; angles are those of `t_s` + `lag_s`."""
        if not any(s.felt for s in self.segments.values()):
            return None
        live = {role: s for role, s in self.segments.items() if s.usable(t_s)}
        tilts = {role: s.tilt_at(t_s + lag_s) if lag_s else s.tilt_deg for role, s in live.items()}
        lost = tuple(r for r, s in self.segments.items() if s.felt and (s.faulty or s.silent(t_s)))
        return WornState(
            t_s=t_s,
            pelvis_deg=tilts.get(SensorRole.PELVIS),
            thorax_deg=tilts.get(SensorRole.THORAX),
            rate_dps=max((s.filter.rate_dps for s in live.values()), default=0.0),
            gyro=all(s.exact(t_s) for s in live.values()),
            still=self.still(t_s),
            lost=lost,
            drop_m=live[SensorRole.PELVIS].drop.down_m if SensorRole.PELVIS in live else None,
            too_fast=any(t_s - s.fast_s < FAST_HOLD_S for s in live.values()),
            zeroed=self.zeroed,
        )
