"""Between the edges of a button and whoever acts on them: one thread that keeps the deadlines and tells each action."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from hingecue.clock import monotonic_ns
from hingecue.cue.player import JOIN_S
from hingecue.cue.presses import Press, Presses

if TYPE_CHECKING:
    from collections.abc import Callable


class PressTeller:
    """Takes edges from any thread; calls `on_press` in its own, once for every action and in their order.

    Actions wait without a bound, since none may be lost and a hand makes few. `clock`: seconds.
    """

    def __init__(
        self, on_press: Callable[[Press], None], clock: Callable[[], float] = lambda: monotonic_ns() / 1e9
    ) -> None:
        self._on_press = on_press
        self._clock = clock
        self._machine = Presses()
        self._ready: deque[Press] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="button", daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Take the button's going down, now."""
        self._edge(self._machine.down)

    def up(self) -> None:
        """Take the button's coming up, now."""
        self._edge(self._machine.up)

    def close(self) -> None:
        """Tell the actions that are certain, and stop the thread."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)

    def _edge(self, take: Callable[[float], list[Press]]) -> None:
        with self._news:  # the clock is read inside, so that times are in the order in which they are taken
            self._ready.extend(take(self._clock()))
            self._news.notify_all()

    def _run(self) -> None:
        while (press := self._take()) is not None:
            self._on_press(press)

    def _take(self) -> Press | None:
        """Wait for the next action; None when this is closed and all are told."""
        with self._news:
            while True:
                now_s = self._clock()
                self._ready.extend(self._machine.at(now_s))
                if self._ready:
                    return self._ready.popleft()
                if self._closed:
                    return None
                due_s = self._machine.due_s
                self._news.wait(None if due_s is None else max(0.0, due_s - now_s))
