"""The page of a session's picture: its edges, its axes, and words on it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from hingecue.store.figures import INK

if TYPE_CHECKING:
    from hingecue.store.plot import Scale

LEFT: Final = 76.0
RIGHT: Final = 1094.0
"""Where the curves begin and end, px."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Where a time and an angle stand on the page."""

    x: Scale
    y: Scale

    def place(self, t_s: float, deg: float) -> tuple[float, float]:
        """Give the place of an angle at a time, px."""
        return self.x(t_s), self.y(deg)


def write(
    x: float, y: float, words: str, *, size: float = 14, ink: str = INK, weight: int = 400, anchor: str = "start"
) -> str:
    """Write words at a place, as an SVG element."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" fill="{ink}"'
        f' text-anchor="{anchor}">{escape(words)}</text>'
    )
