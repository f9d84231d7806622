"""Asking a person at the terminal: one letter, and nobody is waited for without an end."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING, Final, Protocol

from hingecue.app.output import tell

if TYPE_CHECKING:
    from typing import TextIO

PATIENCE_S: Final = 60.0
"""How long an answer may take, s: somebody walks from the device to the keyboard (our judgement)."""
YES: Final = "y"
NO: Final = "n"
AGAIN: Final = "r"


class Asker(Protocol):
    """Who is asked."""

    @property
    def there(self) -> bool:
        """Whether somebody can answer."""

    def say(self, sentence: str) -> None:
        """Say one sentence that needs no answer."""

    def ask(self, question: str) -> str | None:
        """Give `y`, `n` or `r` (once more); None when nobody has answered."""


class Terminal:
    """The person at the keyboard; questions go to stderr, so that stdout holds only findings."""

    def __init__(self, keys: TextIO | None = None, patience_s: float = PATIENCE_S) -> None:
        # Python has no stdin at all where it was closed before the start.
        self._keys = sys.stdin if keys is None else keys
        self._patience_s = patience_s
        self._there = self._keys is not None and self._keys.isatty()

    @property
    def there(self) -> bool:
        """Whether stdin is a terminal, and was not closed."""
        return self._there

    def say(self, sentence: str) -> None:
        """Say it on stderr."""
        tell(sentence)

    def ask(self, question: str) -> str | None:
        """Ask until the answer is one of the three; None without a terminal, or after `patience_s` of silence."""
        while self._there:
            tell(f"{question} [y, n, or r: once more]")
            ready, _, _ = select.select([self._keys], [], [], self._patience_s)
            line = self._keys.readline() if ready else None
            if not line:  # silence, or the terminal was closed
                self._there = line is None
                return None
            if (letter := line.strip().lower()[:1]) in {YES, NO, AGAIN}:
                return letter
        return None
