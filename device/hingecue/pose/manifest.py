"""The list of the models: what each file has to be, and whether it is that."""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from hingecue.errors import ModelFault

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS_VARIABLE: Final = "HINGECUE_MODELS"
MANIFEST_FORMAT: Final = 1
INSTALL_AGAIN: Final = "install HingeCue again, or run `make models` in its folder"

_PACKAGE: Final = Path(__file__).resolve().parents[1]


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
    return ModelFault("manifest", where=str(path), what=what, try_this=INSTALL_AGAIN)


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
            "model_missing", where=str(path), what="this model file is missing", try_this=INSTALL_AGAIN
        ) from None
    except OSError as error:
        raise ModelFault(
            "model_unreadable",
            where=str(path),
            what=f"this model file cannot be read ({error.strerror})",
            try_this=INSTALL_AGAIN,
        ) from error
    if sha256 != spec.sha256:
        raise ModelFault(
            "model_differs",
            where=str(path),
            what="this model file is not the one that the manifest names (its sha256 differs)",
            try_this=INSTALL_AGAIN,
        )
    return path
