"""The times of a film's frames: trusted when they make sense, mended when they do not, thinned when too many.

Pure: numbers in, numbers out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Our judgement: slower is not a film of a movement, faster is a wrong number (phones stop at 240).
MIN_FPS = 0.1
MAX_FPS = 480.0
# What is assumed when a film says nothing of use: the rate of nearly every phone and webcam.
ASSUMED_FPS = 30.0
# The landmark model gains nothing from more (our judgement; a quick bend lasts a second).
ANALYZED_FPS = 30.0
# Films up to a tenth faster than that are left alone: 30.3 fps and the like are 30 fps with a tired clock.
_THINNING_TOLERANCE = 1.1
# A frame may come this part of a period early and still be the next one.
_EARLY = 0.4
# Steps beyond these are splices or nonsense; the clock goes on from where it was (our judgement).
_SPLICE_BACK_S = 1.0
_SPLICE_FORWARD_S = 60.0
_MIN_STEP_NS = 1_000_000
# The told rate and the measured one may differ by this factor before the measured one is believed.
_RATE_FACTOR = 1.5
_USABLE_STEPS = 0.8


@dataclass(frozen=True, slots=True)
class Timing:
    """How frames get their times: the film's own stamps, or a count at `fps`. `remark`: what was odd."""

    fps: float
    by_stamps: bool
    remark: str | None = None


def plausible_fps(fps: float) -> bool:
    """Tell whether `fps` can be the rate of a film of a person."""
    return math.isfinite(fps) and MIN_FPS <= fps <= MAX_FPS


def judge_timing(stamps_ms: Sequence[float], told_fps: float) -> Timing:
    """Decide from a film's first time stamps (ms) and the rate it tells how its frames get their times."""
    told = plausible_fps(told_fps)
    measured = _measured_fps(stamps_ms)
    if measured is not None:
        if told and 1 / _RATE_FACTOR <= told_fps / measured <= _RATE_FACTOR:
            return Timing(told_fps, by_stamps=True)
        remark = f"the film says {told_fps:g} frames a second; its frame times say {measured:.4g}, which I use"
        return Timing(measured, by_stamps=True, remark=remark)
    fps = told_fps if told else ASSUMED_FPS
    if told and len(stamps_ms) < 2:
        return Timing(fps, by_stamps=False)
    source = "as the film says" if told else "which is assumed"
    remark = f"the film's frame times cannot be used; frames are counted at {fps:.4g} a second, {source}"
    return Timing(fps, by_stamps=False, remark=remark)


def _measured_fps(stamps_ms: Sequence[float]) -> float | None:
    steps = [after - before for before, after in pairwise(stamps_ms)]
    forward = [step for step in steps if math.isfinite(step) and step > 0]
    if not forward or len(forward) < _USABLE_STEPS * len(steps):
        return None
    fps = 1000.0 / median(forward)
    return fps if plausible_fps(fps) else None


class FilmClock:
    """Gives each frame of a film its time in ns: the first is `start_ns`, the others always grow."""

    def __init__(self, timing: Timing, start_ns: int = 0) -> None:
        self._timing = timing
        self._start_ns = start_ns
        self._period_ns = round(1e9 / timing.fps)
        self._shift_ns = 0
        self._last_ns: int | None = None
        self.repairs = 0

    @property
    def period_ns(self) -> int:
        """How long one frame stands, in ns, when nothing else is known."""
        return self._period_ns

    def time_of(self, index: int, stamp_ms: float) -> int:
        """Give the time of the frame that is number `index` (from 0) in the film and carries `stamp_ms`."""
        if not self._timing.by_stamps:
            return self._start_ns + round(index * 1e9 / self._timing.fps)
        t_ns = self._mended(stamp_ms)
        self._last_ns = t_ns
        return t_ns

    def _mended(self, stamp_ms: float) -> int:
        if not math.isfinite(stamp_ms):
            self.repairs += 1
            return self._start_ns if self._last_ns is None else self._last_ns + self._period_ns
        own_ns = round(stamp_ms * 1e6)
        if self._last_ns is None:
            self._shift_ns = self._start_ns - own_ns
            return self._start_ns
        step_s = (own_ns + self._shift_ns - self._last_ns) / 1e9
        if 0 < step_s <= _SPLICE_FORWARD_S:
            return own_ns + self._shift_ns
        self.repairs += 1
        if -_SPLICE_BACK_S <= step_s <= 0:
            return self._last_ns + min(_MIN_STEP_NS, self._period_ns)
        self._shift_ns = self._last_ns + self._period_ns - own_ns
        return self._last_ns + self._period_ns


class Thinner:
    """Picks frames by time so that about `ANALYZED_FPS` a second remain, as evenly as the film allows."""

    def __init__(self, fps: float) -> None:
        self.active = needs_thinning(fps)
        self._period_ns = round(1e9 / ANALYZED_FPS)
        self._due_ns: int | None = None

    def takes(self, t_ns: int) -> bool:
        """Tell whether the frame at `t_ns` is one of those that are looked at."""
        if not self.active:
            return True
        if self._due_ns is None:
            self._due_ns = t_ns
        if t_ns < self._due_ns - _EARLY * self._period_ns:
            return False
        self._due_ns = max(self._due_ns, t_ns) + self._period_ns
        return True


def needs_thinning(fps: float) -> bool:
    """Tell whether a film of `fps` frames a second has more frames than are looked at."""
    return fps > ANALYZED_FPS * _THINNING_TOLERANCE
