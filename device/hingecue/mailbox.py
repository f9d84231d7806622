"""A hand-over between two threads that holds one thing: the newest."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class MailboxClosedError(Exception):
    """Nothing will come any more."""


class MailboxPokedError(Exception):
    """Nothing came, but somebody asked to be looked at."""


class Mailbox(Generic[T]):
    """A box for one item: a new one replaces the one that was not fetched, and the loss is counted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._slot: list[T] = []
        self._closed = False
        self._drops = 0
        self._poked = False

    @property
    def drops(self) -> int:
        """How many items were replaced before anybody fetched them."""
        with self._changed:
            return self._drops

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        with self._changed:
            return self._closed

    def put(self, item: T) -> None:
        """Lay the newest item in; never waits. Items put after `close` are dropped and counted."""
        with self._changed:
            if self._closed:
                self._drops += 1
                return
            self._drops += len(self._slot)
            self._slot = [item]
            self._changed.notify()

    def get(self, timeout_s: float) -> T:
        """Take the newest item out, waiting at most `timeout_s` seconds for it.

        Raises `TimeoutError` when nothing came, `MailboxClosedError` when nothing will, `MailboxPokedError` when
        `poke` was called since and nothing is there.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._slot) or self._closed or self._poked, timeout_s):
                raise TimeoutError(f"nothing came within {timeout_s:g} s")
            self._poked, poked = False, self._poked
            if self._slot:
                return self._slot.pop()
            if poked and not self._closed:
                raise MailboxPokedError
            raise MailboxClosedError

    def poke(self) -> None:
        """Wake who waits, without an item."""
        with self._changed:
            self._poked = True
            self._changed.notify()

    def close(self) -> None:
        """Wake everybody who waits; an item that is still inside can be fetched."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
