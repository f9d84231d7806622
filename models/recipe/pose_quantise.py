"""Quantise a folded pose network to int8, from activation ranges that are measured once and kept as a file.

The ranges are the only thing that depends on the machine (float kernels round differently on each processor).
Kept as numbers in `calibration/ranges.json`, they make the build the same to the bit everywhere.
"""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING

import numpy as np
from litert_quantizer import algorithm_manager, qtyping, quantizer, recipe_manager
from pose_fold import SIGNATURE, operation_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Ranges = Mapping[str, tuple[float, float]]

_EVERY = qtyping.TFLOperationName.ALL_SUPPORTED
_CONVOLUTIONS = (qtyping.TFLOperationName.CONV_2D, qtyping.TFLOperationName.DEPTHWISE_CONV_2D)
_ALGORITHM = algorithm_manager.AlgorithmName


def float_operations(model: bytes, stem: int, deep: tuple[int, int], body_end: str, ends: Iterable[str]) -> list[str]:
    """Name what stays float in a folded `model`, each by the tensor it writes.

    These are the inputs and outputs (`ends`), the first `stem` operations, those from `deep[0]` up to `deep[1]`, and
    all that stand after the one whose name starts with `body_end`: the heads, whose int8 steps would be pixels.
    """
    operations = operation_names(model)
    last = next(index for index, name in enumerate(operations) if name.startswith(body_end))
    return list(dict.fromkeys([*ends, *operations[:stem], *operations[slice(*deep)], *operations[last + 1 :]]))


def measure_ranges(model: bytes, keep_float: Iterable[str], images: np.ndarray) -> dict[str, tuple[float, float]]:
    """Run the folded `model` over `images` (float32 (n, side, side, 3)) and give each tensor's range."""
    worker = _quantizer(model, keep_float)
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars
        result = worker.calibrate({SIGNATURE: [{"image": image[None]} for image in images]}, num_threads=1)
    return {
        name: (float(np.ravel(values["min"])[0]), float(np.ravel(values["max"])[0]))
        for name, values in sorted(result.items())
        if values
    }


def quantise(model: bytes, keep_float: Iterable[str], ranges: Ranges) -> bytes:
    """Give the int8 version of the folded float `model`; convolutions in `keep_float` get float16 weights."""
    statistics = {
        name: {"min": np.float32(low).reshape(1), "max": np.float32(high).reshape(1)}
        for name, (low, high) in ranges.items()
    }
    worker = _quantizer(model, keep_float)
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars
        return bytes(worker.quantize(statistics, enable_progress_report=False).quantized_model)


def _quantizer(model: bytes, keep_float: Iterable[str]) -> quantizer.Quantizer:
    rules = recipe_manager.RecipeManager()
    rules.add_static_config(regex=".*", operation_name=_EVERY, activation_num_bits=8, weight_num_bits=8)
    float16_weights = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    for name in keep_float:
        this = f"^{re.escape(name)};"
        rules.add_quantization_config(regex=this, operation_name=_EVERY, algorithm_key=_ALGORITHM.NO_QUANTIZE)
        for operation in _CONVOLUTIONS:
            rules.add_quantization_config(
                regex=this,
                operation_name=operation,
                algorithm_key=_ALGORITHM.FLOAT_CASTING,
                op_config=float16_weights,
            )
    worker = quantizer.Quantizer(model)
    worker.load_quantization_recipe(rules.get_quantization_recipe())
    return worker
