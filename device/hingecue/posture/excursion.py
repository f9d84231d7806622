"""Where bends begin, turn and end: hysteresis on one signal, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from hingecue.posture.constants import (
    BENT_FROM_DEG,
    END_RISE_DEG,
    END_SHARE,
    RANGE_MIN_DEG,
    START_FOOT_DEG,
    START_RISE_DEG,
    TURN_DEG,
    TURN_SHARE,
)


class Phase(Enum):
    """Where in an excursion the trunk is."""

    UNKNOWN = auto()
    TOP = auto()
    DOWN = auto()
    UP = auto()


@dataclass(frozen=True, slots=True)
class Excursion:
    """One way down and up again; a time is None where the film did not show it."""

    start_s: float | None
    bottom_s: float
    end_s: float | None
    peak_deg: float
    range_deg: float


class ExcursionTracker:
    """Finds excursions in a signal in degrees that is about 0 in standing and grows as the person bends.

    A bend starts when the signal has risen by START_RISE over its lowest value, is dated back to its foot, turns
    when it has come back by TURN, and ends near where it began, or where the next bend begins, whichever is first.
    """

    def __init__(self) -> None:
        self.phase = Phase.UNKNOWN
        self._low = self._high = 0.0
        self._low_t = self._high_t = 0.0
        self._foot_t = 0.0
        self._base = 0.0
        self._start_t: float | None = None
        self._trough = 0.0
        self._trough_t = 0.0

    @property
    def start_s(self) -> float | None:
        """When the bend under way began, None when the film began inside it or no bend is under way."""
        return self._start_t if self.phase in (Phase.DOWN, Phase.UP) else None

    def update(self, t_s: float, x: float) -> Excursion | None:
        """Take the next sample; give the excursion that it completes, if any."""
        if self.phase is Phase.UNKNOWN:
            self._begin(t_s, x)
            return None
        if self.phase is Phase.TOP:
            self._at_top(t_s, x)
            return None
        if self.phase is Phase.DOWN:
            self._going_down(t_s, x)
            return None
        return self._going_up(t_s, x)

    def finish(self) -> Excursion | None:
        """Give the excursion that the end of the film cut off, if it was one already."""
        if self.phase is Phase.DOWN and self._range() >= RANGE_MIN_DEG:
            return Excursion(self._start_t, self._high_t, None, self._high, self._range())
        if self.phase is Phase.UP and self._range() >= RANGE_MIN_DEG:
            back = self._high - self._trough
            end = self._trough_t if back >= 0.5 * self._range() else None
            return Excursion(self._start_t, self._high_t, end, self._high, max(self._range(), back))
        return None

    def _begin(self, t_s: float, x: float) -> None:
        if x >= BENT_FROM_DEG:
            self._base = 0.0
            self._start_t = None
            self._dive(t_s, x)
        else:
            self._rest(t_s, x)

    def _rest(self, t_s: float, x: float) -> None:
        self.phase = Phase.TOP
        self._low, self._low_t, self._foot_t = x, t_s, t_s

    def _dive(self, t_s: float, x: float) -> None:
        self.phase = Phase.DOWN
        self._high, self._high_t = x, t_s

    def _at_top(self, t_s: float, x: float) -> None:
        if x <= self._low:
            self._low, self._low_t = x, t_s
        if x <= self._low + START_FOOT_DEG:
            self._foot_t = t_s
        if x >= self._low + START_RISE_DEG:
            self._base = self._low
            self._start_t = self._foot_t
            self._dive(t_s, x)

    def _going_down(self, t_s: float, x: float) -> None:
        if x >= self._high:
            self._high, self._high_t = x, t_s
        elif self._high - x >= self._turn():
            self.phase = Phase.UP
            self._trough, self._trough_t = x, t_s

    def _going_up(self, t_s: float, x: float) -> Excursion | None:
        if x < self._trough:
            self._trough, self._trough_t = x, t_s
        if x >= self._high:
            # It went further down than before: the turn was a pause on the way.
            self._dive(t_s, x)
            return None
        near_base = self._base + max(END_RISE_DEG, END_SHARE * self._range())
        if x <= near_base:
            return self._complete(t_s, t_s, x)
        back = self._high - self._trough
        if x - self._trough >= self._turn() and back >= 0.5 * self._range():
            # Half way up and down again: the next bend has begun at the trough.
            done = self._complete(self._trough_t, t_s, x)
            self._low = self._base = self._trough
            self._start_t = self._foot_t = self._trough_t
            self._dive(t_s, x)
            return done
        return None

    def _complete(self, end_s: float, t_s: float, x: float) -> Excursion | None:
        size = max(self._range(), self._high - self._trough)
        start = self._start_t
        done = Excursion(start, self._high_t, end_s, self._high, size)
        self._rest(t_s, x)
        return done if size >= RANGE_MIN_DEG else None

    def _range(self) -> float:
        return self._high - self._base

    def _turn(self) -> float:
        return max(TURN_DEG, TURN_SHARE * self._range())
