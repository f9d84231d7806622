"""One worn sensor: samples with times, health, and what is done when the wire fails. Pull-based, without a thread."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from hingecue.clock import monotonic_ns
from hingecue.errors import DeviceFault
from hingecue.sense.imu import faults
from hingecue.sense.imu.stamps import SampleClock
from hingecue.types import ImuSample

if TYPE_CHECKING:
    from collections.abc import Callable

    from hingecue.sense.imu.chip import Burst, Chip
    from hingecue.types import F64, SensorRole

# A look that failed is taken again so often at once: most errors on a worn cable are single ones.
RETRIES = 2
# A lost sensor is asked again so often; one attempt on an empty address takes a fifth of a millisecond.
TRY_AGAIN_S = 1.0
# No sample for so long, at so many looks in a row, is a fault: twenty samples (our judgement). The looks are counted
# because the program itself may have been away.
SILENT_AFTER_S = 0.2
SILENT_LOOKS = 3
# Six values of 16 bits with noise in the lowest repeat by chance once in 10⁴, those of an ADXL345 once in 30. A run
# of ten is no chance: it is not given out, and the half second of fifty is reset (our judgement).
REPEAT_RUN = 10
FROZEN_RUN = 50
# How long a sensor counts as degraded after the last trouble: the time in which a bend is done (our judgement).
DEGRADED_S = 2.0
# After a start the FIFO is looked at so often until the first sample comes: it fixes the phase to a millisecond.
_HUNT_STEP_S = 0.001
_HUNT_LOOKS = 50


class State(StrEnum):
    """How a sensor is."""

    OK = "ok"
    DEGRADED = "degraded"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """How a sensor is, and what was counted since it was opened.

    `fault`: the newest one, kept when it is over. `dropped`: samples that should have come and did not.
    `duplicated`: repeats of the sample before, of which a long run is not given out. `overflows` and `misaligned`:
    how often the FIFO ran over or held no whole samples. `resets`: how often a running chip was set up anew.
    """

    state: State = State.LOST
    fault: DeviceFault | None = None
    faults: int = 0
    samples: int = 0
    dropped: int = 0
    duplicated: int = 0
    overflows: int = 0
    misaligned: int = 0
    resets: int = 0


class Sensor:
    """The chip that sits at `role`. It starts at the first `poll`, and again about once a second when it is lost.

    `clock` gives ns, `sleep` takes s. It belongs to one thread; `health` may be read from any.
    """

    def __init__(
        self,
        role: SensorRole,
        chip: Chip,
        clock: Callable[[], int] = monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.role = role
        self.chip = chip
        self._clock = clock
        self._sleep = sleep
        self._stamps = SampleClock(chip.rate_hz)
        self._health = SensorHealth()
        self._running = False
        self._try_at_ns = clock()
        self._sample_at_ns = 0
        self._empty_looks = 0
        self._trouble_at_ns: int | None = None
        self._before: F64 | None = None
        self._run = 0

    @property
    def health(self) -> SensorHealth:
        """How it is and what was counted, as of the last `poll`."""
        return self._health

    def poll(self) -> list[ImuSample]:
        """All samples since the last call, the oldest first; never raises for what the wire or the chip does.

        Takes a few ms; up to 0.4 s when the chip has to be set up; as long as the kernel's limit on a stuck wire.
        """
        if self._running:
            samples = self._look()
        elif self._clock() >= self._try_at_ns:
            samples = self._start()
        else:
            samples = []
        self._count(samples=len(samples))
        self._health = replace(self._health, state=self._state(), dropped=self._stamps.dropped)
        return samples

    def _look(self) -> list[ImuSample]:
        for _ in range(1 + RETRIES):
            try:
                burst = self.chip.drain()
            except DeviceFault as fault:
                self._note(fault)
                if fault.code in faults.HOPELESS:
                    self._lose()
                    return []
            else:
                return self._accept(burst)
        return self._reset()

    def _accept(self, burst: Burst) -> list[ImuSample]:
        if not burst.configured:
            return self._reset(faults.forgetful(self.chip.where))
        if burst.overflow or burst.misaligned:
            self._count(overflows=int(burst.overflow), misaligned=int(burst.misaligned))
            self._trouble_at_ns = self._clock()
        samples = self._samples(burst)
        self._empty_looks = 0 if len(burst) else self._empty_looks + 1
        if self._run >= FROZEN_RUN:
            self._run = REPEAT_RUN  # reset again after as many more
            return self._reset(faults.frozen(self.chip.where))
        silent = self._clock() - self._sample_at_ns > SILENT_AFTER_S * 1e9
        if silent and self._empty_looks >= SILENT_LOOKS:
            return self._reset(faults.silent(self.chip.where))
        return samples

    def _reset(self, fault: DeviceFault | None = None) -> list[ImuSample]:
        if fault is not None:
            self._note(fault)
        self._count(resets=1)
        return self._start()

    def _start(self) -> list[ImuSample]:
        """Set the chip up and look until its first sample comes."""
        try:
            self.chip.start()
            self._stamps.restart()
            for look in range(_HUNT_LOOKS):
                burst = self.chip.drain()
                if not burst.configured:
                    raise faults.forgetful(self.chip.where)
                if look and len(burst):
                    self._running = True
                    self._empty_looks = 0
                    return self._samples(burst)
                # What is there at the first look came while the chip was set up, nobody knows when.
                self._stamps.stamp(0, burst.before_ns, burst.after_ns)
                self._sleep(_HUNT_STEP_S)
            raise faults.silent(self.chip.where)
        except DeviceFault as fault:
            self._note(fault)
            self._lose()
            return []

    def _samples(self, burst: Burst) -> list[ImuSample]:
        stamps = self._stamps.stamp(len(burst), burst.before_ns, burst.after_ns)
        if not stamps:
            return []
        self._sample_at_ns = burst.after_ns
        both = burst.accel_g if burst.gyro_dps is None else np.hstack((burst.accel_g, burst.gyro_dps))
        delay_ns = round(self.chip.delay_s * 1e9)
        samples: list[ImuSample] = []
        for t_ns, values in zip(stamps, both, strict=True):
            if self._is_fresh(values):
                ax, ay, az, *turn = values.tolist()
                gyro = (turn[0], turn[1], turn[2]) if turn else None
                samples.append(ImuSample(self.role, t_ns - delay_ns, (ax, ay, az), gyro))
        return samples

    def _is_fresh(self, values: F64) -> bool:
        """Whether this is not one more of a long run of the same values."""
        same = self._before is not None and np.array_equal(values, self._before)
        self._before = values
        self._run = self._run + 1 if same else 0
        if same:
            self._count(duplicated=1)
        return self._run < REPEAT_RUN

    def _note(self, fault: DeviceFault) -> None:
        self._trouble_at_ns = self._clock()
        self._health = replace(self._health, fault=fault, faults=self._health.faults + 1)

    def _lose(self) -> None:
        self._running = False
        self._try_at_ns = self._clock() + round(TRY_AGAIN_S * 1e9)

    def _count(self, **more: int) -> None:
        self._health = replace(self._health, **{name: getattr(self._health, name) + n for name, n in more.items()})

    def _state(self) -> State:
        if not self._running or self._run >= REPEAT_RUN:
            return State.LOST
        recent = self._trouble_at_ns is not None and self._clock() - self._trouble_at_ns < DEGRADED_S * 1e9
        return State.DEGRADED if recent else State.OK
