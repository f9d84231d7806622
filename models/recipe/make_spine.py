#!/usr/bin/env python3
"""Make the spine model from nothing: bodies, pictures, training, quantisation, figures.

    make_spine.py            100,000 pictures; on two cores some two hours, then one of training. It can stop and go on.
    make_spine.py --small    a few hundred pictures and one round, in minutes, into a folder of its own: proves that the
                             recipe works, and stops with status 1 when int8 and float differ by more than they may

Pictures and checkpoint stand in `--data` (default: build/spine). Without `--small` the result replaces models/spine.tflite,
the formula's weights, and their entries. Each step is also a command of its own, in `spine/`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from spine.evaluate import evaluate
from spine.export import export
from spine.fit_contour import fit
from spine.generate import generate
from spine.train import EPOCHS, train

BUILD = Path(__file__).resolve().parents[2] / "build"
INT8_APART_MAX_DEG = 0.5
SMALL_APART_MAX_DEG = 3.0
"""Mean difference of the int8 network from the float one; a network that saw a few hundred pictures is rougher."""


def main() -> int:
    """Run the recipe; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a trial in minutes")
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    wish = parser.parse_args()
    data = wish.data or BUILD / ("spine-small" if wish.small else "spine")
    if wish.small:
        generate(data, count=600, test=200, shard=100, workers=wish.workers, bodies=16, kept=4)
        train(data, data / "small.pt", epochs=1)
        apart = export(data / "small.pt", data, to=data / "models")
        most = SMALL_APART_MAX_DEG
    else:
        generate(data, count=wish.count, test=4_000, shard=1_000, workers=wish.workers)
        train(data, data / "spine.pt", epochs=EPOCHS)
        fit(data)
        apart = export(data / "spine.pt", data)
        evaluate(data)
        most = INT8_APART_MAX_DEG
    if apart > most:
        print(f"make_spine: int8 and float are {apart:.2f}° apart on average, {most}° are allowed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
