"""Cues as short lines on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from hingecue.coach.constants import PatternName
from hingecue.cue.patterns import PATTERNS, Pattern

if TYPE_CHECKING:
    from rich.console import Console

    from hingecue.types import Cue

CUE_STYLES: Final = {
    PatternName.EARLY: "bold dark_orange",
    PatternName.AFTER: "dark_orange",
    PatternName.GOOD: "green",
}
"""The colour of each pattern on a terminal, as rich names it."""

_MARK_MS: Final = 75
"""One mark is drawn for so many milliseconds of pulse, so that a line looks the way the cue feels."""


def marks(pattern: Pattern) -> str:
    """Draw the pulses: `▮▮ ▮▮` for two short ones, `▮▮▮▮` for a long one."""
    return " ".join("▮" * max(1, pulse.on_ms // _MARK_MS) for pulse in pattern.pulses)


class ConsoleCue:
    """Writes each cue as one line; `bell` also rings the terminal's bell for the corrective ones."""

    def __init__(self, console: Console, *, bell: bool = False) -> None:
        self._console = console
        self._bell = bell

    def play(self, cue: Cue) -> None:
        """Write the cue's marks, its time and its meaning."""
        pattern = PATTERNS[PatternName(cue.pattern)]
        line = Text.assemble(
            (f"{marks(pattern):<5}", CUE_STYLES[pattern.name]), f" {cue.t_s:6.1f} s  {pattern.meaning}"
        )
        self._console.print(line, soft_wrap=True)
        if self._bell and pattern.name is not PatternName.GOOD:
            self._console.bell()

    def close(self) -> None:
        """Do nothing: a written line needs no end."""
