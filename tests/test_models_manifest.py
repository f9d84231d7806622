"""The manifest, the model files and the recipe say the same."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from hingecue.pose.manifest import ModelSpec, read_manifest
from hingecue.pose.runtime import Network

MODELS = Path(__file__).parents[1] / "models"
MANIFEST = read_manifest(MODELS)
POSE = [name for name in MANIFEST if name.startswith("pose_")]

each_model = pytest.mark.parametrize("spec", MANIFEST.values(), ids=list(MANIFEST))


def test_the_pose_models_are_there() -> None:
    assert POSE == ["pose_detector", "pose_lite", "pose_lite_nomask", "pose_full", "pose_full_nomask"]


def test_every_model_file_is_in_the_manifest() -> None:
    assert {path.name for path in MODELS.glob("*.tflite")} == {spec.file for spec in MANIFEST.values()}


@each_model
def test_the_file_is_the_one_named(spec: ModelSpec) -> None:
    content = (MODELS / spec.file).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (spec.bytes, spec.sha256)


@each_model
def test_the_file_has_the_tensors_named(spec: ModelSpec) -> None:
    network = Network(spec.name, folder=MODELS)
    ports = {**network.inputs, **network.outputs}
    for tensor in (*spec.inputs, *spec.outputs):
        assert ports[tensor.name].shape == tensor.shape
        assert tensor.meaning


@each_model
def test_a_model_says_where_it_comes_from_and_under_what_licence(spec: ModelSpec) -> None:
    assert spec.extra["licence"] == "Apache-2.0"
    assert spec.extra["quantisation"]
    assert (MODELS.parent / spec.extra["recipe"]).is_file()


@pytest.mark.parametrize("name", POSE)
def test_the_source_is_the_one_of_the_recipe(name: str) -> None:
    recipe = (MODELS / "recipe" / "make_pose.py").read_text("utf-8")
    source = MANIFEST[name].extra["source"]
    for value in (
        source["package"].removeprefix("npm:"),
        source["package_sha256"],
        source["file"],
        source["sha256"],
    ):
        assert f'"{value}"' in recipe


def test_the_recipe_names_no_host() -> None:
    for path in (MODELS / "recipe").glob("*.py"):
        assert not re.search(r"https?://", path.read_text("utf-8")), path


@pytest.mark.parametrize("size", ["lite", "full"])
def test_the_landmarks_without_mask_are_the_same_to_the_bit(size: str) -> None:
    with_mask = Network(f"pose_{size}", folder=MODELS)
    without = Network(f"pose_{size}_nomask", folder=MODELS)
    picture = np.random.default_rng(1).integers(0, 256, (1, 256, 256, 3), dtype=np.uint8)
    for network in (with_mask, without):
        network.inputs["image"][...] = picture
        network.run()
    for name, values in without.outputs.items():
        assert np.array_equal(values, with_mask.outputs[name]), name


def test_only_one_file_of_the_product_touches_the_runtime() -> None:
    touching = set()
    for path in (MODELS.parent / "device").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
            if any(name.split(".")[0] in {"ai_edge_litert", "tflite_runtime"} for name in names):
                touching.add(path.name)
    assert touching == {"runtime.py"}
