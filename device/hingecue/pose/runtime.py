"""The one file that touches LiteRT: it opens a model by name, checks it against the manifest, and runs it.

A `Network` allocates once. Its inputs and outputs are NumPy arrays that lie on the interpreter's own buffers,
so a frame costs no copy and no allocation: fill `inputs[...]`, call `run()`, read `outputs[...]`.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
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
from hingecue.pose.manifest import INSTALL_AGAIN, checked_model, models_folder, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from hingecue.pose.manifest import TensorSpec
    from hingecue.types import F32

_RUNTIMES: Final = (("ai_edge_litert", "ai-edge-litert"), ("tflite_runtime", "tflite-runtime"))


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
                    try_this=INSTALL_AGAIN,
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
