"""The shards that `generate.py` made, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spine.net import LANDMARKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEST_FROM = 900


def load(
    folder: Path, *, test: bool, limit: int | None = None, columns: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Read all finished shards of the training or of the test bodies, or only these columns; ValueError when there is none."""
    paths = sorted(p for p in folder.glob("shard-[0-9]*.npz") if not p.name.endswith(".part.npz"))
    chosen = [p for p in paths if (int(p.stem.split("-")[1]) >= TEST_FROM) == test][:limit]
    if not chosen:
        raise ValueError(f"{folder}: no {'test' if test else 'training'} shard; run generate.py first")
    data = _read(chosen, columns)
    data["points"] = data["landmarks"][:, LANDMARKS]
    return data


def load_sketches(folder: Path, limit: int | None = None) -> dict[str, np.ndarray]:
    """Read all finished files of `sketches.py`; ValueError when there is none."""
    chosen = sorted(p for p in folder.glob("sketches-[0-9]*.npz") if not p.name.endswith(".part.npz"))[:limit]
    if not chosen:
        raise ValueError(f"{folder}: no sketches; run sketches.py first")
    return _read(chosen)


def _read(paths: list[Path], columns: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Read files of the same columns into arrays that are made once, for together they may fill half the memory.

    ValueError when one of them lacks a column that the others have: an older recipe made it.
    """
    counts, names, data = [], [], {}
    for path in paths:
        with np.load(path, allow_pickle=False) as file:
            counts.append(len(file["lumbar_deg"]))
            names.append(set(file.files))
    for path, has in zip(paths, names, strict=True):
        if has != names[0] or "spine" not in has:
            raise ValueError(f"{path}: not made as the others are; delete it, and it is made anew")
    ends = np.cumsum(counts)
    for path, count, end in zip(paths, counts, ends, strict=True):
        with np.load(path, allow_pickle=False) as file:
            for name in columns or file.files:
                if name not in names[0]:
                    raise ValueError(f"{path}: lacks {name}; delete the shards, and generate.py makes them anew")
                values = file[name]
                if values.ndim:
                    if name not in data:
                        width = np.dtype("U16") if values.dtype.kind == "U" else values.dtype
                        data[name] = np.empty((int(ends[-1]), *values.shape[1:]), width)
                    data[name][end - count : end] = values
    data["total_deg"] = data["lumbar_deg"] + data["thoracic_deg"]
    data["on_person"] = (data["hip_off"] < 0.6) & (data["shoulder_off"] < 0.6)
    data["good"] = (data["hip_off"] < 0.2) & (data["shoulder_off"] < 0.2)
    return data
