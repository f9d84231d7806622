"""Plays steps at their times in one small thread; what is asked for last is what plays."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Levels: TypeAlias = tuple[float, ...]

JOIN_S: Final = 0.4
"""How long a thread may need to stop, in seconds: it only waits on a condition; two of them stay under a second."""


@dataclass(frozen=True, slots=True)
class Step:
    """Levels (0…1, one an output) and for how long, in milliseconds; None: until something else is asked for."""

    levels: Levels
    ms: int | None


@dataclass(frozen=True, slots=True)
class Track:
    """Steps in their order, once or for ever. Without steps: rest."""

    steps: tuple[Step, ...] = ()
    repeat: bool = False


class Player:
    """Writes levels in a thread called `name`, and `rest` after every track. `write` must not raise."""

    def __init__(self, name: str, write: Callable[[Levels], None], rest: Levels) -> None:
        self._write = write
        self._rest = rest
        self._news = threading.Condition()
        self._next: Track | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def play(self, track: Track) -> None:
        """Play this instead of what plays now; returns at once. After `close` it does nothing."""
        with self._news:
            self._next = track
            self._news.notify_all()

    def close(self) -> bool:
        """Rest, and stop the thread; False when it would not stop within `JOIN_S`."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        self._thread.join(JOIN_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (track := self._take()) is not None:
            for step in cycle(track.steps) if track.repeat else track.steps:
                self._write(step.levels)
                if self._interrupted(step.ms):
                    break
            self._write(self._rest)

    def _take(self) -> Track | None:
        with self._news:
            self._news.wait_for(self._has_news)
            track, self._next = self._next, None
            return None if self._closed else track

    def _interrupted(self, ms: int | None) -> bool:
        with self._news:
            return self._news.wait_for(self._has_news, None if ms is None else ms / 1000)

    def _has_news(self) -> bool:
        return self._closed or self._next is not None
