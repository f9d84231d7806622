"""The seam between a decided cue and whatever makes it felt, seen or heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hingecue.types import Cue


class CueSink(Protocol):
    """Takes cues. `play` returns at once: a sink that needs time takes it on its own thread."""

    def play(self, cue: Cue) -> None:
        """Give the lifter this cue."""

    def close(self) -> None:
        """Stop everything that still moves or shines; calling it again does nothing."""
