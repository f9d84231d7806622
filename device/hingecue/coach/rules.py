"""When a cue is given: at most one corrective cue a bend, and a short "good" for a hinge."""

from __future__ import annotations

from typing import Final

from hingecue.coach.constants import CORRECTIVE_GAP_S, CUE_PROBABILITY, PatternName
from hingecue.types import Bend, Cue, Kind, Role

_PRAISED: Final = frozenset({Role.REPETITION, Role.SINGLE})


class CueRule:
    """Decides on cues from what is known so far; it holds no clock, every call brings its own time.

    Bend indices grow, and `bend_index` while a bend is under way is the `Bend.index` it ends with. Two
    corrective cues are at least `CORRECTIVE_GAP_S` apart; one that comes too soon waits, and is dropped when
    its bend is over first. `Cue.latency_ms` is left to the loop, which knows when the frame was taken.
    """

    def __init__(self) -> None:
        self._corrected_bend: int | None = None
        self._corrected_at_s: float | None = None
        self._judged_bend: int | None = None

    def on_progress(self, bend_index: int, t_s: float, going_down: bool, p_flexion: float | None) -> Cue | None:
        """Give the early cue when flexion is probable enough on the way down (None: not known)."""
        if not going_down or p_flexion is None or p_flexion < CUE_PROBABILITY:
            return None
        return self._correct(bend_index, t_s, PatternName.EARLY)

    def on_bend(self, bend: Bend, t_s: float) -> Cue | None:
        """Give the cue after a finished bend, once, however often its role or kind is resolved again."""
        if self._judged_bend is not None and bend.index <= self._judged_bend:
            return None
        self._judged_bend = bend.index
        if bend.confidence < CUE_PROBABILITY:
            return None
        if bend.kind is Kind.FLEXION:
            return self._correct(bend.index, t_s, PatternName.AFTER)
        if bend.kind is Kind.HINGE and bend.role in _PRAISED:
            return Cue(t_s, PatternName.GOOD)
        return None

    def _correct(self, bend_index: int, t_s: float, pattern: PatternName) -> Cue | None:
        if bend_index == self._corrected_bend:
            return None
        if self._corrected_at_s is not None and t_s - self._corrected_at_s < CORRECTIVE_GAP_S:
            return None
        self._corrected_bend, self._corrected_at_s = bend_index, t_s
        return Cue(t_s, pattern)
