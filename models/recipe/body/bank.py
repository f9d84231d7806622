"""A bank of bodies: rest meshes, skeletons and skinning weights from the free `anny` body model (Apache-2.0, CC0 shapes).

`make_bank` needs the `train` extra (anny, torch) once; everything afterwards reads the cached npz.
Truth joints of the rig: spine04 ~ L5/S1, spine03 ~ L3/4, spine02 ~ T12/L1, spine01 ~ T7/8, neck01 ~ C7/T1.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

FORMAT = 1
MAX_BONES = 5  # skinning weights kept for one vertex, renormalised
ADULTS = (0.62, 0.85)  # on the body model's scale of age: about 20 to 60
LOCAL_SD = 0.35  # spread of each local shape change, in units of the model's full change
LOCAL_CHANGES = (
    "buttocks-volume-incr",
    "stomach-pregnant-incr",
    "stomach-tone-incr",
    "torso-scale-depth-incr",
    "hip-scale-depth-incr",
    "torso-muscle-dorsi-incr",
    "pelvis-tone-incr",
    "torso-muscle-pectoral-incr",
    "breast-volume-vert-up",
    "measure-waist-circ-incr",
    "measure-bust-circ-incr",
    "measure-hips-circ-incr",
    "measure-napetowaist-dist-incr",
    "measure-waisttohip-dist-incr",
    "l-upperleg-fat-incr",
    "r-upperleg-fat-incr",
    "torso-scale-vert-incr",
    "hip-trans-forward",
    "torso-trans-forward",
    "upperlegs-height-incr",
    "lowerlegs-height-incr",
    "head-scale-depth-incr",
    "torso-vshape-incr",
    "measure-shoulder-dist-incr",
    "nose-scale-depth-incr",
    "chin-prominent-incr",
    "neck-scale-depth-incr",
    "measure-neck-circ-incr",
)


@dataclass(frozen=True, slots=True)
class Bank:
    """Bodies that share one mesh. N bodies, V vertices, J bones, T triangles, P key points.

    `rest` (N, V, 3) m · `heads` (N, J, 3) m, where each bone turns · `weights`/`bones` (V, MAX_BONES) ·
    `triangles` (T, 3), outward · `parents` (J,) · `phenotypes` (N, 6), 0..1, named by `phenotype_labels` ·
    `point_weights` (P, V): nose, eyes, ears, toes, heels and more, as sums of vertices.
    """

    rest: F32
    heads: F32
    weights: F32
    bones: I32
    triangles: I32
    parents: I32
    labels: tuple[str, ...]
    phenotypes: F32
    phenotype_labels: tuple[str, ...]
    point_weights: F32
    point_labels: tuple[str, ...]
    index: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many bodies there are."""
        return len(self.rest)

    def group_weight(self, *prefixes: str) -> F32:
        """Return how far each vertex hangs on the bones with these name beginnings: float32 (V,), 0..1."""
        chosen = np.array([label.startswith(prefixes) for label in self.labels])
        return np.asarray((self.weights * chosen[self.bones]).sum(1), np.float32)


def load_bank(path: Path) -> Bank:
    """Read a bank that `make_bank` wrote; ValueError when it is of another format."""
    with np.load(path) as stored:
        if int(stored["format"]) != FORMAT:
            raise ValueError(f"{path}: format {int(stored['format'])}, expected {FORMAT}; delete it and make it anew")
        return _bank(stored)


def _bank(arrays: Mapping[str, Any]) -> Bank:
    """Give what `_build` made as a bank."""
    labels = tuple(str(x) for x in arrays["labels"])
    return Bank(
        rest=arrays["rest"],
        heads=arrays["heads"],
        weights=arrays["weights"],
        bones=arrays["bones"],
        triangles=arrays["triangles"],
        parents=arrays["parents"],
        labels=labels,
        phenotypes=arrays["phenotypes"],
        phenotype_labels=tuple(str(x) for x in arrays["phenotype_labels"]),
        point_weights=arrays["point_weights"],
        point_labels=tuple(str(x) for x in arrays["point_labels"]),
        index={label: i for i, label in enumerate(labels)},
    )


def draw_body(
    rng: np.random.Generator, ages: tuple[float, float] = ADULTS
) -> tuple[dict[str, float], dict[str, float]]:
    """Draw one person: phenotype (0..1 each) and local changes (-0.9..0.9 each)."""
    female = rng.random() < 0.5
    phenotype = {
        "gender": float(np.clip(rng.normal(0.95 if female else 0.05, 0.12), 0, 1)),
        "age": float(rng.uniform(*ages)),
        "muscle": float(rng.beta(2.2, 1.8)),
        "weight": float(rng.beta(2.0, 2.4)),
        "height": float(rng.uniform(0.25, 0.75)),
        "proportions": float(rng.uniform(0.2, 0.9)),
    }
    local = {name: float(np.clip(rng.normal(0, LOCAL_SD), -0.9, 0.9)) for name in LOCAL_CHANGES}
    local["r-upperleg-fat-incr"] = local["l-upperleg-fat-incr"]
    local["stomach-pregnant-incr"] = float(max(0.0, rng.normal(-0.1, 0.3)))
    for name in ("hip-trans-forward", "torso-trans-forward"):
        local[name] *= 0.25
    return phenotype, local


def make_bank(folder: Path, count: int, seed: int = 0, ages: tuple[float, float] = ADULTS) -> Bank:
    """Make `count` bodies, or read them when `folder` already holds them. Body i depends on (seed, i) alone."""
    path = folder / f"bodies-{count}-{seed}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        arrays = _build(count, (seed,), ages)
        partial = path.with_suffix(".part.npz")
        np.savez(partial, allow_pickle=False, format=FORMAT, **arrays)
        partial.replace(path)
    return load_bank(path)


def make_bodies(count: int, seed: tuple[int, ...], ages: tuple[float, float]) -> Bank:
    """Make `count` bodies that are kept nowhere; a hundred take a second. Body i depends on (*seed, i) alone."""
    return _bank(_build(count, seed, ages))


@lru_cache(1)
def _model() -> Any:
    """Open the body model: some seconds, once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import anny  # noqa: PLC0415  (the train extra, needed here only)
        import torch  # noqa: PLC0415
    return anny.Anny(topology="anny-quads", local_changes=list(LOCAL_CHANGES)).to(torch.float32)


def _build(count: int, seed: tuple[int, ...], ages: tuple[float, float]) -> dict[str, Any]:
    """Run the body model `count` times."""
    model = _model()
    import torch  # noqa: PLC0415  (as anny)
    from anny.keypoints import KeypointsRegressor  # noqa: PLC0415

    pose = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)
    known = set(model.local_change_labels)
    rest, heads, phenotypes = [], [], []
    with torch.no_grad():
        for i in range(count):
            phenotype, local = draw_body(np.random.default_rng([*seed, i]), ages)
            out = model(
                pose_parameters=pose,
                phenotype_kwargs={k: torch.tensor([phenotype[k]]) for k in model.phenotype_labels},
                local_changes_kwargs={k: torch.tensor([v]) for k, v in local.items() if k in known},
            )
            rest.append(out["rest_vertices"][0].numpy().astype(np.float32))
            heads.append(out["rest_bone_heads"][0].numpy().astype(np.float32))
            phenotypes.append([phenotype[k] for k in model.phenotype_labels])
    points = KeypointsRegressor.coco(model)
    weights, bones = _strongest(model.vertex_bone_weights.numpy(), model.vertex_bone_indices.numpy())
    quads = np.asarray(model.faces)
    return {
        "rest": np.stack(rest),
        "heads": np.stack(heads),
        "weights": weights,
        "bones": bones,
        "triangles": np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32),
        "parents": np.array(model.bone_parents, np.int32),
        "labels": np.array(model.bone_labels),
        "phenotypes": np.array(phenotypes, np.float32),
        "phenotype_labels": np.array(model.phenotype_labels),
        "point_weights": points.regression_weights.numpy().astype(np.float32),
        "point_labels": np.array([str(label) for label in points.labels]),
    }


def _strongest(weights: F32, bones: NDArray[np.integer[Any]]) -> tuple[F32, I32]:
    """Keep the strongest MAX_BONES weights of each vertex; they sum to 1 again."""
    order = np.argsort(-weights, axis=1)[:, :MAX_BONES]
    kept = np.take_along_axis(weights, order, 1)
    return (
        (kept / kept.sum(1, keepdims=True)).astype(np.float32),
        np.take_along_axis(bones, order, 1).astype(np.int32),
    )
