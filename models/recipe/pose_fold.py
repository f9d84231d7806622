"""Rewrite a .tflite graph: fold its compressed constants, name its tensors, drop what is not wanted.

Nothing here computes with the weights: a fold stores the float32 value that DEQUANTIZE or DENSIFY gives
anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SIGNATURE = "serving_default"
_FILE_IDENTIFIER = b"TFL3"
_ALIGNMENT = 16
_UNPACKING = (schema.BuiltinOperator.DEQUANTIZE, schema.BuiltinOperator.DENSIFY)


def fold(model: bytes, names: Mapping[str, str]) -> bytes:
    """Fold the constants of `model` to float32, keep the outputs in `names`, and rename its tensors.

    `names`: tensor name in `model` → name in the result, for inputs and outputs. An output that is not named
    is dropped, and so is every operation that only it needs.
    """
    graph = _Graph(model)
    constants = _constant_values(model, graph)
    for tensor_index, value in constants.items():
        graph.set_constant(tensor_index, value)
    graph.operators = [op for op in graph.operators if op.outputs[0] not in constants]
    graph.keep_outputs(names)
    graph.rename(names)
    return graph.pack()


def prune(model: bytes, outputs: Collection[str]) -> bytes:
    """Keep only `outputs` of `model` and what they need; all numbers that remain are untouched."""
    graph = _Graph(model)
    graph.keep_outputs(outputs)
    return graph.pack()


def with_ends(model: bytes) -> bytes:
    """Let `model` take its picture as bytes, 0 to 255, and give its mask (where it has one) as a probability.

    XNNPACK does both in passing; outside the graph they cost a fifth of a millisecond each. The first gives the same
    numbers to the bit as `picture * float32(1 / 255)`.
    """
    graph = _Graph(model)
    graph.take_bytes(np.float32(1 / 255))
    graph.append_sigmoid("mask")
    return graph.pack()


def operation_names(model: bytes) -> list[str]:
    """Name the operations of `model`, in the order they run, by the tensor each writes."""
    graph = _Graph(model)
    return [graph.name(int(op.outputs[0])) for op in graph.operators]


def _constant_values(model: bytes, graph: _Graph) -> dict[int, np.ndarray]:
    """Give the float32 value of every tensor that an operation unpacks from constants, by tensor index."""
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    constant = graph.constant_tensors()
    values = {}
    for op in graph.operators:
        if graph.code(op) in _UNPACKING and int(op.inputs[0]) in constant:
            output = int(op.outputs[0])
            constant.add(output)
            values[output] = interpreter.get_tensor(output).astype(np.float32)
    return values


class _AlignedBuffer(schema.BufferT):
    """A buffer that lies inside the file at a multiple of 16 bytes, as the format demands.

    The generated Python code would align to one byte; the quantiser would put the data behind the tables,
    which older runtimes cannot read.
    """

    def __init__(self, buffer: schema.BufferT, model: bytes = b"") -> None:
        data = buffer.data
        if buffer.offset > 1:
            data = np.frombuffer(model, np.uint8, buffer.size, buffer.offset)
        super().__init__(data=data if data is not None and len(data) > 0 else None)

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802 - the generated code's own name
        if self.data is None:
            return super().Pack(builder)
        content = np.asarray(self.data, np.uint8).tobytes()
        builder.StartVector(1, len(content), _ALIGNMENT)
        builder.head -= len(content)
        builder.Bytes[builder.head : builder.head + len(content)] = content
        vector = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)


class _Graph:
    """The only subgraph of a model, open for changes."""

    def __init__(self, model: bytes) -> None:
        self._model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
        (self._graph,) = self._model.subgraphs
        self._model.buffers = [_AlignedBuffer(buffer, model) for buffer in self._model.buffers]
        self.operators = list(self._graph.operators)

    def name(self, tensor_index: int) -> str:
        return self._graph.tensors[tensor_index].name.decode()

    def code(self, op: schema.OperatorT) -> int:
        code = self._model.operatorCodes[op.opcodeIndex]
        return max(code.builtinCode, code.deprecatedBuiltinCode)

    def constant_tensors(self) -> set[int]:
        buffers = self._model.buffers
        return {
            index
            for index, tensor in enumerate(self._graph.tensors)
            if buffers[tensor.buffer].data is not None and len(buffers[tensor.buffer].data) > 0
        }

    def set_constant(self, tensor_index: int, value: np.ndarray) -> None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(value.tobytes(), np.uint8)
        self._model.buffers.append(_AlignedBuffer(buffer))
        tensor = self._graph.tensors[tensor_index]
        tensor.buffer = len(self._model.buffers) - 1
        tensor.type = schema.TensorType.FLOAT32
        tensor.sparsity = None
        tensor.quantization = None

    def keep_outputs(self, names: Collection[str]) -> None:
        """Drop all other outputs, then every operation, tensor and buffer that nothing needs any more."""
        self._graph.outputs = [index for index in map(int, self._graph.outputs) if self.name(index) in names]
        needed = set(self._graph.outputs)
        live = []
        for op in reversed(self.operators):
            if needed.intersection(map(int, op.outputs)):
                needed.update(index for index in map(int, op.inputs) if index >= 0)
                live.append(op)
        self.operators = live[::-1]

    def rename(self, names: Mapping[str, str]) -> None:
        for index in (*map(int, self._graph.inputs), *map(int, self._graph.outputs)):
            self._graph.tensors[index].name = names[self.name(index)].encode()

    def take_bytes(self, scale: np.float32) -> None:
        """Put a uint8 tensor, whose step is `scale`, before the only input."""
        (index,) = map(int, self._graph.inputs)
        quantisation = schema.QuantizationParametersT()
        quantisation.scale = np.array([scale], np.float32)
        quantisation.zeroPoint = np.array([0], np.int64)
        outer = self._insert_tensor(index, "_as_float", schema.TensorType.UINT8, quantisation)
        self._graph.inputs = np.array([outer], np.int32)
        self.operators.insert(0, self._operation(schema.BuiltinOperator.DEQUANTIZE, outer, index))

    def append_sigmoid(self, output: str) -> None:
        """Put a sigmoid behind the output of this name; nothing where there is none."""
        outputs = list(map(int, self._graph.outputs))
        for place, index in enumerate(outputs):
            if self.name(index) == output:
                outputs[place] = self._insert_tensor(index, "_logit", schema.TensorType.FLOAT32, None)
                self.operators.append(self._operation(schema.BuiltinOperator.LOGISTIC, index, outputs[place]))
        self._graph.outputs = np.array(outputs, np.int32)

    def _insert_tensor(
        self, index: int, suffix: str, kind: int, quantisation: schema.QuantizationParametersT | None
    ) -> int:
        """Add a tensor that takes the name and shape of tensor `index`, whose own name gets the suffix."""
        inner = self._graph.tensors[index]
        outer = schema.TensorT()
        outer.name, inner.name = inner.name, inner.name + suffix.encode()
        outer.shape, outer.shapeSignature, outer.hasRank = inner.shape, inner.shapeSignature, inner.hasRank
        outer.type, outer.quantization = kind, quantisation
        self._model.buffers.append(_AlignedBuffer(schema.BufferT()))
        outer.buffer = len(self._model.buffers) - 1
        self._graph.tensors.append(outer)
        return len(self._graph.tensors) - 1

    def _operation(self, builtin: int, source: int, target: int) -> schema.OperatorT:
        codes = self._model.operatorCodes
        known = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in codes]
        if builtin not in known:
            code = schema.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = builtin
            code.version = 1
            codes.append(code)
            known.append(builtin)
        operation = schema.OperatorT()
        operation.opcodeIndex = known.index(builtin)
        operation.inputs, operation.outputs = np.array([source], np.int32), np.array([target], np.int32)
        return operation

    def pack(self) -> bytes:
        """Close the gaps in the numbers of tensors and buffers, sign the graph, and serialise it."""
        self._compact()
        self._graph.operators = self.operators
        self._model.metadata = None
        self._model.metadataBuffer = None
        self._model.description = "HingeCue"
        self._model.signatureDefs = [self._signature()]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), _FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _compact(self) -> None:
        graph = self._graph
        used = set(map(int, graph.inputs)) | set(map(int, graph.outputs))
        for op in self.operators:
            used.update(index for index in (*map(int, op.inputs), *map(int, op.outputs)) if index >= 0)
        new_index = {old: new for new, old in enumerate(sorted(used))}
        new_index[-1] = -1
        graph.tensors = [graph.tensors[old] for old in sorted(used)]
        graph.inputs = _numbers(graph.inputs, new_index)
        graph.outputs = _numbers(graph.outputs, new_index)
        for op in self.operators:
            op.inputs = _numbers(op.inputs, new_index)
            op.outputs = _numbers(op.outputs, new_index)
            op.intermediates = None
        buffers = [schema.BufferT()]  # buffer 0 is empty by the format's rule
        new_buffer: dict[int, int] = {}
        for tensor in graph.tensors:
            if tensor.buffer not in new_buffer:
                new_buffer[tensor.buffer] = len(buffers)
                buffers.append(self._model.buffers[tensor.buffer])
            tensor.buffer = new_buffer[tensor.buffer]
        self._model.buffers = buffers

    def _signature(self) -> schema.SignatureDefT:
        signature = schema.SignatureDefT()
        signature.signatureKey = SIGNATURE.encode()
        signature.subgraphIndex = 0
        signature.inputs = [self._mapping(index) for index in self._graph.inputs]
        signature.outputs = [self._mapping(index) for index in self._graph.outputs]
        return signature

    def _mapping(self, tensor_index: int) -> schema.TensorMapT:
        mapping = schema.TensorMapT()
        mapping.name = self._graph.tensors[tensor_index].name
        mapping.tensorIndex = int(tensor_index)
        return mapping


def _numbers(indices: Collection[int], new_index: Mapping[int, int]) -> np.ndarray:
    return np.array([new_index[int(index)] for index in indices], np.int32)
