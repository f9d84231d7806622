"""Fit the formula of `hingecue.pose.contour` to rendered bodies and write its weights.

python models/recipe/spine/fit_contour.py DATA
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from hingecue.pose.contour import LOG_SD_RANGE, WEIGHTS_FILE, expand, features  # noqa: E402
from hingecue.pose.outline import Aligned, back_profile  # noqa: E402
from spine.dataset import load  # noqa: E402

RIDGE = 30.0
SHARDS = 25
"""So many thousand pictures are plenty for 140 weights."""
VIEW_MAX_DEG = 35.0


def inputs(data: dict[str, np.ndarray]) -> np.ndarray:
    """Compute the formula's inputs for every sample."""
    rows = []
    for mask, landmarks, lean, torso in zip(
        data["mask"], data["landmarks"], data["lean"], data["torso_px"], strict=True
    ):
        aligned = Aligned(mask.astype(np.float32) / 255, landmarks.astype(np.float32), float(lean), float(torso))
        rows.append(features(aligned, back_profile(aligned.mask)))
    return np.array(rows)


def usable(data: dict[str, np.ndarray]) -> np.ndarray:
    """Choose pictures from the side, bent, with landmarks on the person."""
    return (data["view_deg"] <= VIEW_MAX_DEG) & data["on_person"]


def fit(data: Path) -> None:
    """Fit, report, and write the weights."""
    train, test = load(data, test=False, limit=SHARDS), load(data, test=True)
    keep = usable(train)
    x, y = inputs({k: v[keep] for k, v in train.items()}), train["total_deg"][keep]
    mean, scale, bias = x.mean(0), x.std(0) + 1e-3, float(y.mean())

    def standard(values: np.ndarray) -> np.ndarray:
        return expand(np.clip((values - mean) / scale, -4, 4).astype(np.float32))

    z = standard(x)
    gram = z.T @ z
    weights = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), z.T @ (y - bias))
    error = z @ weights + bias - y
    # The shape of the SD is fitted to the errors' size, its level so that errors over SDs have unit variance.
    size = np.log(np.abs(error) + 1.0)
    sd_weights = np.linalg.solve(gram + 10 * RIDGE * np.eye(len(gram)), z.T @ (size - size.mean()))
    level = 0.5 * float(np.log(np.mean((error / np.exp(z @ sd_weights)) ** 2)))
    report(test, standard, weights, bias, sd_weights, level)
    fitted = {"mean": mean, "scale": scale, "weights": weights, "bias": bias}
    fitted |= {"log_sd_weights": sd_weights, "log_sd_bias": level}
    WEIGHTS_FILE.write_text(json.dumps({k: np.round(v, 4).tolist() for k, v in fitted.items()}), "utf-8")


def report(test, standard, weights, bias, sd_weights, level) -> None:
    """Print how the formula does on bodies it has not seen."""
    keep = usable(test) & (test["trunk_deg"] > 20)
    seen = {k: v[keep] for k, v in test.items()}
    z = standard(inputs(seen))
    error = np.abs(z @ weights + bias - seen["total_deg"])
    sd = np.exp(np.clip(z @ sd_weights + level, *LOG_SD_RANGE))
    surest = error[np.argsort(sd)[: len(sd) // 2]]
    print(
        f"{len(error)} test pictures: MAE {error.mean():.2f}°, surest half {surest.mean():.2f}°, "
        f"80 % interval holds {np.mean(error < 1.2816 * sd):.1%}"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    fit(parser.parse_args().data)


if __name__ == "__main__":
    main()
