"""Draws hardware/mounting.svg from field_of_view.py: `python hardware/draw_mounting.py`."""

from __future__ import annotations

import math
import sys
from html import escape
from pathlib import Path
from typing import Final

from field_of_view import LENSES, feet_from, seen
from hingecue.posture.constants import VIEW_SIDE_MAX_DEG

TARGET: Final = Path(__file__).resolve().parent / "mounting.svg"

WIDTH, HEIGHT = 1400, 1190  # px
SCALE: Final = 190.0  # px for a metre
HEIGHT_M, AWAY_M = 1.0, 2.5  # of the camera, and from it to the person: the middle of what the README says
PERSON_M: Final = 1.75  # tall
FLOOR_Y, WALL_X = 610, 90  # px, side elevation
LENS_M: Final = 0.12  # from the wall; distances count from the lens
PERSON_X_M: Final = LENS_M + AWAY_M
PLAN_Y: Final = 930  # px: the camera's axis in the plan

INK, GREY, BLUE, GREEN = "#1f2937", "#9ca3af", "#1d4ed8", "#15803d"
STANDARD, WIDE = LENSES["standard"][1], LENSES["wide"][1]


def side(x_m: float, up_m: float) -> tuple[float, float]:
    """Give the place on the sheet of a point in the side elevation: metres from the wall and above the floor."""
    return WALL_X + SCALE * x_m, FLOOR_Y - SCALE * up_m


def line(colour: str, *points: tuple[float, float], width: float = 2.5, dash: str = "") -> str:
    """Give a line through the points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linecap="round" stroke-linejoin="round"{dashed}/>'
    )


def area(colour: str, *points: tuple[float, float]) -> str:
    """Give a faint area between the points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{path}" fill="{colour}" fill-opacity="0.10"/>'


def text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 16, colour: str = INK) -> str:
    """Give words that stand on the line `y`."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{colour}">{escape(words)}</text>'


def disc(x: float, y: float, radius: float, colour: str) -> str:
    """Give a filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}"/>'


def measure(one: tuple[float, float], two: tuple[float, float]) -> str:
    """Give a line with a stroke across each end, as for a measure."""
    (x, y), (x2, y2) = one, two
    long = math.hypot(x2 - x, y2 - y)
    across_x, across_y = 7 * (y - y2) / long, 7 * (x2 - x) / long
    ends = [line(INK, (a - across_x, b - across_y), (a + across_x, b + across_y), width=1.5) for a, b in (one, two)]
    return line(INK, one, two, width=1.5) + "".join(ends)


def cone(colour: str, field_deg: float, name: str, words_y: float) -> list[str]:
    """Draw what a level camera sees up to the person, and say it."""
    low, high = seen(HEIGHT_M, AWAY_M, field_deg)
    lens = side(LENS_M, HEIGHT_M)
    corners = [side(PERSON_X_M, high), side(PERSON_X_M, low)]
    feet = feet_from(HEIGHT_M, field_deg)
    said = f"{name} {field_deg}°: sees {max(low, 0):.2f} to {high:.2f} m, the feet from {feet:.2f} m on"
    return [
        area(colour, lens, *corners)
        if low > 0
        else area(colour, lens, corners[0], side(PERSON_X_M, 0), side(LENS_M + feet, 0)),
        line(colour, lens, corners[0], width=1.5, dash="8 6"),
        line(colour, lens, corners[1] if low > 0 else side(LENS_M + feet, 0), width=1.5, dash="8 6"),
        text(700, words_y, said, colour=colour),
    ]


def standing(x_m: float) -> list[str]:
    """Draw a person who stands and is seen from the front or the back: the camera sees the side."""
    tall, x = PERSON_M, x_m
    hip, shoulder = 0.53 * tall, 0.82 * tall
    body = [
        line(GREY, side(x - 0.08, 0.02), side(x - 0.07, hip), width=20),
        line(GREY, side(x + 0.08, 0.02), side(x + 0.07, hip), width=20),
        line(GREY, side(x, hip), side(x, shoulder - 0.04), width=44),
        line(
            GREY, side(x - 0.2, 0.45 * tall), side(x - 0.17, shoulder - 0.03), side(x + 0.17, shoulder - 0.03), width=13
        ),
        line(GREY, side(x + 0.17, shoulder - 0.03), side(x + 0.2, 0.45 * tall), width=13),
    ]
    return [*body, disc(*side(x, 0.93 * tall), 0.065 * tall * SCALE, GREY)]


def bent(x: float, y: float) -> list[str]:
    """Draw a hinge as the camera sees it, facing right; (x, y) is the floor below the ankle. No sensor is drawn."""
    tall = PERSON_M * SCALE
    ankle, knee = (x, y - 0.04 * tall), (x + 0.03 * tall, y - 0.28 * tall)
    hip, shoulder = (x - 0.11 * tall, y - 0.49 * tall), (x + 0.15 * tall, y - 0.63 * tall)
    return [
        line(GREY, ankle, (x + 0.1 * tall, y - 0.02 * tall), width=13),
        *(line(GREY, ankle, knee, hip, width=22), line(GREY, hip, shoulder, width=46)),
        line(GREY, shoulder, (shoulder[0] + 0.02 * tall, y - 0.28 * tall), width=13),
        disc(shoulder[0] + 0.1 * tall, shoulder[1] - 0.035 * tall, 0.065 * tall, GREY),
        disc(shoulder[0] + 0.02 * tall, y - 0.13 * tall, 0.13 * tall, "#d1d5db"),
        disc(shoulder[0] + 0.02 * tall, y - 0.13 * tall, 0.02 * tall, INK),
    ]


def elevation() -> list[str]:
    """Draw wall, camera, person and both fields of view from the side."""
    left, right = side(0, 0), side(3.6, 0)
    parts = [*cone(BLUE, STANDARD, "standard lens, landscape,", 170), *cone(GREEN, WIDE, "wide lens, landscape,", 200)]
    parts += [line(INK, left, right), line(INK, left, side(0, 2.3), width=5), *standing(PERSON_X_M)]
    x, y = side(0, HEIGHT_M)
    parts += [f'<rect x="{x:.1f}" y="{y - 14:.1f}" width="22" height="28" rx="3" fill="{INK}"/>']
    parts += [line(INK, side(LENS_M, HEIGHT_M), side(PERSON_X_M, HEIGHT_M), width=1, dash="3 6")]
    parts += [measure((WALL_X - 30, FLOOR_Y), (WALL_X - 30, y)), text(WALL_X - 80, y - 14, f"{HEIGHT_M:.1f} m")]
    parts += [measure((side(LENS_M, 0)[0], FLOOR_Y + 28), (side(PERSON_X_M, 0)[0], FLOOR_Y + 28))]
    parts += [text(330, FLOOR_Y + 52, f"{AWAY_M:.1f} m (2 to 3)", anchor="middle")]
    parts += [
        text(WALL_X + 10, y + 110, "camera, level"),
        *bent(1060, FLOOR_Y),
        line(INK, (850, FLOOR_Y), (1290, FLOOR_Y)),
    ]
    return [*parts, text(1070, FLOOR_Y + 30, "what the camera sees: the side of a hinge", anchor="middle")]


def sector(x: float, middle_deg: float) -> str:
    """Draw the sector of directions of look in which HingeCue answers, around the person in the plan."""
    radius = 0.75 * SCALE
    ends = [math.radians(middle_deg + s * VIEW_SIDE_MAX_DEG) for s in (-1, 1)]
    (ax, ay), (bx, by) = ((x + radius * math.cos(a), PLAN_Y - radius * math.sin(a)) for a in ends)
    path = f"M{x:.1f},{PLAN_Y} L{ax:.1f},{ay:.1f} A{radius:.1f},{radius:.1f} 0 0 0 {bx:.1f},{by:.1f} Z"
    return f'<path d="{path}" fill="{GREEN}" fill-opacity="0.16" stroke="{GREEN}" stroke-width="1.5"/>'


def plan() -> list[str]:
    """Draw the same from above: bar, rack, and the sectors of look."""
    x = side(PERSON_X_M, 0)[0]
    lens = (WALL_X + 22, PLAN_Y)
    reach = 200 / math.tan(math.radians(LENSES["standard"][0] / 2))  # where the field leaves the drawn strip
    near = [(lens[0] + reach, PLAN_Y + up) for up in (-200, 200)]
    parts = [area(BLUE, lens, near[0], (x, PLAN_Y - 200), (x, PLAN_Y + 200), near[1])]
    parts += [line(INK, (WALL_X, PLAN_Y - 210), (WALL_X, PLAN_Y + 210), width=5), sector(x, 90), sector(x, -90)]
    parts += [f'<rect x="{WALL_X}" y="{PLAN_Y - 14}" width="22" height="28" rx="3" fill="{INK}"/>']
    parts += [line(INK, lens, (x - 50, PLAN_Y), width=1, dash="3 6")]
    bar_y = PLAN_Y - 0.32 * SCALE
    parts += [line("#6b7280", (x - 1.1 * SCALE, bar_y), (x + 1.1 * SCALE, bar_y), width=5)]
    parts += [
        line(INK, (x + s * 0.72 * SCALE, bar_y - 40), (x + s * 0.72 * SCALE, bar_y + 40), width=9) for s in (-1, 1)
    ]
    parts += [
        f'<ellipse cx="{x:.1f}" cy="{PLAN_Y}" rx="46" ry="24" fill="{GREY}"/>',
        disc(x, PLAN_Y - 6, 20, "#6b7280"),
    ]
    parts += [
        line(INK, (x, PLAN_Y - 24), (x, PLAN_Y - 120), width=2),
        line(INK, (x - 8, PLAN_Y - 106), (x, PLAN_Y - 120), (x + 8, PLAN_Y - 106)),
    ]
    wide = f"HingeCue answers while the person looks within {VIEW_SIDE_MAX_DEG:.0f}°"
    notes = (
        (wide, GREEN),
        ("of the right angle to the camera's line, to either side.", GREEN),
        ("Beyond that it says unsure: view_not_side.", GREEN),
        ("Bar and rack stand as ever: the wall with the camera is the", INK),
        ("one that the bar's end points at. No upright and no stack of", INK),
        ("plates between camera and hips: if one is, move the camera", INK),
        ("half a metre along the wall, or hang it on the upright itself.", INK),
        ("Light from the camera's side; a plain wall behind the person.", INK),
    )
    return [
        *parts,
        *(text(850, PLAN_Y - 100 + 28 * i, words, colour=colour) for i, (words, colour) in enumerate(notes)),
    ]


def draw() -> str:
    """Give the drawing as SVG."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    words = [text(40, 50, "HingeCue mounting", size=26)]
    words += [text(40, 76, "drawn to scale from field_of_view.py by draw_mounting.py", size=14)]
    words += [text(40, 122, "from the side", size=18), text(40, PLAN_Y - 225, "from above", size=18)]
    sheet = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, "<title>HingeCue mounting</title>", sheet, *words, *elevation(), *plan(), "</svg>", ""])


if __name__ == "__main__":
    TARGET.write_text(draw(), "utf-8")
    sys.stdout.write(f"{TARGET} is drawn\n")
