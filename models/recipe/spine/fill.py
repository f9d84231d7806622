"""Put a trained network's numbers into the .tflite graph that is kept beside this file.

The graph does not change from one training to the next, only its numbers do. So nothing that converts graphs is needed to
train anew; `export.py --convert` is for a network of another shape.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema
from torch import nn

if TYPE_CHECKING:
    from .net import SpineNet

LAYER = re.compile(r"/(?:torch\.nn\.modules\.\w+|spine\.net)\.[A-Za-z]+[0-9]*d?_(\w+)")
"""One step of the path that the converter makes a tensor's name of: `…conv.Conv2d_7`, `…spine.net.Eye_eye`."""


def layer_path(name: str) -> str | None:
    """Give the layer that a constant of the graph belongs to (`eye.6.0`), None for the graph's own constants.

    A fused constant is named after all its layers; the convolution stands last.
    """
    steps: list[str] = LAYER.findall(name.split(";;")[-1])
    return ".".join(steps) or None


def folded(net: SpineNet, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Give a layer's weights and bias as TFLite lays them out, the batch norm behind a convolution taken in."""
    layer = net.get_submodule(path)
    if isinstance(layer, nn.Linear):
        bias = np.zeros(layer.out_features, np.float32) if layer.bias is None else layer.bias.detach().numpy()
        return layer.weight.detach().numpy(), bias
    assert isinstance(layer, nn.Conv2d), path
    if layer.bias is not None:
        return layer.weight.detach().permute(0, 2, 3, 1).numpy(), layer.bias.detach().numpy()
    parent, _, number = path.rpartition(".")
    norm = net.get_submodule(f"{parent}.{int(number) + 1}")
    assert isinstance(norm, nn.BatchNorm2d), path
    gain = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    weights = layer.weight.detach() * gain[:, None, None, None]
    each_alone = layer.groups == layer.in_channels
    order = (1, 2, 3, 0) if each_alone else (0, 2, 3, 1)
    return weights.permute(*order).numpy(), (norm.bias.detach() - norm.running_mean * gain).numpy()


def fill(graph: bytes, net: SpineNet) -> bytes:
    """Give `graph` with the weights of `net`; ValueError when the two are not of one shape."""
    content = bytearray(graph)
    model = schema.Model.GetRootAs(content)
    main = model.Subgraphs(0)
    layers = {n: layer for n, layer in net.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)}
    fixed = {n: folded(net, n)[0] for n, layer in layers.items() if not layer.weight.requires_grad}
    missing = set(layers)
    for i in range(main.TensorsLength()):
        tensor = main.Tensors(i)
        if tensor.Type() != schema.TensorType.FLOAT32 or not model.Buffers(tensor.Buffer()).DataLength():
            continue
        path = layer_path(tensor.Name().decode())
        shape = tuple(tensor.ShapeAsNumpy().tolist())
        own = np.frombuffer(model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), "<f4").reshape(shape)
        kept = next((n for n, values in fixed.items() if np.array_equal(values, own)), None)
        if kept is not None:  # never trained; the converter may have lost its name
            missing.discard(kept)
            continue
        if path not in layers:
            raise ValueError(f"the graph has numbers {shape} of a layer {path} that the network lacks; convert anew")
        weights, bias = folded(net, path)
        values = bias if len(shape) == 1 else weights
        if values.shape != shape:
            raise ValueError(f"{path}: {values.shape} in the network, {shape} in the graph; convert anew")
        missing.discard(path)
        model.Buffers(tensor.Buffer()).DataAsNumpy()[:] = np.frombuffer(values.astype("<f4").tobytes(), np.uint8)
    if missing:
        raise ValueError(f"the graph has no place for {', '.join(sorted(missing))}; convert anew")
    return bytes(content)
