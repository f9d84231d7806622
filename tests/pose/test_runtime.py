"""Models are opened by name, checked, and run without copies or growth."""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import tracemalloc
from types import SimpleNamespace
from typing import TYPE_CHECKING

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from hingecue.errors import ModelFault
from hingecue.pose import manifest, runtime
from hingecue.pose.manifest import MODELS_VARIABLE, checked_model, models_folder, read_manifest
from hingecue.pose.runtime import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCALES = {"a": (0.5, 3), "b": (0.25, -5), "sum": (0.1, 7)}
SHAPE = (1, 4)

ENTRY = """
[[model]]
name = "adder"
file = "adder.tflite"
sha256 = "{sha256}"
bytes = {bytes}
[[model.input]]
name = "left"
tensor = "a"
shape = [1, 4]
dtype = "int8"
[[model.input]]
name = "b"
shape = [1, {width}]
dtype = "int8"
[[model.output]]
name = "sum"
shape = [1, 4]
dtype = "int8"
meaning = "left + b"
"""


def adder() -> bytes:
    """One int8 ADD of two inputs, each tensor with a scale of its own."""
    graph = schema.SubGraphT()
    graph.tensors = [tensor(name, *SCALES[name]) for name in ("a", "b", "sum")]
    graph.inputs, graph.outputs = [0, 1], [2]
    add = schema.OperatorT()
    add.inputs, add.outputs = [0, 1], [2]
    add.builtinOptionsType, add.builtinOptions = schema.BuiltinOptions.AddOptions, schema.AddOptionsT()
    graph.operators = [add]
    code = schema.OperatorCodeT()
    code.builtinCode, code.version = schema.BuiltinOperator.ADD, 2
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = (
        3,
        [code],
        [graph],
        [schema.BufferT()],
    )
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tensor(name: str, scale: float, zero: int) -> schema.TensorT:
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer = name, list(SHAPE), schema.TensorType.INT8, 0
    made.quantization = schema.QuantizationParametersT()
    made.quantization.scale, made.quantization.zeroPoint = [scale], [zero]
    return made


def models(folder: Path, content: bytes, width: int = 4) -> Path:
    (folder / "adder.tflite").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / "manifest.toml").write_text(
        "format = 1\n" + ENTRY.format(sha256=sha256, bytes=len(content), width=width), "utf-8"
    )
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return models(tmp_path, adder())


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    runtime.runtime.cache_clear()
    yield
    runtime.runtime.cache_clear()


def test_several_quantised_inputs_by_name(folder: Path) -> None:
    network = Network("adder", folder=folder)
    network.inputs["left"][...] = [[0.0, 1.0, -2.5, 4.0]]
    network.inputs["b"][...] = [[0.0, 0.25, 1.0, -3.0]]
    out = network.run()
    assert out["sum"] is network.outputs["sum"]
    np.testing.assert_allclose(out["sum"], [[0.0, 1.25, -1.5, 1.0]], atol=0.051)


def test_quantised_inputs_are_rounded_clipped_and_left_as_written(folder: Path) -> None:
    network = Network("adder", folder=folder)
    network.inputs["left"][...] = [[0.26, -0.26, 1e6, -1e6]]
    network.run()
    np.testing.assert_allclose(network.outputs["sum"], [[0.5, -0.5, 12.0, -13.5]], atol=0.051)
    np.testing.assert_array_equal(network.inputs["left"], np.float32([[0.26, -0.26, 1e6, -1e6]]))


def test_pictures_lie_in_the_interpreter_and_keep_their_values() -> None:
    network = Network("pose_lite_nomask")
    image = network.inputs["image"]
    image[...] = np.random.default_rng(0).integers(0, 256, image.shape, dtype=np.uint8)
    before = image.copy()
    first = {name: values.copy() for name, values in network.run().items()}
    assert np.array_equal(image, before)
    network.run()
    assert all(np.array_equal(values, network.outputs[name]) for name, values in first.items())
    image[...] = 0
    assert not np.array_equal(network.run()["landmarks"], first["landmarks"])


def test_an_array_outlives_its_network(folder: Path) -> None:
    values = Network("pose_lite_nomask").outputs["landmarks"]
    kept = values.copy()
    gc.collect()
    assert np.array_equal(values, kept)


def test_a_run_allocates_nothing_that_stays(folder: Path) -> None:
    networks = [Network("adder", folder=folder), Network("pose_lite_nomask")]
    tracemalloc.start()
    settled = _traced_after(networks, runs=20)
    assert _traced_after(networks, runs=20) - settled < 500
    tracemalloc.stop()


def _traced_after(networks: list[Network], runs: int) -> int:
    for _ in range(runs):
        for network in networks:
            network.run()
    return tracemalloc.get_traced_memory()[0]


def test_a_missing_file_is_a_fault(folder: Path) -> None:
    (folder / "adder.tflite").unlink()
    with pytest.raises(ModelFault, match=r"adder\.tflite: this model file is missing; .*make models") as fault:
        Network("adder", folder=folder)
    assert fault.value.code == "model_missing"


def test_a_changed_file_is_a_fault(folder: Path) -> None:
    content = bytearray((folder / "adder.tflite").read_bytes())
    content[-1] ^= 1
    (folder / "adder.tflite").write_bytes(content)
    with pytest.raises(ModelFault, match="not the one that the manifest names"):
        Network("adder", folder=folder)


def test_an_unreadable_file_is_a_fault(folder: Path) -> None:
    (folder / "adder.tflite").unlink()
    (folder / "adder.tflite").mkdir()
    with pytest.raises(ModelFault, match="cannot be read"):
        checked_model(read_manifest(folder)["adder"], folder)


def test_an_unknown_name_is_a_fault_that_lists_the_known(folder: Path) -> None:
    with pytest.raises(ModelFault, match="no model named pose; choose one of adder"):
        Network("pose", folder=folder)


def test_a_file_that_is_no_model_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ModelFault, match="cannot load this model"):
        Network("adder", folder=models(tmp_path, b"no model at all"))


def test_a_shape_that_the_manifest_does_not_promise_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ModelFault, match=r"no tensor b of shape \(1, 5\)"):
        Network("adder", folder=models(tmp_path, adder(), width=5))


def test_an_interpreter_that_moves_its_buffers_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = iter(range(64, 6400, 64))
    keep = np.zeros(6400, np.int8)
    base = keep.__array_interface__["data"][0]
    monkeypatch.setattr(runtime, "_address", lambda interpreter, index: base + next(addresses))
    with pytest.raises(ModelFault, match="moves the tensor left"):
        Network("adder", folder=folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "the list of models is missing"),
        ("format = ", "cannot be read"),
        ("format = 2", "not of format 1"),
        ('format = 1\n[[model]]\nname = "x"\n', "lacks the key 'file'"),
    ],
)
def test_a_broken_manifest_is_a_fault(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "manifest.toml").write_text(text, "utf-8")
    with pytest.raises(ModelFault, match=message):
        read_manifest(tmp_path)


def test_the_folder_is_the_variable_s_then_the_wheel_s_then_the_tree_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    assert models_folder() == tmp_path
    monkeypatch.delenv(MODELS_VARIABLE)
    monkeypatch.setattr(manifest, "_PACKAGE", tmp_path / "device" / "hingecue")
    assert models_folder() == tmp_path / "models"
    (tmp_path / "device" / "hingecue" / "_models").mkdir(parents=True)
    assert models_folder() == tmp_path / "device" / "hingecue" / "_models"


def test_it_tells_which_runtime_runs() -> None:
    assert str(runtime.runtime()).startswith("ai-edge-litert ")


def test_the_older_runtime_is_used_where_it_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec("json")
    monkeypatch.setattr(runtime, "find_spec", lambda name: found if name == "tflite_runtime" else None)
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"version of {name}")
    monkeypatch.setattr(runtime, "import_module", lambda name: SimpleNamespace(Interpreter=name))
    runtime._interpreter_class.cache_clear()
    try:
        assert str(runtime.runtime()) == "tflite-runtime version of tflite-runtime"
        assert runtime._interpreter_class() == "tflite_runtime.interpreter"
    finally:
        runtime._interpreter_class.cache_clear()


def test_no_runtime_at_all_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "find_spec", lambda name: None)
    with pytest.raises(ModelFault, match="pip install ai-edge-litert"):
        runtime.runtime()
