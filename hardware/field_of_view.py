"""Prints what a camera sees at which distance, as the table in hardware/README.md."""

from __future__ import annotations

import math
import sys
from typing import Final

LENSES: Final = {"standard": (66, 41), "wide": (102, 67)}
"""Camera Module 3: horizontal and vertical field of view in landscape, degrees (its data sheet)."""

HEIGHTS_M: Final = (0.9, 1.0, 1.1)
DISTANCES_M: Final = (1.5, 2.0, 2.5, 3.0, 3.5)


def seen(height_m: float, distance_m: float, field_deg: float) -> tuple[float, float]:
    """Give the lowest and the highest point, m, that a level camera sees on the plane of the person."""
    half = distance_m * math.tan(math.radians(field_deg / 2))
    return height_m - half, height_m + half


def feet_from(height_m: float, field_deg: float) -> float:
    """Give the distance, m, from which on the floor under the feet is in the picture."""
    return height_m / math.tan(math.radians(field_deg / 2))


def _cell(height_m: float, distance_m: float, field_deg: float) -> str:
    low, high = seen(height_m, distance_m, field_deg)
    return f"{low:.2f} to {high:.2f}" if low > 0 else f"**{high:.2f}**"


def table() -> str:
    """Give the table for a camera at 1.0 m, and the least distances for all heights, as Markdown."""
    fields = [(f"{name}, {way}", LENSES[name][i]) for name in LENSES for i, way in ((1, "landscape"), (0, "upright"))]
    lines = ["| away | " + " | ".join(name for name, _ in fields) + " |", "|---" * (len(fields) + 1) + "|"]
    for distance in DISTANCES_M:
        cells = " | ".join(_cell(1.0, distance, deg) for _, deg in fields)
        lines += [f"| {distance:.1f} m | {cells} |"]
    for height in HEIGHTS_M:
        cells = " | ".join(f"{feet_from(height, deg):.2f} m" for _, deg in fields)
        lines += [f"| feet from, at {height:.1f} m | {cells} |"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
