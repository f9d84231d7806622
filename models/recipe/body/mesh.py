"""Triangle meshes as plain arrays, and the few operations on them that must be fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

ATTRIBUTES = 5  # texture place (3, metres), cut (drawn where >= 0), tint (0 = plain, > 0 darker, < 0 redder)


@dataclass(frozen=True, slots=True)
class Mesh:
    """One surface of one material, in world metres.

    `vertices` (n, 3) · `normals` (n, 3), unit, outward · `attributes` (n, ATTRIBUTES) · `triangles` (t, 3) ·
    `material` (PARAMETERS,), see `raster` · `open_sheet`: both sides are drawn, and `cut` trims its edge ·
    `person`: belongs to the person mask.
    """

    vertices: F32
    normals: F32
    attributes: F32
    triangles: I32
    material: F32
    open_sheet: bool = False
    person: bool = False


@njit(cache=True, fastmath=True)
def vertex_normals(vertices: F32, triangles: I32) -> F32:
    """Return the area-weighted unit normals of the vertices (n, 3)."""
    out = np.zeros_like(vertices)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux = vertices[b, 0] - vertices[a, 0]
        uy = vertices[b, 1] - vertices[a, 1]
        uz = vertices[b, 2] - vertices[a, 2]
        vx = vertices[c, 0] - vertices[a, 0]
        vy = vertices[c, 1] - vertices[a, 1]
        vz = vertices[c, 2] - vertices[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for i in (a, b, c):
            out[i, 0] += nx
            out[i, 1] += ny
            out[i, 2] += nz
    for i in range(out.shape[0]):
        length = np.sqrt(out[i, 0] ** 2 + out[i, 1] ** 2 + out[i, 2] ** 2) + np.float32(1e-12)
        for k in range(3):
            out[i, k] /= length
    return out


@njit(cache=True, fastmath=True)
def skin(rest: F32, weights: F32, bones: I32, rotations: F32, shifts: F32) -> F32:
    """Linear blend skinning: (n, 3) rest metres -> (n, 3); bone j moves p to rotations[j] @ p + shifts[j]."""
    out = np.empty_like(rest)
    for i in range(rest.shape[0]):
        x, y, z = rest[i, 0], rest[i, 1], rest[i, 2]
        ox = oy = oz = np.float32(0)
        for k in range(weights.shape[1]):
            w = weights[i, k]
            if w > 0:
                j = bones[i, k]
                m = rotations[j]
                ox += w * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + shifts[j, 0])
                oy += w * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + shifts[j, 1])
                oz += w * (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + shifts[j, 2])
        out[i, 0], out[i, 1], out[i, 2] = ox, oy, oz
    return out


def neighbours(triangles: I32, count: int) -> tuple[I32, I32]:
    """Return the mesh graph as (start (count + 1,), neighbour (m,)), each edge in both directions."""
    a, b, c = triangles.T.astype(np.int64)
    codes = np.sort(
        np.concatenate([a * count + b, b * count + c, c * count + a, b * count + a, c * count + b, a * count + c])
    )
    codes = codes[np.concatenate([[True], codes[1:] != codes[:-1]])] if len(codes) else codes
    first, second = np.divmod(codes, max(count, 1))
    start = np.searchsorted(first, np.arange(count + 1))
    return start.astype(np.int32), second.astype(np.int32)


@njit(cache=True, fastmath=True)
def smooth(points: F32, start: I32, neighbour: I32, rounds: int) -> F32:
    """Move every point `rounds` times half-way to the mean of its neighbours; any number of columns."""
    a = points.copy()
    b = points.copy()
    columns = points.shape[1]
    for _ in range(rounds):
        for i in range(a.shape[0]):
            n = start[i + 1] - start[i]
            if n == 0:
                continue
            for k in range(columns):
                total = np.float32(0)
                for e in range(start[i], start[i + 1]):
                    total += a[neighbour[e], k]
                b[i, k] = np.float32(0.5) * (a[i, k] + total / n)
        a, b = b, a
    return a


def part_of(triangles: I32, keep: NDArray[np.bool_]) -> tuple[I32, I32]:
    """Cut out the triangles whose three vertices are all kept: (old vertex of each new one, new triangles)."""
    chosen = triangles[keep[triangles].all(1)]
    touched = np.zeros(len(keep), np.bool_)
    touched[chosen] = True
    used = np.flatnonzero(touched)
    renumber = np.zeros(len(keep), np.int32)
    renumber[used] = np.arange(len(used), dtype=np.int32)
    return used.astype(np.int32), renumber[chosen].astype(np.int32)


def solid(
    vertices: NDArray[np.floating[Any]], triangles: NDArray[np.integer[Any]], material: F32, *, flat: bool
) -> Mesh:
    """Make a mesh of a thing; `flat`: hard edges (every face gets its own vertices)."""
    points = np.asarray(vertices, np.float32)
    faces = np.ascontiguousarray(triangles, np.int32)
    if flat:
        points = np.ascontiguousarray(points[faces].reshape(-1, 3))
        faces = np.arange(len(points), dtype=np.int32).reshape(-1, 3)
    attributes = np.zeros((len(points), ATTRIBUTES), np.float32)
    attributes[:, :3] = points
    return Mesh(points, vertex_normals(points, faces), attributes, faces, material)
