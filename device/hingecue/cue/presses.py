"""What the presses of the one button mean: a pure machine, edges with their times in, actions out.

Every press belongs to exactly one action, whenever it is looked at: deadlines that have gone by are settled at their
own time before the next edge is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DOUBLE_S: Final = 0.4
"""A second press that begins within so many seconds of the first one's end makes a double (our judgement)."""

CALIBRATE_S: Final = 2.0
"""Held for so many seconds, and let go before `POWER_OFF_S`: calibrate. Nobody does it by chance (our judgement)."""

POWER_OFF_S: Final = 6.0
"""Held for so many seconds: power off, at once and without waiting for the hand (our judgement)."""


class Action(StrEnum):
    """What the button asks for."""

    START_STOP = "start_stop"
    MUTE = "mute"
    CALIBRATE = "calibrate"
    POWER_OFF = "power_off"


@dataclass(frozen=True, slots=True)
class Press:
    """An action, and when it became certain, in seconds on the clock of the edges."""

    t_s: float
    action: Action


class Presses:
    """Takes the edges of one button. Times are in seconds and do not go back: an earlier one counts as the last."""

    def __init__(self) -> None:
        self._now_s = float("-inf")
        self._down_s: float | None = None  # since when the button is held
        self._first_s: float | None = None  # when a short press ended whose meaning is still open
        self._spent = False  # the press under way has had its action

    @property
    def due_s(self) -> float | None:
        """When `at` has to be called next, unless an edge comes first; None: nothing is open."""
        if self._down_s is None:
            return None if self._first_s is None else self._first_s + DOUBLE_S
        if self._spent:
            return None
        return self._down_s + (POWER_OFF_S if self._first_s is None else CALIBRATE_S)

    def at(self, t_s: float) -> list[Press]:
        """Settle what has become certain by `t_s`."""
        self._now_s = max(self._now_s, t_s)
        presses = []
        while (due_s := self.due_s) is not None and due_s <= self._now_s:
            if self._first_s is not None:  # no second press came, or it became a long one: the first stands alone
                self._first_s = None
                presses.append(Press(due_s, Action.START_STOP))
            else:
                self._spent = True
                presses.append(Press(due_s, Action.POWER_OFF))
        return presses

    def down(self, t_s: float) -> list[Press]:
        """Take the button's going down; one that is down already stays so."""
        presses = self.at(t_s)
        if self._down_s is None:
            self._down_s, self._spent = self._now_s, False
        return presses

    def up(self, t_s: float) -> list[Press]:
        """Take the button's coming up; one that was held before anybody looked means nothing."""
        presses = self.at(t_s)
        if self._down_s is None:
            return presses
        long = self._now_s >= self._down_s + CALIBRATE_S
        self._down_s = None
        if self._spent:
            return presses
        if long:
            presses.append(Press(self._now_s, Action.CALIBRATE))
        elif self._first_s is not None:
            self._first_s = None
            presses.append(Press(self._now_s, Action.MUTE))
        else:
            self._first_s = self._now_s
        return presses
