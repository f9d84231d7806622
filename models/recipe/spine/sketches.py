"""Draw what the spine reader sees straight into its own frame, without room and pose models: five times as many in the time.

    python models/recipe/spine/sketches.py DATA --count 400000 [--workers 2]

Bodies, clothes, postures and things are those of `pictures.py`. Where the pose models would put the landmarks, and with them
the frame, is taken from finished shards in DATA: a sketch gets the landmark errors of a picture that shows much the same.
Masks along the trunk are close to the truth in such pictures, so a sketch has the true one with a little wear.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.spatial import cKDTree

RECIPE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(RECIPE), str(RECIPE.parents[1] / "device")]

from body import camera as cameras  # noqa: E402
from body import raster  # noqa: E402
from body.clothes import Wardrobe  # noqa: E402
from body.pose import pose_body  # noqa: E402

from hingecue.pose.outline import FLIP, SIZE, TORSO_PX, frame  # noqa: E402
from spine.dataset import load  # noqa: E402
from spine.generate import fresh_people  # noqa: E402
from spine.net import LANDMARKS  # noqa: E402
from spine.pictures import EDGE, MARKS, SPINE, draw_outfit, draw_view, lamp, landmarks, pixels_per_metre  # noqa: E402
from spine.postures import ARMS, SUPPORTS, draw_posture  # noqa: E402
from spine.things import things  # noqa: E402

if TYPE_CHECKING:
    from body.pose import Posed, Rig

    from spine.postures import Drawn

FILE, LOW_EVERY = 10_000, 8
"""Sketches in a file; the last of so many files shows people on the floor or over a bench (`postures.LOW`)."""
POSTURES_PER_OUTFIT, VIEWS_PER_POSTURE = 10, 4
NEAR = 12
"""Of so many pictures that show much the same, one gives its landmark errors."""
DEPTH = 2.7
"""The landmark model draws depth out so much."""
SEED = 31
HIPS, SHOULDERS = slice(9, 11), slice(3, 5)
"""Rows of MARKS."""
OTHER_SIDE = [0, *(i for k in range(1, len(MARKS), 2) for i in (k + 1, k))]
"""MARKS with left and right changed."""
DONOR_COLUMNS = (
    "marks", "px_per_m", "picture", "landmarks", "presence", "facing_right", "hip_off", "shoulder_off", "view_deg",
    "behind", "lumbar_deg", "thoracic_deg", "trunk_deg", "arms", "support",
)  # fmt: skip
"""What of the shards tells their landmark errors."""
ARMS_APART, SUPPORT_APART = 4.0, 4.0
"""How far other arms or another support are, in units of `alike`."""


def alike(total: np.ndarray, trunk: np.ndarray, view: np.ndarray, arms: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Give points (N, 3 + arms + supports) that lie near each other for pictures that show much the same."""
    plain = np.stack([total / 15, trunk / 15, view / 12], 1)
    codes = [
        np.array([[apart * (value == name) for name in names] for value in values])
        for values, names, apart in ((arms, ARMS, ARMS_APART), (support, SUPPORTS, SUPPORT_APART))
    ]
    return np.concatenate([plain, *codes], 1)


class Donors:
    """Landmark errors of pictures that went through the pose models."""

    def __init__(self, data: Path) -> None:
        got = load(data, test=False, columns=DONOR_COLUMNS)
        keep = got["on_person"]
        got = {name: values[keep] for name, values in got.items()}
        right = got["facing_right"].astype(bool)
        marks = np.where(right[:, None, None], got["marks"], got["marks"][:, OTHER_SIDE])
        scale = got["px_per_m"][:, None]
        found = got["picture"][:, LANDMARKS]
        side = np.where(right, 1.0, -1.0)[:, None]
        depth = marks[..., 2] - marks[:, HIPS, 2].mean(1, keepdims=True)
        self.errors = np.stack(
            [
                side * (found[..., 0] - marks[..., 0]) / scale,
                (found[..., 1] - marks[..., 1]) / scale,
                found[..., 2] / scale - DEPTH * depth,
            ], 2,
        ).astype(np.float32)  # fmt: skip
        self.seen = got["landmarks"][:, LANDMARKS, 3].astype(np.float32)
        self.presence = got["presence"]
        view = np.where(got["behind"], -got["view_deg"], got["view_deg"])
        self._tree = cKDTree(alike(got["total_deg"], got["trunk_deg"], view, got["arms"], got["support"]))

    def one(self, posed: Posed, drawn: Drawn, view: float, rng: np.random.Generator) -> int:
        """Choose a picture that shows much the same."""
        at = alike(
            np.array([posed.truth.total_deg]), np.array([posed.truth.trunk_deg]), np.array([view]),
            np.array([drawn.arms]), np.array([drawn.support]),
        )  # fmt: skip
        return int(self._tree.query(at[0], NEAR)[1][int(rng.integers(NEAR))])


@dataclass(frozen=True, slots=True)
class Framed:
    """A camera whose picture is the aligned frame; what `raster.render` needs of one."""

    camera: cameras.Camera
    matrix: np.ndarray
    width: int = SIZE
    height: int = SIZE

    @property
    def place(self) -> np.ndarray:
        """Where it stands."""
        return self.camera.place

    def samples(self, points: np.ndarray, scale: int) -> np.ndarray:
        """As `Camera.samples`."""
        out = self.camera.samples(points, 1)
        out[:, :2] = ((out[:, :2] @ self.matrix[:, :2].T + self.matrix[:, 2] + 0.5) * scale).astype(np.float32)
        return out


def grain(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Give smooth noise of SD about one, so many grains a side: float32 (SIZE, SIZE)."""
    return cv2.resize(rng.standard_normal((cells, cells), np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)


def worn(layer: raster.Layer, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give mask and grey picture, uint8 (SIZE, SIZE), as a camera and the pose model would make them of a drawing."""
    # What is held or stands before is now and then taken for the person, or half so.
    taken = np.float32(rng.uniform(0, 1.4) if rng.random() < 0.5 else 0)
    mask = np.maximum(layer.person, layer.alpha * taken).clip(0, 1)
    # The outline strays by about a pixel, here this way and there that.
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.7, 1.2))
    soft += grain(rng, 12) * np.float32(rng.uniform(0, 0.5)) * 4 * soft * (1 - soft)
    edge = np.clip((soft - 0.5) * rng.uniform(1.0, 2.0) + 0.5, 0, 1)
    # Here and there, most of all round the outline, the model cannot tell the person from what is behind: grey terraces.
    lost = np.clip(2 * (grain(rng, 8) + np.float32(rng.normal(-0.5, 0.5))), 0, 1)
    wide = cv2.GaussianBlur(mask, (0, 0), rng.uniform(1.5, 3.5)) + np.float32(0.12) * grain(rng, 24)
    terrace = np.clip((wide - np.float32(rng.uniform(0.05, 0.6))) * 4, 0, 1)
    terrace *= np.float32(rng.uniform(0.3, 0.9)) + np.float32(0.08) * grain(rng, 48)
    sure = np.clip((cv2.GaussianBlur(mask, (0, 0), 4) - np.float32(0.7)) * 5, 0, 1)
    edge = np.clip(edge + lost * (1 - sure) * (terrace - edge), 0, 1)
    dim = rng.random() < 0.12
    colour = layer.colour + (1 - layer.alpha[..., None]) * rng.uniform(0.05, 0.9, 3).astype(np.float32)
    colour *= np.float32(rng.uniform(0.03, 0.2) if dim else rng.uniform(0.6, 1.3))
    colour = cv2.GaussianBlur(colour, (0, 0), rng.uniform(0.3, 1.3))
    grey = cv2.cvtColor(cv2.pow(np.clip(colour, 0, 1, dtype=np.float32), 1 / 2.2), cv2.COLOR_RGB2GRAY) * 255
    grey += rng.standard_normal(grey.shape, np.float32) * np.float32(rng.uniform(0.5, 5 if dim else 3))
    return np.round(255 * edge).astype(np.uint8), np.clip(grey, 0, 255).astype(np.uint8)


class Sketcher:
    """Draws sketches of the bodies of one bank."""

    def __init__(self, rig: Rig, bodies: range, donors: Donors, rng: np.random.Generator) -> None:
        self._rig, self._bodies, self._donors, self._rng = rig, bodies, donors, rng

    def some(self, *, low: bool) -> list[dict[str, object]]:
        """Draw the sketches of one person in one outfit; `low`: on the floor or over a bench."""
        rng = self._rng
        body = int(rng.integers(self._bodies.start, self._bodies.stop))
        wardrobe = Wardrobe(self._rig, body, draw_outfit(rng)[0])
        rows = []
        for _ in range(POSTURES_PER_OUTFIT):
            drawn = draw_posture(rng, low=low)
            posed = pose_body(self._rig, body, drawn.pose)
            meshes = wardrobe.dress(posed) + things(drawn, posed, rng)
            light = lamp(rng)
            shadow = raster.cast_shadow(meshes, light, posed.vertices.mean(0).astype(np.float32))
            for _ in range(VIEWS_PER_POSTURE):
                row = self._sketch(drawn, posed, meshes, light, shadow)
                if row is not None:
                    rows.append(row)
        return rows

    def _sketch(
        self, drawn: Drawn, posed: Posed, meshes: list, light: raster.Light, shadow: raster.Shadow
    ) -> dict[str, object] | None:
        rng = self._rng
        view = draw_view(rng)
        camera = cameras.look(
            posed.vertices.mean(0), off_side_deg=view, facing_right=True, distance_m=float(rng.uniform(2.0, 5.5)),
            elevation_deg=float(rng.normal(4, 9)), roll_deg=float(rng.normal(0, 3)), width=EDGE, height=EDGE,
        ).framed(posed.vertices[::20], 0.7)  # fmt: skip
        marks, scale = camera.project(landmarks(posed)), pixels_per_metre(camera, posed)
        donor = self._donors.one(posed, drawn, view, rng)
        error = self._donors.errors[donor]
        points = marks[:, :2] + error[:, :2] * scale
        hip, shoulder = points[HIPS].mean(0), points[SHOULDERS].mean(0)
        up = shoulder - hip
        torso = float(np.linalg.norm(up))
        if torso < 0.05 * scale:
            return None
        matrix = frame(tuple(hip), tuple(up), torso)
        layer = raster.render(meshes, Framed(camera, matrix), light, shadow)
        mask, grey = worn(layer, rng)
        placed = np.empty((len(MARKS), 4), np.float32)
        placed[:, :2] = (points - hip) @ (matrix[:, :2] / TORSO_PX * FLIP).T
        depth = marks[:, 2] - marks[HIPS, 2].mean()
        placed[:, 2] = (error[:, 2] + DEPTH * depth) * scale / torso
        placed[:, 3] = self._donors.seen[donor]
        true_hip, true_shoulder = marks[HIPS, :2].mean(0), marks[SHOULDERS, :2].mean(0)
        length = max(float(np.linalg.norm(true_shoulder - true_hip)), 0.25 * torso)
        spine = camera.project(np.stack([posed.joints[name] for name in SPINE]))[:, :2]
        return {
            "mask": mask, "grey": grey, "points": placed.astype(np.float16),
            "lean": float(np.degrees(np.arctan2(up[0], -up[1]))), "presence": float(self._donors.presence[donor]),
            "spine": np.clip(spine @ matrix[:, :2].T + matrix[:, 2], -999, 999).astype(np.float16),
            "lumbar_deg": posed.truth.lumbar_deg, "thoracic_deg": posed.truth.thoracic_deg, "view_deg": abs(view),
            "trunk_deg": posed.truth.trunk_deg, "shoulder_off": float(np.linalg.norm(shoulder - true_shoulder)) / length,
            "hip_off": float(np.linalg.norm(hip - true_hip)) / length,
        }  # fmt: skip


def make_sketches(job: tuple[str, int, int]) -> str:
    """Make one file of sketches, unless it is there: folder, number, sketches."""
    folder, number, size = job
    path = Path(folder) / f"sketches-{number:04d}.npz"
    if path.exists():
        return f"{path.name} is there"
    cv2.setNumThreads(1)
    rng = np.random.default_rng([SEED, number])
    sketcher = Sketcher(*fresh_people(SEED, number, size), Donors(Path(folder)), rng)
    rows: list[dict[str, object]] = []
    while len(rows) < size:
        rows += sketcher.some(low=number % LOW_EVERY == LOW_EVERY - 1)
    columns = {name: np.array([row[name] for row in rows[:size]]) for name in rows[0]}
    partial = path.with_suffix(".part.npz")
    np.savez(partial, **columns)
    partial.rename(path)
    return f"{path.name}: {size}"


def sketch(data: Path, *, count: int, workers: int, size: int = FILE) -> None:
    """Make all files of sketches that are not there yet."""
    jobs = [(str(data), number, size) for number in range(-(-count // size))]
    # Spawned, for OpenCV's threads do not live on in a forked child, which would wait for them for ever.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for line in pool.map(make_sketches, jobs):
            print(line, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=400_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    sketch(options.data, count=options.count, workers=options.workers)


if __name__ == "__main__":
    main()
