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

SPREAD_MIN = 1e-4
"""Added to the variance of a channel that may be dead."""


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


def numbers(graph: bytes) -> dict[str, dict[str, np.ndarray]]:
    """Give the weights and the bias of each layer of a float graph, as TFLite lays them out."""
    model = schema.Model.GetRootAs(graph)
    main = model.Subgraphs(0)
    found: dict[str, dict[str, np.ndarray]] = {}
    for i in range(main.TensorsLength()):
        tensor = main.Tensors(i)
        buffer = model.Buffers(tensor.Buffer())
        path = layer_path(tensor.Name().decode())
        if path is None or tensor.Type() != schema.TensorType.FLOAT32 or not buffer.DataLength():
            continue
        shape = tuple(tensor.ShapeAsNumpy().tolist())
        values = np.frombuffer(buffer.DataAsNumpy().tobytes(), "<f4").reshape(shape)
        found.setdefault(path, {})["bias" if len(shape) == 1 else "weight"] = values
    return found


@torch.no_grad()
def take_over(net: SpineNet, graph: bytes, sight: torch.Tensor, body: torch.Tensor) -> list[str]:
    """Start a network from a trained float graph: every layer that both have; give the names of these.

    A layer with more inputs than the graph's keeps its own numbers for what is new, at nought. The graph has its batch norms
    folded; they come back with the mean and the spread that `sight` and `body` have there, and change nothing.
    """
    layers = dict(net.named_modules())
    norms: dict[nn.BatchNorm2d, torch.Tensor] = {}
    taken = []
    for path, values in numbers(graph).items():
        layer = layers.get(path)
        weight = torch.from_numpy(values["weight"].copy())
        if isinstance(layer, nn.Linear):
            layer.weight.zero_()
            layer.weight[:, : weight.shape[1]] = weight
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(values["bias"].copy()))
        elif isinstance(layer, nn.Conv2d):
            layer.weight.copy_(weight.permute(3, 0, 1, 2) if layer.groups > 1 else weight.permute(0, 3, 1, 2))
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(values["bias"].copy()))
                taken.append(path)
                continue
            parent, _, number = path.rpartition(".")
            norm = layers[f"{parent}.{int(number) + 1}"]
            assert isinstance(norm, nn.BatchNorm2d), path
            norms[norm] = torch.from_numpy(values["bias"].copy())
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.fill_(1)
            norm.bias.copy_(norms[norm])
            taken.append(f"{parent}.{int(number) + 1}")
        else:
            continue
        taken.append(path)
    seen: dict[nn.BatchNorm2d, torch.Tensor] = {}
    hooks = [n.register_forward_hook(lambda norm, given, _: seen.__setitem__(norm, given[0])) for n in norms]
    net.eval()
    net(sight, body)
    for hook in hooks:
        hook.remove()
    for norm, bias in norms.items():
        mean, spread = seen[norm].mean((0, 2, 3)), seen[norm].var((0, 2, 3), unbiased=False) + SPREAD_MIN
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(spread)
        norm.weight.copy_(torch.sqrt(spread + norm.eps))
        norm.bias.copy_(bias + mean)
    return taken


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
