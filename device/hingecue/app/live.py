"""The live view on the console for `run` and `demo`, and the progress of long films."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hingecue.coach.constants import PatternName
from hingecue.coach.words import KIND_WORDS, ROLE_WORDS
from hingecue.cue.console import CUE_STYLES, marks
from hingecue.cue.patterns import PATTERNS
from hingecue.types import Kind, Posture, Role, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from hingecue.types import Bend, Cue

KIND_STYLES: Final = {
    Kind.HINGE: "green",
    Kind.SQUAT: "dodger_blue1",
    Kind.FLEXION: "dark_orange",
    Kind.MIXED: "yellow",
    Kind.UNSURE: "bright_black",
}
_KIND_MARKS: Final = {
    Kind.HINGE: "┐",
    Kind.SQUAT: "ʟ",
    Kind.FLEXION: "╮",
    Kind.MIXED: "~",
    Kind.UNSURE: "?",
}

_UPDATE_S: Final = 1 / 8
"""Shortest time between two paintings, s: eight a second read as movement and spare the cores."""
_CUE_SHOWN_S: Final = 1.5
"""How long a cue stays on the view, s of the source's clock: long enough to glance at (our judgement)."""
_BAR_CELLS: Final = 36
_TRUNK_FULL_DEG: Final = 100.0
"""The trunk angle that fills the bar: a full hinge reaches 90°, a long-armed reach a little more."""
_SPINE_FULL_DEG: Final = 80.0
"""The spinal flexion that fills the bar: the largest of young adults is about 72° (research/biomechanics)."""
_LONG_FILM_S: Final = 60.0
"""Films shorter than this are done before a line of progress without a terminal would help."""


class LiveView:
    """Shows what is seen now, and above it one line for every finished bend.

    On a terminal it repaints at most eight times a second; anywhere else it writes the lines only, without
    control codes.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._painted_s: float | None = None
        self._posture: Posture | None = None
        self._counts: Counter[Kind] = Counter()
        self._last: Bend | None = None
        self._cue: Cue | None = None
        self._live: Live | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            self._live = Live(self._panel(), console=console, auto_refresh=False, transient=True)
            self._live.start()

    def show(self, posture: Posture) -> None:
        """Take the newest posture; it is painted when the last painting is old enough."""
        self._posture = posture
        now_s = self._clock()
        if self._painted_s is None or now_s - self._painted_s >= _UPDATE_S:
            self._painted_s = now_s
            self._paint()

    def bend(self, bend: Bend) -> None:
        """Write a finished bend above the view and count it."""
        self._last = bend
        self._counts[bend.kind] += 1
        self._console.print(bend_line(bend), soft_wrap=True)

    def cue(self, cue: Cue) -> None:
        """Show the cue for a moment. Without a terminal the bend's own line names it."""
        self._cue = cue
        self._paint()

    def close(self) -> None:
        """Take the view off the terminal; the lines stay. Calling it again does nothing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _paint(self) -> None:
        if self._live is not None:
            self._live.update(self._panel(), refresh=True)

    def _panel(self) -> Panel:
        posture = self._posture or Posture(t_s=0.0)
        spine = posture.spine
        flexion_deg = spine.flexion_deg if spine else None
        sd_deg = spine.sd_deg if spine else None
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bright_black", min_width=5)
        grid.add_column()
        grid.add_row("trunk", _bar(posture.trunk_deg, None, _TRUNK_FULL_DEG, "steel_blue1"))
        grid.add_row("spine", _bar(flexion_deg, sd_deg, _SPINE_FULL_DEG, "medium_purple1"))
        grid.add_row("seen", _seen(posture))
        grid.add_row("bends", _tally(self._counts))
        grid.add_row("last", bend_line(self._last) if self._last else Text("none yet", "bright_black"))
        return Panel(
            Group(grid, self._word(posture)),
            title=Text("HingeCue", "bold"),
            title_align="left",
            subtitle=Text(f"{posture.t_s:.1f} s", "bright_black"),
            subtitle_align="right",
            border_style="bright_black",
            width=min(self._console.width, 78),
            padding=(0, 1),
        )

    def _word(self, posture: Posture) -> Text:
        """Give the one line below: the cue while it is fresh, else what would help us see, else nothing."""
        if self._cue is not None and 0.0 <= posture.t_s - self._cue.t_s <= _CUE_SHOWN_S:
            pattern = PATTERNS[PatternName(self._cue.pattern)]
            return Text(f"{marks(pattern)}  {pattern.meaning}", CUE_STYLES[pattern.name])
        reasons = posture.reasons or (posture.spine.reasons if posture.spine else ())
        return Text(reasons[0].advice if reasons else " ", "italic")


def bend_line(bend: Bend) -> Text:
    """Give one finished bend in one line, with every number's unit; what is not known is left out."""
    style = KIND_STYLES[bend.kind]
    line = Text.assemble(f"{bend.index:>3}  ", (f"{_KIND_MARKS[bend.kind]} {KIND_WORDS[bend.kind]:<12}", style))
    if bend.kind is not Kind.UNSURE:
        line.append(f" {bend.confidence:>4.0%}")
    parts = []
    if bend.trunk_deg is not None:
        parts.append(f"trunk {bend.trunk_deg:.0f}°")
    if bend.spine_flexion_deg is not None:
        parts.append(f"spine {_with_sd(bend.spine_flexion_deg, bend.spine_sd_deg)}")
    if bend.role in {Role.SETUP, Role.SET_DOWN}:
        parts.append(ROLE_WORDS[bend.role])
    parts.extend(f"cue {cue.pattern}" for cue in bend.cues)
    if parts:
        line.append("  " + ", ".join(parts), "bright_black")
    if bend.kind is Kind.UNSURE and bend.reasons:
        line.append(f"  {bend.reasons[0].advice}", "italic")
    return line


@contextmanager
def progress(
    total_s: float | None, label: str = "", console: Console | None = None
) -> Iterator[Callable[[float], None]]:
    """Give a function that takes how many seconds of the film are done, and shows it on stderr.

    On a terminal it is a bar. Elsewhere a film of a minute or more gets a line every 10 %, a shorter one or
    one of unknown length nothing.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _lines(total_s, label, console)
        return
    # Only long files need it: the live loop does without its megabyte.
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(Text(label).markup, total=total_s)
        yield lambda done_s: bar.update(task, completed=done_s)


def _lines(total_s: float | None, label: str, console: Console) -> Callable[[float], None]:
    told = 0

    def advance(done_s: float) -> None:
        nonlocal told
        if total_s is None or total_s < _LONG_FILM_S:
            return
        tenths = min(10, int(10 * done_s / total_s))
        if tenths > told:
            told = tenths
            console.print(Text(f"{label}: {10 * tenths} %"), soft_wrap=True)

    return advance


def _bar(value_deg: float | None, sd_deg: float | None, full_deg: float, style: str) -> Text:
    """Draw an angle as a bar with its number; one that is not known is an empty bar and says so."""
    if value_deg is None:
        return Text("─" * _BAR_CELLS + "  not known", "bright_black")
    cells = round(min(max(value_deg / full_deg, 0.0), 1.0) * _BAR_CELLS)
    return Text.assemble(
        ("━" * cells, style),
        ("─" * (_BAR_CELLS - cells), "bright_black"),
        (f"  {_with_sd(value_deg, sd_deg)}", "bold"),
    )


def _with_sd(value_deg: float, sd_deg: float | None) -> str:
    return f"{value_deg:.0f}°" if sd_deg is None else f"{value_deg:.0f} ± {sd_deg:.0f}°"


def _seen(posture: Posture) -> Text:
    if posture.view is View.UNKNOWN:
        return Text("nobody yet", "bright_black")
    facing = f", facing {posture.facing}" if posture.facing else ""
    return Text(f"from the {posture.view}{facing}" if posture.view is not View.OBLIQUE else f"at a slant{facing}")


def _tally(counts: Counter[Kind]) -> Text:
    """Count every kind that was seen, in the order of the contract."""
    parts = [Text(f"{counts[kind]} {KIND_WORDS[kind]}", KIND_STYLES[kind]) for kind in Kind if counts[kind]]
    return Text("  ").join(parts) if parts else Text("none yet", "bright_black")
