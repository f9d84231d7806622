#!/usr/bin/env python3
"""Make the spine model from nothing: bodies, pictures, training, quantisation, figures.

    make_spine.py            100,000 pictures and 400,000 sketches; on two cores an hour and a half, then as long again of training. It
                             can stop and go on.
    make_spine.py --small    a few hundred pictures and sketches and a few rounds, in minutes, into a folder of its own: proves that the
                             recipe works (`spine/trial.py` says by what), and stops with status 1 where it does not

Pictures and checkpoint stand in `--data` (default: build/spine). Without `--small` the result replaces models/spine.tflite,
the formula's weights, and their entries. Each step is also a command of its own, in `spine/`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from spine import trial
from spine.evaluate import evaluate
from spine.export import export
from spine.fit_contour import fit
from spine.generate import generate
from spine.sketches import sketch
from spine.train import EPOCHS, train

BUILD = Path(__file__).resolve().parents[2] / "build"
INT8_APART_MAX_DEG = 0.5


def small(data: Path, workers: int) -> None:
    """Go once through all steps on little; SystemExit where one does not do its work."""
    generate(data, workers=workers, **trial.SIZES)
    trial.check_first_pictures(data)
    trial.check_pictures_count(data)
    trial.check_taken_up_again(data, workers)
    sketch(data, workers=workers, **trial.SKETCHES)
    trial.check_sketches(data)
    checkpoint = data / "small.pt"
    checkpoint.unlink(missing_ok=True)
    train(data, checkpoint, epochs=trial.EPOCHS, until=trial.STOP_AFTER)
    trial.check_learned(train(data, checkpoint, epochs=trial.EPOCHS))
    trial.check_moved()
    trial.check_drawn(data)
    trial.check_int8(export(checkpoint, data, to=data / "models"))
    trial.check_in_product(data)


def main() -> int:
    """Run the recipe; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a trial in minutes")
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--sketches", type=int, default=400_000)
    parser.add_argument("--workers", type=int, default=2)
    wish = parser.parse_args()
    data = wish.data or BUILD / ("spine-small" if wish.small else "spine")
    if wish.small:
        small(data, wish.workers)
        return 0
    generate(data, count=wish.count, test=4_000, shard=1_000, workers=wish.workers)
    sketch(data, count=wish.sketches, workers=wish.workers)
    train(data, data / "spine.pt", epochs=EPOCHS)
    fit(data)
    apart = export(data / "spine.pt", data)
    evaluate(data)
    if apart > INT8_APART_MAX_DEG:
        print(f"make_spine: int8 and float are {apart:.2f}° apart, {INT8_APART_MAX_DEG}° are allowed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
