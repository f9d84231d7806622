"""Draws hardware/wiring.svg from hardware/pins.toml: `python hardware/draw_wiring.py`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Final

from hingecue.cue.pins import HEADER, Pins, read_pins

HERE: Final = Path(__file__).resolve().parent
TARGET: Final = HERE / "wiring.svg"

WIDTH, HEIGHT = 1400, 1150  # px
ROW, TOP = 38, 330  # px between two rows of the header, and where the first one is
PIN_X: Final = {1: 680, 0: 720}  # px: odd pins left, even pins right
FLAG: Final = 160  # px: how wide a label at the header is
EDGE: Final = {1: 655 - FLAG, 0: 745 + FLAG}  # px: where wires leave the labels

RAILS: Final = {1: "3.3 V", 2: "5 V", 6: "ground", 9: "ground", 20: "ground", 39: "ground"}
SIDE: Final = {"motor": 0, "buzzer": 0, "led_camera": 0, "led_red": 1, "led_amber": 1, "led_green": 1, "button": 1}
COLOUR: Final = {
    "3.3 V": "#c2410c",
    "5 V": "#b91c1c",
    "ground": "#1f2937",
    "i2c_sda": "#1d4ed8",
    "i2c_scl": "#a16207",
    "motor": "#7e22ce",
    "buzzer": "#be185d",
    "button": "#0f766e",
    "led_camera": "#dc2626",
    "led_red": "#dc2626",
    "led_amber": "#b45309",
    "led_green": "#15803d",
}
NOTES: Final = (
    "Q1, Q2: NPN transistor BC337-25. 1 kΩ gives its base 2.6 mA,",
    "enough for the 160 mA of a motor that starts at 5 V.",
    "D1: flyback diode 1N5819, its ring (cathode) at 5 V: it takes",
    "the motor's current when Q1 opens. C1: 100 nF at the motor.",
    "Motor: coin, 3 V, 30 Ω or more. Buzzer: active, 5 V, 30 mA.",
    "LEDs: 470 Ω each, under 3 mA a pin. All grounds are one.",
    "Button: the Pi pulls up; 100 nF and 1 kΩ take the bounce.",
    "I2C: the Pi pulls up with 1.8 kΩ; boards need add nothing.",
    "Sensors take 3.3 V only. Never put 5 V on a pin of the Pi.",
)


def line(colour: str, *points: tuple[float, float]) -> str:
    """Give a wire through the points."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'


def text(x: float, y: float, words: str, *, anchor: str = "middle", size: int = 15, extra: str = "") -> str:
    """Give words that stand on the line `y`."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"{extra}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, *, fill: str = "#fff", stroke: str = "#1f2937") -> str:
    """Give a rounded box by its upper left corner."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="2"/>'
    )


def dot(x: float, y: float, colour: str) -> str:
    """Give the mark of two wires that meet."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="{colour}"/>'


def resistor(x: float, y: float, value: str) -> str:
    """Give a lying resistor, 70 px wide, by its middle."""
    return box(x - 35, y - 13, 70, 26) + text(x, y + 5, value)


def led(x: float, y: float, colour: str, way: int) -> str:
    """Give a lying LED by its middle; `way` +1: the current flows to the right, −1: to the left."""
    a, b = x - way * 14, x + way * 14
    return (
        f'<polygon points="{a},{y - 13} {a},{y + 13} {b},{y}" fill="{colour}" stroke="#1f2937" stroke-width="2"/>'
        + line("#1f2937", (b, y - 13), (b, y + 13))
    )


def ground(x: float, y: float) -> str:
    """Give the sign of ground, hanging at a point."""
    bars = ((16, 0), (10, 7), (4, 14))
    return "".join(line(COLOUR["ground"], (x - half, y + down), (x + half, y + down)) for half, down in bars)


def transistor(x: float, y: float, name: str) -> str:
    """Give an NPN transistor: base at (x − 40, y), collector at (x, y − 40), emitter at (x, y + 40)."""
    ink = "#1f2937"
    return (
        f'<circle cx="{x - 8}" cy="{y}" r="30" fill="#fff" stroke="{ink}" stroke-width="2"/>'
        + line(ink, (x - 40, y), (x - 20, y))
        + line(ink, (x - 20, y - 17), (x - 20, y + 17))
        + line(ink, (x - 20, y - 7), (x, y - 22), (x, y - 40))
        + line(ink, (x - 20, y + 7), (x, y + 22), (x, y + 40))
        + f'<polygon points="{x},{y + 22} {x - 12},{y + 20} {x - 5},{y + 11}" fill="{ink}"/>'
        + text(x + 30, y + 5, name, anchor="start")
    )


def capacitor(x: float, y: float, colour: str) -> str:
    """Give the plates of a capacitor that stands upright, 8 px apart; white hides the wire between them."""
    return (
        f'<rect x="{x - 14}" y="{y - 4}" width="28" height="8" fill="#fff"/>'
        + line(colour, (x - 14, y - 4), (x + 14, y - 4))
        + line(colour, (x - 14, y + 4), (x + 14, y + 4))
    )


def row_y(pin: int) -> float:
    """Where a header pin's row is, px."""
    return TOP + ROW * ((pin - 1) // 2)


def header(pins: Pins) -> list[str]:
    """Draw the 40 pins, and a label at each one that is used."""
    names = {HEADER[bcm]: (name, f"BCM {bcm}  {name}") for name, bcm in asdict(pins).items()}
    names |= {pin: (name, name) for pin, name in RAILS.items()}
    parts = [box(655, TOP - 26, 90, 19 * ROW + 52, fill="#f3f4f6"), text(700, TOP - 42, "header of the Pi")]
    for pin in range(1, 41):
        x, y = PIN_X[pin % 2], row_y(pin)
        name, label = names.get(pin, ("", ""))
        fill = COLOUR.get(name, "#d1d5db")
        parts.append(f'<circle cx="{x}" cy="{y}" r="14" fill="{fill}"/>')
        parts.append(text(x, y + 5, str(pin), size=13, extra=f' fill="{"#fff" if name else "#4b5563"}"'))
        if name:
            left = min(EDGE[pin % 2], EDGE[pin % 2] + (1 if pin % 2 else -1) * FLAG)
            parts.append(box(left, y - 14, FLAG, 28, stroke=fill))
            parts.append(text(left + FLAG / 2, y + 5, label, size=14))
    return parts


def sensors() -> list[str]:
    """Draw the two motion sensors above the four wires that they share."""
    wires = [("VCC", "3.3 V", 1), ("SDA", "i2c_sda", 3), ("SCL", "i2c_scl", 5), ("GND", "ground", 9)]
    places = (
        (40, "pelvis, on the sacrum (S1–S2)", "address 0x68 (0x6A, 0x53)", "address pin open or low"),
        (290, "thorax, lower ribs (T12/L1)", "address 0x69 (0x6B, 0x1D)", "address pin to 3.3 V"),
    )
    parts = [
        line(COLOUR[name], (EDGE[1], row_y(pin)), (75 + 52 * i, row_y(pin))) for i, (_, name, pin) in enumerate(wires)
    ]
    for left, role, address, how in places:
        for i, (label, name, pin) in enumerate(wires):
            x = left + 35 + 52 * i
            parts += [line(COLOUR[name], (x, 220), (x, row_y(pin))), dot(x, row_y(pin), COLOUR[name])]
            parts.append(text(x, 212, label, size=13))
        parts.append(f'<rect x="{left}" y="100" width="226" height="120" rx="5" fill="none" stroke="#1f2937"/>')
        parts += [text(left + 113, y, words, size=14) for y, words in ((126, role), (150, address), (174, how))]
    return parts


def lights(pins: Pins) -> list[str]:
    """Draw the three lights, from their pins to one ground."""
    what = {"led_red": "red: faults", "led_amber": "amber: cannot tell", "led_green": "green: ready, seen"}
    rows = {name: row_y(HEADER[getattr(pins, name)]) for name in what}
    low = max(rows.values()) + 40
    parts = [line(COLOUR["ground"], (230, min(rows.values())), (230, low)), ground(230, low)]
    for name, y in rows.items():
        parts += [line(COLOUR[name], (EDGE[1], y), (310, y)), line(COLOUR["ground"], (310, y), (230, y))]
        parts += [resistor(430, y, "470 Ω"), led(310, y, COLOUR[name], -1), dot(230, y, COLOUR["ground"])]
        parts.append(text(215, y + 5, what[name], anchor="end"))
    return parts


def button(pins: Pins) -> list[str]:
    """Draw the button with what takes its bounce."""
    colour, y, low = COLOUR["button"], row_y(HEADER[pins.button]), row_y(39)
    far = low + 2 * ROW
    return [
        line(colour, (EDGE[1], y), (280, y), (280, y + 38)),
        line(colour, (262, y + 38), (280, y + 76)),  # the open switch
        line(COLOUR["ground"], (280, y + 78), (280, far), (475, far), (475, low), (EDGE[1], low)),
        line(colour, (385, y), (385, far)),
        *(dot(385, y, colour), dot(385, far, COLOUR["ground"]), dot(280, y + 38, colour), dot(280, y + 78, colour)),
        *(capacitor(385, y + 57, colour), text(405, y + 62, "100 nF", anchor="start"), resistor(325, y, "1 kΩ")),
        text(248, y + 62, "the button", anchor="end"),
    ]


def motor(pins: Pins) -> list[str]:
    """Draw the motor, its diode and its transistor."""
    red, ink, purple = COLOUR["5 V"], COLOUR["ground"], COLOUR["motor"]
    y, base, low = row_y(HEADER[pins.motor]), 346, row_y(6)
    return [
        line(red, (EDGE[0], row_y(2)), (945, row_y(2)), (945, 110), (1310, 110)),
        *(line(ink, (x, 110), (x, 270)) for x in (1120, 1220, 1310)),
        *(line(ink, (1120, 270), (1310, 270)), line(ink, (1120, 270), (1120, base - 40))),
        *(dot(x, 110, red) for x in (1120, 1220)),
        *(dot(x, 270, ink) for x in (1120, 1220)),
        f'<circle cx="1120" cy="190" r="30" fill="#fff" stroke="{purple}" stroke-width="3"/>',
        *(text(1120, 197, "M", size=20), text(1080, 195, "vibration motor", anchor="end")),
        f'<polygon points="1206,204 1234,204 1220,178" fill="{ink}"/>' + line(ink, (1205, 177), (1235, 177)),
        text(1240, 196, "D1", anchor="start"),
        *(capacitor(1310, 190, ink), text(1330, 196, "C1", anchor="start")),
        line(purple, (EDGE[0], y), (945, y), (945, base), (1080, base)),
        *(resistor(1015, base, "1 kΩ"), transistor(1120, base, "Q1")),
        *(line(ink, (1120, base + 40), (1120, low), (EDGE[0], low)),),
    ]


def buzzer(pins: Pins) -> list[str]:
    """Draw the buzzer and its transistor."""
    ink, colour, y = COLOUR["ground"], COLOUR["buzzer"], row_y(HEADER[pins.buzzer])
    return [
        line(colour, (EDGE[0], y), (1200, y)) + resistor(1015, y, "1 kΩ") + transistor(1240, y, "Q2"),
        line(ink, (1240, y - 40), (1240, y - 130)) + line(COLOUR["5 V"], (1222, y - 130), (1258, y - 130)),
        text(1240, y - 138, "5 V"),
        f'<circle cx="1240" cy="{y - 82}" r="24" fill="#fff" stroke="{colour}" stroke-width="3"/>',
        text(1205, y - 77, "buzzer", anchor="end") + text(1240, y - 76, "+", size=18),
        line(ink, (1240, y + 40), (1240, y + 60)) + ground(1240, y + 60),
    ]


def camera(pins: Pins) -> list[str]:
    """Draw the light that tells that the camera is open."""
    ink, colour, y, low = COLOUR["ground"], COLOUR["led_camera"], row_y(HEADER[pins.led_camera]), row_y(20)
    return [
        line(colour, (EDGE[0], y), (1090, y)) + line(ink, (1090, y), (1140, y), (1140, low), (EDGE[0], low)),
        resistor(1015, y, "470 Ω") + led(1090, y, colour, 1) + text(1090, low + 26, "shines while the camera is open"),
    ]


def draw(pins: Pins) -> str:
    """Give the drawing as SVG. `ValueError` where a pin is on the side of the header that its part is not."""
    for name, odd in SIDE.items():
        if HEADER[getattr(pins, name)] % 2 != odd:
            raise ValueError(f"{name}: its part is drawn on the other side of the header")
    parts = [*header(pins), *sensors(), *lights(pins), *button(pins), *motor(pins), *buzzer(pins), *camera(pins)]
    parts += [text(800, 800 + 32 * i, note, anchor="start", size=15) for i, note in enumerate(NOTES)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    title = text(40, 50, "HingeCue wiring", anchor="start", size=26)
    under = text(40, 76, "drawn from pins.toml by draw_wiring.py", anchor="start", size=14)
    ground_sheet = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, "<title>HingeCue wiring</title>", ground_sheet, title, under, *parts, "</svg>", ""])


if __name__ == "__main__":
    TARGET.write_text(draw(read_pins(HERE / "pins.toml")), "utf-8")
    sys.stdout.write(f"{TARGET} is drawn\n")
