"""Measure our pose models against MediaPipe 0.10.21 and against themselves before quantisation.

MediaPipe needs NumPy 1, so it runs in an environment of its own and leaves its landmarks in a file:

    python3 -m venv /tmp/mediapipe && /tmp/mediapipe/bin/pip install mediapipe==0.10.21
    /tmp/mediapipe/bin/python models/recipe/compare_mediapipe.py reference PHOTOS /tmp/reference.npz
    .venv/bin/python models/recipe/compare_mediapipe.py compare PHOTOS /tmp/reference.npz

The wheel holds the full model only; `reference` takes lite from the npm package (`--package FILE.tgz`) and
puts it into that throw-away environment. PHOTOS is a folder of .jpg files with one person or more in each.

Distances are in percent of the torso's length (middle of the shoulders to middle of the hips, MediaPipe's or
the float model's own), pooled over photos and points.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from hingecue.types import Roi

VARIANTS = {"lite": 0, "full": 1}
"""Our name → MediaPipe's `model_complexity`."""

SHOULDERS, HIPS = (11, 12), (23, 24)
BIG_JOINTS = (11, 12, 23, 24, 25, 26, 27, 28)
MIN_PRESENCE = 0.5
MEDIAPIPE = "0.10.21"


def main() -> int:
    """Run the command; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["reference", "compare"])
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("file", type=Path, metavar="FILE.npz", nargs="?", help="MediaPipe's landmarks")
    parser.add_argument("--package", type=Path, metavar="FILE.tgz", help="the npm package, if it is here")
    wish = parser.parse_args()
    if wish.action == "reference":
        write_reference(wish.photos, wish.file, wish.package)
    else:
        compare(wish.photos, wish.file, wish.package)
    return 0


def read(path: Path) -> np.ndarray:
    """Read a photo as RGB."""
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


# -- MediaPipe's side


def write_reference(photos: Path, file: Path, package: Path | None) -> None:
    """Keep MediaPipe's landmarks in pixels, float64 (33, 2), as `variant/photo`."""
    import mediapipe  # noqa: PLC0415 - only in its own environment

    if mediapipe.__version__ != MEDIAPIPE:
        sys.exit(f"this needs mediapipe {MEDIAPIPE}, not {mediapipe.__version__}")
    lite = Path(mediapipe.__file__).parent / "modules/pose_landmark/pose_landmark_lite.tflite"
    if not lite.exists():
        if package is None:
            sys.exit("the lite model is not in the wheel; give --package FILE.tgz (npm pack @mediapipe/pose@…)")
        with tarfile.open(package) as tar:
            lite.write_bytes(tar.extractfile("package/pose_landmark_lite.tflite").read())
    found = {}
    for variant, complexity in VARIANTS.items():
        with mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=complexity) as pose:
            for path in sorted(photos.glob("*.jpg")):
                picture = read(path)
                marks = pose.process(picture).pose_landmarks
                if marks is not None:
                    size = picture.shape[1], picture.shape[0]
                    found[f"{variant}/{path.name}"] = np.array([(m.x, m.y) for m in marks.landmark]) * size
    np.savez_compressed(file, **found)
    print(f"{len(found)} poses in {file}")


# -- our side


class Ours:
    """The product's own pipeline on one photo, as MediaPipe's static mode runs it: not mirrored, one pass."""

    def __init__(self, folder: Path, variant: str) -> None:
        from hingecue.pose.landmark import Landmarker  # noqa: PLC0415 - absent in MediaPipe's environment
        from hingecue.pose.runtime import Network  # noqa: PLC0415 - absent in MediaPipe's environment

        self._detector = Network("pose_detector", num_threads=2, folder=folder)
        network = Network(f"pose_{variant}", num_threads=2, folder=folder)
        self._landmarker = Landmarker(network, network)

    def roi(self, picture: np.ndarray) -> Roi | None:
        """Give the square around the person the detector is surest of."""
        from hingecue.pose import decode, detect, landmark, roi  # noqa: PLC0415 - absent in MediaPipe's environment

        edge = decode.DETECTOR_EDGE
        affine = roi.letterbox_affine(picture.shape[1], picture.shape[0], edge, mirrored=False)
        crop = np.zeros((edge, edge, 3), np.uint8)
        landmark.cut(picture, affine, crop, inverse=False)
        detect.fill(self._detector.inputs["image"][0], crop)
        out = self._detector.run()
        boxes = decode.decode_boxes(out["boxes"].reshape(-1, 12), out["scores"].ravel(), decode.make_anchors())
        best = decode.merge(boxes)
        if not len(best):
            return None
        scale = affine[0, 0], affine[1, 1]
        return roi.roi_from_points(
            *((best.centre[0] - affine[:, 2]) / scale).tolist(),
            *((best.end[0] - affine[:, 2]) / scale).tolist(),
        )

    def landmarks(self, picture: np.ndarray, roi: Roi) -> tuple[np.ndarray, np.ndarray, float]:
        """Give the landmarks (33, 2) in picture pixels, the mask (256, 256) as booleans, and the presence."""
        sight = self._landmarker.look(picture, roi, mirrored=False, want_mask=True)
        return sight.picture[:, :2].copy(), sight.mask > 0.5, sight.presence


def compare(photos: Path, reference: Path | None, package: Path | None) -> None:
    """Print the table."""
    import make_pose  # noqa: PLC0415 - needs the extra `models`

    from hingecue.pose.manifest import models_folder  # noqa: PLC0415 - absent in MediaPipe's environment

    known = np.load(reference) if reference else {}
    with tempfile.TemporaryDirectory() as folder:
        floats = make_pose.build_float(make_pose.read_sources(package))
        make_pose.write(floats, Path(folder), say=lambda _: None)
        manifest = make_pose.with_sums(make_pose.MANIFEST.read_text("utf-8"), floats)
        Path(folder, "manifest.toml").write_text(manifest, "utf-8")
        for variant in VARIANTS:
            of_float, of_product = Ours(Path(folder), variant), Ours(models_folder(), variant)
            compare_variant(variant, photos, known, of_float, of_product)


def compare_variant(variant: str, photos: Path, known: dict[str, np.ndarray], of_float: Ours, of_product: Ours) -> None:
    """Print the lines of one landmark model."""
    same_crop, float_peer, quantised_peer, product_peer, overlap, shift = [], [], [], [], [], []
    for path in sorted(photos.glob("*.jpg")):
        picture = read(path)
        roi = of_float.roi(picture)
        own_roi = of_product.roi(picture)
        if roi is None or own_roi is None:
            print(f"{path.name}: no person for {'the float' if roi is None else 'our'} detector")
            continue
        marks, mask, presence = of_float.landmarks(picture, roi)
        if presence < MIN_PRESENCE:
            continue
        quantised, quantised_mask, _ = of_product.landmarks(picture, roi)
        same_crop.append(distance(quantised, marks, BIG_JOINTS))
        overlap.append(100 * (mask & quantised_mask).sum() / max((mask | quantised_mask).sum(), 1))
        shift.append(100 * np.hypot(own_roi.cx - roi.cx, own_roi.cy - roi.cy) / roi.size)
        truth = known.get(f"{variant}/{path.name}")
        if truth is not None:
            own_marks, _, _ = of_product.landmarks(picture, own_roi)
            float_peer.append(distance(marks, truth, range(33)))
            quantised_peer.append(distance(quantised, truth, BIG_JOINTS))
            product_peer.append(distance(own_marks, truth, BIG_JOINTS))
    show(f"{variant}: quantised to float, same crop, 8 big joints, % of torso", same_crop)
    show(f"{variant}: float to MediaPipe, 33 landmarks, % of torso", float_peer)
    show(f"{variant}: quantised, float crop, to MediaPipe, 8 big joints, % of torso", quantised_peer)
    show(f"{variant}: quantised, own crop, to MediaPipe, 8 big joints, % of torso", product_peer)
    show(f"{variant}: mask overlap quantised/float (intersection over union), %", overlap)
    show(f"{variant}: crop centre of the quantised detector to the float one's, % of the crop's edge", shift)


def show(what: str, values: list[np.ndarray]) -> None:
    """Print one line of figures, pooled over photos and points."""
    if values:
        pooled = np.concatenate([np.atleast_1d(value) for value in values])
        p5, median, p95 = np.quantile(pooled, [0.05, 0.5, 0.95])
        print(
            f"{what}: median {median:.2f}, mean {pooled.mean():.2f}, p5 {p5:.2f}, p95 {p95:.1f}; {len(values)} photos"
        )


def distance(marks: np.ndarray, truth: np.ndarray, points: range | tuple[int, ...]) -> np.ndarray:
    """Give the distance of each of `points`, in percent of the torso's length in `truth`."""
    torso = np.linalg.norm(truth[list(SHOULDERS)].mean(0) - truth[list(HIPS)].mean(0))
    return 100 * np.linalg.norm(marks - truth, axis=1)[list(points)] / torso


if __name__ == "__main__":
    raise SystemExit(main())
