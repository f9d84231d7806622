"""When was each sample taken? A chip counts its samples evenly by its own clock; we only see how many wait.

At every look `count` new samples wait, and the newest of them is at most one period old: had another one been taken
before the look, it would be there. It is also no older than the look before. So each look gives an interval for the
time of the newest sample. Those intervals are carried along for many candidate periods at once; a candidate whose
interval becomes empty cannot be the true one. What is left after a second is narrow in both: the phase to a fraction
of a millisecond, the period to a fraction of a per mille. The stamp is the centre of what is left, so it is never
further from the truth than half a period, not even at the first look, and it does not follow the jitter of the looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hingecue.types import F64

# How far a chip's rate may be from its data sheet. Those of the MPU-6050 say 1 %, users of the LSM6DS family
# measured up to 4 % (our margin: 6 %); in steps of 0.025 %, finer than which a second does not tell.
SPREAD = 0.06
_CANDIDATES = 481
# Most chips are within the 1 % of the data sheet: the weight of a candidate before anything was seen.
_USUAL = 0.015
# Between two looks an interval grows by this share of the time, which covers half a step of the period.
_LEAK = 1.5e-4
# How late a sample may show up in the FIFO's count (our judgement: filter, FIFO, and one byte on the wire).
_SLACK_NS = 0.3e6
# Once in so many looks the neighbours of the candidates left come back to life: the oscillator warms up on a body.
# At 20 looks a second it may wander by 0.0125 % a second; 10 °C shift that of an MPU-6050 by well under 1 %.
_REVIVE_LOOKS = 40
# One gap may touch two looks. More breaks, each within 40 looks (2 s) of the one before, mean a period learnt wrongly.
_BREAKS = 2
_RELEARN_LOOKS = 40
# How much closer or wider than the period two stamps may be while the estimate settles.
_SLEW = 0.2
# Stamps grow by so much at least, whatever the chip does.
_LEAST_STEP_NS = 1e3


class SampleClock:
    """Stamps the samples of one chip; `rate_hz` is its rate by the data sheet.

    Stamps always grow. Samples that must have been taken but never came are counted in `dropped`.
    """

    def __init__(self, rate_hz: float) -> None:
        self._nominal = 1e9 / rate_hz
        self._periods: F64 = self._nominal * (1.0 + np.linspace(-SPREAD, SPREAD, _CANDIDATES))
        self._usual: F64 = np.exp(-((self._periods / self._nominal - 1.0) ** 2) / (2 * _USUAL**2))
        self._dropped = 0
        self._last: float | None = None
        self.restart()

    @property
    def dropped(self) -> int:
        """How many samples are missing between the stamps given so far."""
        return self._dropped

    @property
    def period_ns(self) -> float:
        """The period as it is known by now, in nanoseconds."""
        return self._estimate()[1] if self._locked else self._nominal

    def restart(self) -> None:
        """Forget phase and period: the chip was set up anew. The stamps go on growing."""
        self._lo: F64 = np.full(_CANDIDATES, -np.inf)
        self._hi: F64 = np.full(_CANDIDATES, np.inf)
        self._locked = False
        self._looked_ns = -np.inf
        self._looks = 0
        self._breaks = 0
        self._broke_at = 0

    def stamp(self, count: int, before_ns: int, after_ns: int) -> list[int]:
        """Give the times in ns of `count` new samples, the oldest first.

        The look at the FIFO's count fell between `before_ns` and `after_ns`.
        """
        if count == 0:
            self._looked_ns = before_ns
            return []
        steady = self._follow(count, before_ns, after_ns)
        self._looked_ns = before_ns
        newest, period = self._estimate()
        first, step = self._spread(count, newest, period, steady=steady)
        stamps = [round(first + step * index) for index in range(count)]
        self._last = first + step * (count - 1)
        return stamps

    def _follow(self, count: int, before_ns: int, after_ns: int) -> bool:
        """Carry the intervals to the newest sample and narrow them; False when the row of samples is broken."""
        self._looks += 1
        if self._looks % _REVIVE_LOOKS == 0:
            self._revive()
        floor = np.maximum(before_ns - self._periods, self._looked_ns) - _SLACK_NS
        ceiling = np.full(_CANDIDATES, after_ns + _SLACK_NS)
        if self._locked:
            # First as if nothing were missing: the middle of the interval is only a guess.
            if self._carry(count, floor, ceiling):
                return True
            newest, period = self._estimate()
            missing = round(((floor.mean() + ceiling.mean()) / 2 - newest) / period) - count
            if self._may_break() and self._carry(count + missing, floor, ceiling):
                return False
        self._keep(floor, ceiling)
        self._breaks = 0
        first_ever = not self._locked and self._last is None
        self._locked = True
        return first_ever

    def _carry(self, steps: int, floor: F64, ceiling: F64) -> bool:
        """Move all intervals on by so many periods; False, and nothing done, when that fits no candidate."""
        leak = _LEAK * abs(steps) * self._nominal
        lo = np.maximum(self._lo + steps * self._periods - leak, floor)
        hi = np.minimum(self._hi + steps * self._periods + leak, ceiling)
        fits = bool((lo <= hi).any())
        if fits:
            self._keep(lo, hi)
        return fits

    def _may_break(self) -> bool:
        """Whether a break in the row may be believed once more, rather than the period be learnt afresh."""
        recent = self._looks - self._broke_at < _RELEARN_LOOKS
        self._breaks = self._breaks + 1 if recent else 1
        self._broke_at = self._looks
        return self._breaks <= _BREAKS

    def _keep(self, lo: F64, hi: F64) -> None:
        dead = lo > hi
        self._lo = np.where(dead, np.inf, lo)
        self._hi = np.where(dead, -np.inf, hi)

    def _revive(self) -> None:
        for edge, pick in ((self._lo, np.minimum), (self._hi, np.maximum)):
            wide = edge.copy()
            wide[1:] = pick(wide[1:], edge[:-1])
            wide[:-1] = pick(wide[:-1], edge[1:])
            edge[:] = wide

    def _estimate(self) -> tuple[float, float]:
        """Time of the newest sample and the period: the centre of all that is still possible, in ns."""
        alive = self._lo <= self._hi
        lo, hi, periods = self._lo[alive], self._hi[alive], self._periods[alive]
        weight = (hi - lo + 1.0) * self._usual[alive]
        weight /= weight.sum()
        return float(weight @ ((lo + hi) / 2)), float(weight @ periods)

    def _spread(self, count: int, newest: float, period: float, *, steady: bool) -> tuple[float, float]:
        """Time of the first of `count` samples and the step between them, in ns; after all stamps given before."""
        last = self._last
        if last is None:
            return newest - period * (count - 1), period
        if steady:
            step = min(max((newest - last) / count, (1 - _SLEW) * period), (1 + _SLEW) * period)
            return last + step, step
        first = newest - period * (count - 1)
        self._dropped += max(0, round((first - last) / period) - 1)
        if first > last + period / 2:
            return first, period
        step = max((newest - last) / count, _LEAST_STEP_NS)  # more samples than time: they are squeezed in
        return last + step, step
