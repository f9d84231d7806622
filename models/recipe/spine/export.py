"""Bring a trained silhouette network among the models.

    python models/recipe/spine/export.py CHECKPOINT.pt DATA [--to FOLDER] [--convert]

Float → weights on int8's steps (`rounding.py`) → `spine.f32.tflite` (`fill.py`) and the ranges of training pictures, both kept
beside this file; → int8 (`quantise.py`), models/spine.tflite, and its entry in models/manifest.toml. The SD is scaled so that the 80 % interval holds
80 % of the first two test shards; say figures on the others only. `--to`: leave all of it in another folder, for a trial. `--convert`: make the
graph anew, for a network of another shape (extra `convert`).
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from spine.dataset import load  # noqa: E402
from spine.fill import fill  # noqa: E402
from spine.net import BODY, FLEXION_SCALE, HEADS, JOINTS, SpineNet  # noqa: E402
from spine.quantise import FLOAT, RANGES, measure_ranges, quantise  # noqa: E402
from spine.rounding import make_ready  # noqa: E402
from spine.train import predict, sights, tensors  # noqa: E402

MODELS = Path(__file__).resolve().parents[2]
CALIBRATION = 400
NAME = "spine"

ENTRY = """
[[model]]
name = "spine"
file = "spine.tflite"
sha256 = "{sha256}"
bytes = {bytes}
licence = "Apache-2.0"
quantisation = "int8; float activations in the first layer and the last ones, float32 in and out"
recipe = "models/recipe/spine/quantise.py"
title = "Spinal flexion from the silhouette"
copyright = "the HingeCue authors; trained on rendered bodies only"
sd_scale = {sd_scale:.3f}

[[model.input]]
name = "sight"
tensor = "serving_default_args_0"
shape = [1, 2, 96, 96]
dtype = "float32"
meaning = "aligned frame: the person's mask, 0 to 1; light and shade within it, -1 to 1"

[[model.input]]
name = "body"
tensor = "serving_default_args_1"
shape = [1, {body}]
dtype = "float32"
meaning = "19 landmarks (ventral, up, depth / 3 in torso lengths; visibility), sin and cos of the lean, presence"

[[model.output]]
name = "heads"
tensor = "{output}"
shape = [1, {heads}]
dtype = "float32"
meaning = "{names}"

[[model.output]]
name = "joints"
tensor = "{places}"
shape = [1, {joints}, 2]
dtype = "float32"
meaning = "the spine's joints from the pelvis to the head: ventral, up in torso lengths from the mid hip"
"""


def outputs_of(interpreter: Interpreter) -> list[dict[str, Any]]:
    """Give what the interpreter says of the heads and of the joints, in this order."""
    return sorted(interpreter.get_output_details(), key=lambda detail: len(detail["shape"]))


def run(content: bytes, sight: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Run a model file over samples: float32 (N, heads)."""
    interpreter = Interpreter(model_content=content, num_threads=2)
    interpreter.allocate_tensors()
    inputs = {d["name"]: d["index"] for d in interpreter.get_input_details()}
    output = outputs_of(interpreter)[0]["index"]
    rows = []
    for m, b in zip(sight, body, strict=True):
        interpreter.set_tensor(inputs["serving_default_args_0"], m[None])
        interpreter.set_tensor(inputs["serving_default_args_1"], b[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(output)[0].copy())
    return np.array(rows)


def sd_scale(found: np.ndarray, held: dict[str, np.ndarray]) -> float:
    """Give the factor that makes the 80 % interval hold 80 % of the readable pictures."""
    use = (held["view_deg"] <= 30) & (held["trunk_deg"] > 20) & held["on_person"]
    error = np.abs(found[use, 0] * FLEXION_SCALE - held["total_deg"][use])
    sd = np.exp(np.clip(found[use, 1], -6, 3) / 2) * FLEXION_SCALE
    return float(np.quantile(error / sd, 0.80) / 1.2816)


def write_float(net: SpineNet, path: Path, *, anew: bool) -> bytes:
    """Write the float network as .tflite, and give its bytes; `anew`: make the graph too, not only its numbers."""
    if anew:
        import litert_torch  # noqa: PLC0415 - some 5 GB that only a network of another shape needs

        litert_torch.convert(net, (torch.zeros(1, 2, 96, 96), torch.zeros(1, BODY))).export(str(path))
    else:
        path.write_bytes(fill(FLOAT.read_bytes(), net))
    return path.read_bytes()


def export(checkpoint: Path, data: Path, to: Path | None = None, *, anew: bool = False) -> float:
    """Convert, quantise, write; give how far int8 is from float on average, degrees."""
    net = SpineNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["net"])
    net.eval()
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
    train = tensors(load(data, test=False))
    count = len(train["grey"])
    rows = np.random.default_rng(0).choice(count, min(CALIBRATION, count), replace=False)
    some = {name: train[name][rows] for name in ("mask", "grey", "body")}
    sight = sights(some)
    ready = make_ready(copy.deepcopy(net), sight, some["body"])
    content = write_float(ready, FLOAT if to is None else to / FLOAT.name, anew=anew)
    ranges = measure_ranges(content, sight.numpy(), some["body"].numpy())
    product = quantise(content, ranges)
    held = load(data, test=True, limit=2)
    test = tensors(held)
    found = run(product, sights(test).numpy(), test["body"].numpy())
    apart = np.abs(found[:, 0] - predict(net, test)[:, 0]) * FLEXION_SCALE
    scale = sd_scale(found, held)
    print(f"int8 against float: mean {apart.mean():.2f}°, 99 % {np.quantile(apart, 0.99):.2f}°; SD × {scale:.3f}")
    ((MODELS if to is None else to) / f"{NAME}.tflite").write_bytes(product)
    if to is None:
        RANGES.write_text(json.dumps(ranges, indent=1) + "\n", "utf-8")
    enter(product, scale, MODELS if to is None else to)
    print(f"{NAME}.tflite: {len(product)} bytes")
    return float(apart.mean())


def enter(product: bytes, scale: float, folder: Path) -> None:
    """Write the manifest of `folder`: the product's, with the entry of this network."""
    output, places = (detail["name"] for detail in outputs_of(Interpreter(model_content=product)))
    entry = ENTRY.format(
        sha256=hashlib.sha256(product).hexdigest(), bytes=len(product), sd_scale=scale, body=BODY, heads=len(HEADS),
        names=", ".join(HEADS), output=output, places=places, joints=JOINTS,
    )  # fmt: skip
    text = (MODELS / "manifest.toml").read_text("utf-8")
    text = re.sub(r'\n\[\[model\]\]\nname = "spine"\n.*?(?=\n\[\[model\]\]\n|\Z)', "", text, flags=re.DOTALL)
    (folder / "manifest.toml").write_text(text.rstrip("\n") + "\n" + entry, "utf-8")


def main() -> None:
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--to", type=Path, metavar="FOLDER")
    parser.add_argument("--convert", action="store_true")
    options = parser.parse_args()
    export(options.checkpoint, options.data, options.to, anew=options.convert)


if __name__ == "__main__":
    main()
