"""Make models/spine.tflite from the trained float network, the same to the bit each time.

    python models/recipe/spine/quantise.py            build, compare with manifest.toml, write
    python models/recipe/spine/quantise.py --check    build and compare only

`spine.f32.tflite` and `ranges.json` beside this file come from `export.py`. Weights are rounded (`rounding.py`) and ranges
measured once and kept, because float kernels round differently on each processor.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import sys
import tomllib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from litert_quantizer import algorithm_manager, qtyping, quantizer, recipe_manager

if TYPE_CHECKING:
    from collections.abc import Mapping

    Ranges = Mapping[str, tuple[float, float]]

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[1]
FLOAT = HERE / "spine.f32.tflite"
RANGES = HERE / "ranges.json"
PRODUCT = "spine.tflite"

EVERY = qtyping.TFLOperationName.ALL_SUPPORTED
LEAVE = algorithm_manager.AlgorithmName.NO_QUANTIZE
ENDS = (qtyping.TFLOperationName.INPUT, qtyping.TFLOperationName.OUTPUT)
DENSE = (qtyping.TFLOperationName.CONV_2D, qtyping.TFLOperationName.FULLY_CONNECTED)
CAREFUL = (
    r".*Eye_eye/torch.nn.modules.container.Sequential_[056]/.*", r".*Sequential_look/.*", r".*Sequential_feel/.*",
    r".*Sequential_trace/.*", r"spine.net.SpineNet;.*", r"serving_default_output.*",
)  # fmt: skip
"""What reckons in float on int8 weights: the first convolution, those with 6 cells a side, and all layers after the convolutions,
where numbers of every size meet. With int8 activations there the answer moves by 1.0° on average, without by 0.2°."""


def worker(model: bytes) -> quantizer.Quantizer:
    """Give a quantiser for the float model: int8, with float activations at the ends and in CAREFUL."""
    rules = recipe_manager.RecipeManager()
    rules.add_static_config(regex=".*", operation_name=EVERY, activation_num_bits=8, weight_num_bits=8)
    for operation in ENDS:
        rules.add_quantization_config(regex=".*", operation_name=operation, algorithm_key=LEAVE)
    weights_only = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=8, symmetric=True, granularity=qtyping.QuantGranularity.CHANNELWISE
        ),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    scaling = algorithm_manager.AlgorithmName.MIN_MAX_UNIFORM_QUANT
    for name in CAREFUL:
        rules.add_quantization_config(regex=name, operation_name=EVERY, algorithm_key=LEAVE)
        for operation in DENSE:
            rules.add_quantization_config(
                regex=name, operation_name=operation, algorithm_key=scaling, op_config=weights_only
            )
    made = quantizer.Quantizer(model)
    made.load_quantization_recipe(rules.get_quantization_recipe())
    return made


def measure_ranges(model: bytes, sight: np.ndarray, body: np.ndarray) -> dict[str, tuple[float, float]]:
    """Run the float model over samples and give each computed tensor's range.

    The quantiser's own `calibrate` gives a running mean of each sample's ends, so that half of the samples lie outside.
    """
    content = schema.Model.GetRootAs(model)
    graph = content.Subgraphs(0)
    tensors = (graph.Tensors(i) for i in range(graph.TensorsLength()))
    names = {t.Name().decode() for t in tensors if not content.Buffers(t.Buffer()).DataLength()}
    with warnings.catch_warnings(action="ignore"):  # that this is meant for looking into a model, which it is
        interpreter = Interpreter(model_content=model, num_threads=1, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    inputs = {detail["name"]: detail["index"] for detail in interpreter.get_input_details()}
    places = {d["name"]: d["index"] for d in interpreter.get_tensor_details() if d["name"] in names}
    ends = {name: (float("inf"), float("-inf")) for name in sorted(places)}
    for one_sight, one_body in zip(sight, body, strict=True):
        interpreter.set_tensor(inputs["serving_default_args_0"], one_sight[None])
        interpreter.set_tensor(inputs["serving_default_args_1"], one_body[None])
        interpreter.invoke()
        for name, (low, high) in ends.items():
            values = interpreter.get_tensor(places[name])
            ends[name] = min(low, float(values.min())), max(high, float(values.max()))
    return ends


def quantise(model: bytes, ranges: Ranges) -> bytes:
    """Give the int8 version of the float model."""
    statistics = {
        name: {"min": np.float32(low).reshape(1), "max": np.float32(high).reshape(1)}
        for name, (low, high) in ranges.items()
    }
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars
        return bytes(worker(model).quantize(statistics, enable_progress_report=False).quantized_model)


def main() -> int:
    """Build and compare; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    content = quantise(FLOAT.read_bytes(), json.loads(RANGES.read_text("utf-8")))
    manifest = tomllib.loads((MODELS / "manifest.toml").read_text("utf-8"))
    named = next(entry["sha256"] for entry in manifest["model"] if entry["file"] == PRODUCT)
    if hashlib.sha256(content).hexdigest() != named:
        print(
            f"quantise: {PRODUCT} is not the bytes that manifest.toml names; install the versions that"
            " pyproject.toml's extra `models` pins",
            file=sys.stderr,
        )
        return 1
    if not options.check:
        (MODELS / PRODUCT).write_bytes(content)
    print(f"{PRODUCT}: the same to the bit, {len(content)} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
