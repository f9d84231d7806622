"""What a person in a training picture holds, and what stands beside and behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from body.material import material as surface
from body.mesh import Mesh, solid

if TYPE_CHECKING:
    from body.pose import Posed

    from spine.postures import Drawn


def cylinder(a: np.ndarray, b: np.ndarray, radius: float, material: np.ndarray, sides: int = 18) -> Mesh:
    """Make a closed cylinder between two points, metres."""
    axis = (b - a) / np.linalg.norm(b - a)
    x = np.cross(axis, [0.3, 0.5, 0.81])
    x /= np.linalg.norm(x)
    y = np.cross(axis, x)
    t = np.arange(sides) * 2 * np.pi / sides
    ring = radius * (np.cos(t)[:, None] * x + np.sin(t)[:, None] * y)
    points = np.vstack([a + ring, b + ring, [a], [b]])
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    faces = np.vstack(
        [
            np.stack([i, j, j + sides], 1), np.stack([i, j + sides, i + sides], 1),
            np.stack([j, i, np.full(sides, 2 * sides)], 1), np.stack([i + sides, j + sides, np.full(sides, 2 * sides + 1)], 1),
        ]
    )  # fmt: skip
    return solid(points, faces, material, flat=True)


def things(drawn: Drawn, posed: Posed, rng: np.random.Generator) -> list[Mesh]:
    """Make what the person holds, and now and then an upright, a bench or a rack before or behind them."""
    metal = surface(np.full(3, rng.uniform(0.02, 0.4)), shine=0.4)
    paint = surface(rng.uniform(0.01, 0.7, 3))
    wrists = [posed.joints["wrist.L"], posed.joints["wrist.R"]]
    hands = [w + 0.08 * d.forearm for w, d in zip(wrists, (drawn.pose.left, drawn.pose.right), strict=True)]
    x = np.array([1.0, 0.0, 0.0])
    made: list[Mesh] = []
    if drawn.held in ("bar", "shoulder_bar", "plate"):
        centre = np.mean(hands, 0)
        if drawn.held == "shoulder_bar":
            turn = posed.turns["spine01"]
            centre = posed.joints["neck01"] + turn @ np.array([0.0, 0.07, rng.uniform(-0.08, 0.02)])
        half = 0.25 if drawn.held == "plate" else 1.0
        made.append(cylinder(centre - half * x, centre + half * x, 0.015, metal))
        if drawn.held == "plate" or rng.random() < 0.75:
            place, radius = (0.1 if drawn.held == "plate" else 0.7), rng.uniform(0.1, 0.225)
            thick = rng.uniform(0.03, 0.12)
            ends = [(centre + side * place * x, centre + side * (place + thick) * x) for side in (-1, 1)]
            made += [cylinder(*end, radius, paint, 28) for end in ends]
    elif drawn.held in ("dumbbells", "kettlebell"):
        for hand in hands if drawn.held == "dumbbells" else [np.mean(hands, 0)]:
            if drawn.held == "kettlebell":
                ball = hand - np.array([0, 0, 0.16])
                made.append(cylinder(ball - np.array([0, 0, 0.1]), ball + np.array([0, 0, 0.1]), 0.1, paint, 20))
                continue
            along = np.array([0.0, 1.0, 0.0]) if rng.random() < 0.6 else x
            made.append(cylinder(hand - 0.14 * along, hand + 0.14 * along, 0.016, metal))
            for side in (-1, 1):
                made.append(
                    cylinder(hand + side * 0.08 * along, hand + side * 0.16 * along, rng.uniform(0.04, 0.08), paint)
                )
    elif drawn.held == "load":
        centre = np.mean(wrists, 0) + np.array([0, -0.05, 0])
        radius = rng.uniform(0.12, 0.24)
        made.append(cylinder(centre - np.array([0, 0, radius]), centre + np.array([0, 0, radius]), radius, paint, 24))
    made += furniture(posed, rng, metal, paint)
    return made


def furniture(posed: Posed, rng: np.random.Generator, metal: np.ndarray, paint: np.ndarray) -> list[Mesh]:
    """Make uprights beside the person and a box behind them, seldom."""
    made: list[Mesh] = []
    middle = posed.vertices.mean(0)
    if rng.random() < 0.10:
        for _ in range(int(rng.integers(1, 4))):
            aside, along = rng.choice([-1, 1]) * rng.uniform(0.45, 0.9), rng.uniform(-0.8, 0.8)
            foot = np.array([middle[0] + aside, middle[1] + along, 0.0])
            made.append(cylinder(foot, foot + np.array([0, 0, 2.2]), rng.uniform(0.02, 0.045), metal, 8))
    if rng.random() < 0.06:
        at = np.array([middle[0] - 0.5, middle[1] + rng.uniform(-0.3, 0.3), 0.0])
        ends = (at + np.array([0.0, 0.0, rng.uniform(0.3, 0.5)]), at + np.array([1.0, 0.0, rng.uniform(0.3, 0.5)]))
        made.append(cylinder(*ends, rng.uniform(0.1, 0.2), paint, 4))
    return made
