"""The shards that `generate.py` made, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

TEST_FROM = 900


def load(folder: Path, *, test: bool, limit: int | None = None) -> dict[str, np.ndarray]:
    """Read all finished shards of the training or of the test bodies; ValueError when there is none, or an old one."""
    paths = sorted(p for p in folder.glob("shard-[0-9]*.npz") if not p.name.endswith(".part.npz"))
    chosen = [p for p in paths if (int(p.stem.split("-")[1]) >= TEST_FROM) == test][:limit]
    if not chosen:
        raise ValueError(f"{folder}: no {'test' if test else 'training'} shard; run generate.py first")
    parts: dict[str, list[np.ndarray]] = {}
    for path in chosen:
        with np.load(path, allow_pickle=False) as shard:
            if "spine" not in shard.files:
                raise ValueError(
                    f"{path}: made before the true joints were kept; delete it, and generate.py makes it anew"
                )
            for name in shard.files:
                if shard[name].ndim:
                    parts.setdefault(name, []).append(shard[name])
    data = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    data["total_deg"] = data["lumbar_deg"] + data["thoracic_deg"]
    data["on_person"] = (data["hip_off"] < 0.6) & (data["shoulder_off"] < 0.6)
    data["good"] = (data["hip_off"] < 0.2) & (data["shoulder_off"] < 0.2)
    return data
