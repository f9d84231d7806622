"""Quantise a trained silhouette network and put it among the models.

    python models/recipe/spine/export.py CHECKPOINT.pt DATA

Float → .tflite (litert-torch) → int8 with the ranges of training pictures (litert-quantizer), models/spine.tflite, and its
entry in models/manifest.toml. The SD is scaled so that errors on the first two test shards have unit variance; say figures
on the others only.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path

import litert_torch
import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter
from litert_quantizer import algorithm_manager, qtyping, quantizer, recipe_manager

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from spine.dataset import load
from spine.net import BODY, FLEXION_SCALE, HEADS, SpineNet
from spine.train import predict, tensors

MODELS = Path(__file__).resolve().parents[2]
CALIBRATION = 400
EVERY = qtyping.TFLOperationName.ALL_SUPPORTED
LEAVE = algorithm_manager.AlgorithmName.NO_QUANTIZE
NAME = "spine"

ENTRY = """
[[model]]
name = "spine"
file = "spine.tflite"
sha256 = "{sha256}"
bytes = {bytes}
licence = "Apache-2.0"
quantisation = "int8, float32 in and out"
recipe = "models/recipe/spine/export.py"
title = "Spinal flexion from the silhouette"
copyright = "the HingeCue authors; trained on rendered bodies only"
sd_scale = {sd_scale:.3f}

[[model.input]]
name = "mask"
tensor = "serving_default_args_0"
shape = [1, 1, 96, 96]
dtype = "float32"
meaning = "the person's mask in the aligned frame, 0 to 1"

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
"""


def quantise(path: Path, mask: np.ndarray, body: np.ndarray) -> bytes:
    """Give the int8 model."""
    rules = recipe_manager.RecipeManager()
    rules.add_static_config(regex=".*", operation_name=EVERY, activation_num_bits=8, weight_num_bits=8)
    # The last layer speaks degrees and logits in one breath: one int8 scale for both would be 2° coarse.
    for operation in (qtyping.TFLOperationName.INPUT, qtyping.TFLOperationName.OUTPUT):
        rules.add_quantization_config(regex=".*", operation_name=operation, algorithm_key=LEAVE)
    rules.add_quantization_config(regex="serving_default_output.*", operation_name=EVERY, algorithm_key=LEAVE)
    maker = quantizer.Quantizer(str(path))
    maker.load_quantization_recipe(rules.get_quantization_recipe())
    samples = [{"args_0": m[None], "args_1": b[None]} for m, b in zip(mask, body, strict=True)]
    ranges = maker.calibrate({"serving_default": samples})
    return bytes(maker.quantize(ranges).quantized_model)


def run(content: bytes, mask: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Run a model file over samples: float32 (N, heads)."""
    interpreter = Interpreter(model_content=content, num_threads=2)
    interpreter.allocate_tensors()
    inputs = {d["name"]: d["index"] for d in interpreter.get_input_details()}
    output = interpreter.get_output_details()[0]["index"]
    rows = []
    for m, b in zip(mask, body, strict=True):
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


def main() -> None:
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    net = SpineNet()
    net.load_state_dict(torch.load(options.checkpoint, weights_only=True)["net"])
    net.eval()
    float_path = options.checkpoint.with_suffix(".f32.tflite")
    litert_torch.convert(net, (torch.zeros(1, 1, 96, 96), torch.zeros(1, BODY))).export(str(float_path))
    train = tensors(load(options.data, test=False, limit=2))
    mask, body = train["mask"].numpy().astype(np.float32) / 255, train["body"].numpy()
    rows = np.random.default_rng(0).choice(len(body), CALIBRATION, replace=False)
    content = quantise(float_path, mask[rows], body[rows])
    held = load(options.data, test=True, limit=2)
    test = tensors(held)
    found = run(content, test["mask"].numpy().astype(np.float32) / 255, test["body"].numpy())
    apart = np.abs(found[:, 0] - predict(net, test)[:, 0]) * FLEXION_SCALE
    scale = sd_scale(found, held)
    print(f"int8 against float: mean {apart.mean():.2f}°, 99 % {np.quantile(apart, 0.99):.2f}°; SD × {scale:.3f}")
    (MODELS / f"{NAME}.tflite").write_bytes(content)
    output = Interpreter(model_content=content).get_output_details()[0]["name"]
    entry = ENTRY.format(
        sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), sd_scale=scale, body=BODY, heads=len(HEADS),
        names=", ".join(HEADS), output=output,
    )  # fmt: skip
    manifest = MODELS / "manifest.toml"
    text = manifest.read_text("utf-8")
    text = re.sub(r'\n\[\[model\]\]\nname = "spine"\n.*?(?=\n\[\[model\]\]\n|\Z)', "", text, flags=re.DOTALL)
    manifest.write_text(text.rstrip("\n") + "\n" + entry, "utf-8")
    print(f"{NAME}.tflite: {len(content)} bytes")


if __name__ == "__main__":
    main()
