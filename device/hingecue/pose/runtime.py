"""The one file that touches LiteRT: it opens a model by name, checks it against the manifest, and runs it.

A `Network` allocates once. Its inputs and outputs are NumPy arrays that lie on the interpreter's own buffers,
so a frame costs no copy and no allocation: fill `inputs[...]`, call `run()`, read `outputs[...]`.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hingecue.errors import ModelFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from hingecue.types import F32

MODELS_VARIABLE: Final = "HINGECUE_MODELS"
MANIFEST_FORMAT: Final = 1

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_RUNTIMES: Final = (("ai_edge_litert", "ai-edge-litert"), ("tflite_runtime", "tflite-runtime"))
_INSTALL_AGAIN: Final = "install HingeCue again, or run `make models` in its folder"


@dataclass(frozen=True, slots=True)
class Runtime:
    """Which interpreter of .tflite files runs here: the distribution's name and version."""

    name: str

    @property
    def version(self) -> str:
        """The version, as the runtime tells it where it is loaded; what was installed takes 3 MB to find out."""
        own = getattr(sys.modules.get(self.name.replace("-", "_")), "__version__", None)
        if own:
            return str(own)
        from importlib import metadata  # noqa: PLC0415

        return metadata.version(self.name)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output as the manifest tells it.

    `name` is the product's word for it, `tensor` its name inside the file, `dtype` what the file stores
    (the product sees float32; only uint8, a picture, as it is), `shape` includes the batch dimension.
    """

    name: str
    tensor: str
    shape: tuple[int, ...]
    dtype: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model file as the manifest tells it. `extra` holds the whole manifest entry, for tools."""

    name: str
    file: str
    sha256: str
    bytes: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    extra: Mapping[str, Any]


@cache
def runtime() -> Runtime:
    """Tell which runtime is used; LiteRT wins where both are installed. `ModelFault` where there is none."""
    for module, distribution in _RUNTIMES:
        if find_spec(module) is not None:
            return Runtime(distribution)
    raise ModelFault(
        "no_runtime",
        where="ai-edge-litert",
        what="no runtime for the models is installed",
        try_this="run `pip install ai-edge-litert` (64-bit system, Python 3.11 or newer)",
    )


@cache
def _interpreter_class() -> Any:
    """Import the interpreter on first use, so that commands without models start at once."""
    chosen = runtime().name
    module = next(module for module, distribution in _RUNTIMES if distribution == chosen)
    return import_module(f"{module}.interpreter").Interpreter


def models_folder() -> Path:
    """Give the folder of the models: $HINGECUE_MODELS, else the wheel's own, else the source tree's."""
    wish = os.environ.get(MODELS_VARIABLE)
    if wish:
        return Path(wish)
    packaged = _PACKAGE / "_models"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "models"


def read_manifest(folder: Path | None = None) -> dict[str, ModelSpec]:
    """Read manifest.toml in `folder` (default: `models_folder()`), by model name.

    `ModelFault` where it is missing, cannot be read, or lacks a key.
    """
    path = (folder or models_folder()) / "manifest.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise _manifest_fault(path, "the list of models is missing") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _manifest_fault(path, f"the list of models cannot be read ({error})") from error
    if content.get("format") != MANIFEST_FORMAT:
        raise _manifest_fault(path, f"the list of models is not of format {MANIFEST_FORMAT}")
    try:
        specs = [_model_spec(entry) for entry in content.get("model", [])]
    except KeyError as error:
        raise _manifest_fault(path, f"an entry lacks the key {error}") from error
    return {spec.name: spec for spec in specs}


def _manifest_fault(path: Path, what: str) -> ModelFault:
    return ModelFault("manifest", where=str(path), what=what, try_this=_INSTALL_AGAIN)


def _model_spec(entry: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        name=entry["name"],
        file=entry["file"],
        sha256=entry["sha256"],
        bytes=entry["bytes"],
        inputs=tuple(map(_tensor_spec, entry["input"])),
        outputs=tuple(map(_tensor_spec, entry["output"])),
        extra=MappingProxyType(dict(entry)),
    )


def _tensor_spec(entry: Mapping[str, Any]) -> TensorSpec:
    return TensorSpec(
        name=entry["name"],
        tensor=entry.get("tensor", entry["name"]),
        shape=tuple(entry["shape"]),
        dtype=entry["dtype"],
        meaning=entry.get("meaning", ""),
    )


def checked_model(spec: ModelSpec, folder: Path | None = None) -> Path:
    """Give the path of a model file; `ModelFault` where it is missing or is not the one of the manifest."""
    path = (folder or models_folder()) / spec.file
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ModelFault(
            "model_missing", where=str(path), what="this model file is missing", try_this=_INSTALL_AGAIN
        ) from None
    except OSError as error:
        raise ModelFault(
            "model_unreadable",
            where=str(path),
            what=f"this model file cannot be read ({error.strerror})",
            try_this=_INSTALL_AGAIN,
        ) from error
    if sha256 != spec.sha256:
        raise ModelFault(
            "model_differs",
            where=str(path),
            what="this model file is not the one that the manifest names (its sha256 differs)",
            try_this=_INSTALL_AGAIN,
        )
    return path


def _let_go(path: Path) -> None:
    """Give back the memory of a model file that a runtime has mapped.

    The kernels have packed the weights into memory of their own; what is touched again is read from the file again.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    name = str(path.resolve())
    for line in Path("/proc/self/maps").read_text("utf-8", "replace").splitlines():
        if line.endswith(name):
            begin, end = (int(part, 16) for part in line.split(maxsplit=1)[0].split("-"))
            libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), mmap.MADV_DONTNEED)


class Network:
    """One model, loaded, checked, allocated and run once, so that the first frame is as quick as the next.

    `inputs` and `outputs` map the manifest's names to arrays (with the batch dimension) that stay the same for the
    life of the network: uint8 where the manifest says so (pictures), else float32. Write into the inputs, call
    `run()`, read the outputs before the next `run()` overwrites them; copy what has to last longer.
    Inputs keep their values between runs. int8 tensors are converted on the way in and out.

    A network belongs to one thread at a time; `run()` releases the GIL.
    """

    def __init__(self, name: str, *, num_threads: int = 1, folder: Path | None = None) -> None:
        folder = folder or models_folder()
        manifest = read_manifest(folder)
        if name not in manifest:
            raise ModelFault(
                "model_unknown",
                where=str(folder / "manifest.toml"),
                what=f"there is no model named {name}",
                try_this=f"choose one of {', '.join(manifest)}",
            )
        self.spec: Final = manifest[name]
        self._where = str(folder / self.spec.file)
        path = checked_model(self.spec, folder)
        try:
            with _hushed():
                self._interpreter = _interpreter_class()(model_path=str(path), num_threads=num_threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelFault(
                "model_refused",
                where=self._where,
                what=f"{runtime()} cannot load this model ({error})",
                try_this="install the ai-edge-litert release that pyproject.toml names",
            ) from error
        ports_in = self._ports(self.spec.inputs, self._interpreter.get_input_details())
        ports_out = self._ports(self.spec.outputs, self._interpreter.get_output_details())
        self._store = tuple(port for port in ports_in if isinstance(port, _QuantisedPort))
        self._fetch = tuple(port for port in ports_out if isinstance(port, _QuantisedPort))
        self.inputs: Mapping[str, NDArray[Any]] = MappingProxyType({port.name: port.values for port in ports_in})
        self.outputs: Mapping[str, F32] = MappingProxyType({port.name: port.values for port in ports_out})
        self.run()
        _let_go(path)
        self._check_still((*ports_in, *ports_out))

    def run(self) -> Mapping[str, F32]:
        """Run the network on what stands in `inputs`; give `outputs`, valid until the next run."""
        for port in self._store:
            port.store()
        self._interpreter.invoke()
        for port in self._fetch:
            port.fetch()
        return self.outputs

    def _ports(self, specs: Iterable[TensorSpec], details: Iterable[Mapping[str, Any]]) -> list[_Port]:
        by_name = {detail["name"]: detail for detail in details}
        ports = []
        for spec in specs:
            detail = by_name.get(spec.tensor)
            if detail is None or tuple(detail["shape"]) != spec.shape:
                raise ModelFault(
                    "model_differs",
                    where=self._where,
                    what=f"it has no tensor {spec.tensor} of shape {spec.shape}, which the manifest promises",
                    try_this=_INSTALL_AGAIN,
                )
            kind = _Port if detail["dtype"] in (np.float32, np.uint8) else _QuantisedPort
            ports.append(kind(spec.name, self._interpreter, detail))
        return ports

    def _check_still(self, ports: Iterable[_Port]) -> None:
        """Make sure that the interpreter has not moved its buffers away from under our arrays."""
        for port in ports:
            if _address(self._interpreter, port.index) != port.address:
                raise ModelFault(
                    "model_refused",
                    where=self._where,
                    what=f"{runtime()} moves the tensor {port.name} while it runs",
                    try_this="use models whose tensors all have fixed shapes",
                )


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the runtime's note about its delegate off stderr; its errors come as exceptions.

    The note is written by native code, so the file descriptor itself has to look away.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _Port:
    """One float32 or uint8 tensor of an interpreter, as an array on its own memory.

    LiteRT refuses to run while a view that it gave is alive. So its view is asked once, for the address, and
    dropped; our array lies on the same memory and keeps the interpreter alive by itself.
    """

    def __init__(self, name: str, interpreter: Any, detail: Mapping[str, Any]) -> None:
        self.name: Final = name
        self.index: Final = int(detail["index"])
        self.address: Final = _address(interpreter, self.index)
        memory = _Memory(interpreter, self.address, detail["shape"], np.dtype(detail["dtype"]))
        self._raw: NDArray[Any] = np.asarray(memory)
        self.values = self._raw


class _QuantisedPort(_Port):
    """One int8 tensor, shown as a float32 array that is converted at each run."""

    def __init__(self, name: str, interpreter: Any, detail: Mapping[str, Any]) -> None:
        super().__init__(name, interpreter, detail)
        parameters = detail["quantization_parameters"]
        self._scale = np.float32(parameters["scales"][0])
        self._zero = np.float32(parameters["zero_points"][0])
        limits = np.iinfo(self._raw.dtype)
        self._low, self._high = np.float32(limits.min), np.float32(limits.max)
        self.values = np.zeros(self._raw.shape, np.float32)
        self._steps = np.empty_like(self.values)

    def store(self) -> None:
        """Quantise `values` into the interpreter; they themselves stay as they were written."""
        np.divide(self.values, self._scale, out=self._steps)
        np.rint(self._steps, out=self._steps)
        np.add(self._steps, self._zero, out=self._steps)
        np.maximum(self._steps, self._low, out=self._steps)
        np.minimum(self._steps, self._high, out=self._steps)
        np.copyto(self._raw, self._steps, casting="unsafe")

    def fetch(self) -> None:
        """Dequantise the interpreter's tensor into `values`."""
        np.subtract(self._raw, self._zero, out=self.values)
        np.multiply(self.values, self._scale, out=self.values)


class _Memory:
    """Says to NumPy where a tensor lies; the array made from it holds this, and so the interpreter."""

    __slots__ = ("__array_interface__", "_owner")

    def __init__(self, owner: Any, address: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "shape": tuple(map(int, shape)),
            "typestr": dtype.str,
            "data": (address, False),
        }


def _address(interpreter: Any, index: int) -> int:
    return int(interpreter.tensor(index)().__array_interface__["data"][0])
