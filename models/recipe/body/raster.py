"""A small software renderer: z-buffer, shadow map, smooth light, procedural materials. Numba, one core.

Edges are supersampled `SAMPLES` x `SAMPLES`; a pixel whose samples all lie in one surface is lit once.
Colours are linear light, 0..1, RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from .material import BUMP, BUMP_SCALE, NOISE_FIELD, SHARPNESS, SHINE, WRAP, noise_at, paint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .camera import Camera
    from .mesh import F32, I32, Mesh

SAMPLES = 2
SHADOW_SIZE = 320  # texels a side


@dataclass(frozen=True, slots=True)
class Light:
    """Light of a scene: unit `key` direction towards the lamp, its colour, and light from above and below (linear)."""

    key: F32
    key_colour: F32
    sky: F32
    ground: F32
    shadow: float = 0.7  # 0 = no shadows, 1 = hard black ones


@dataclass(frozen=True, slots=True)
class Shadow:
    """Depth towards the lamp: `depth` (SHADOW_SIZE, SHADOW_SIZE); `to_map` (3, 4) world metres -> texel x, y, depth m."""

    depth: F32
    to_map: F32


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture without background: linear `colour` (H, W, 3) premultiplied, `alpha`, `person` (H, W) 0..1, `depth` m (0 = none)."""

    colour: F32
    alpha: F32
    person: F32
    depth: F32


@njit(cache=True, fastmath=True)
def fill(screen: F32, triangles: I32, flags: NDArray[np.uint8], cut: F32, depth: F32, owner: I32) -> None:
    """Z-buffer: `screen` (n, 3) x, y in samples and nearness; `flags` bit 0: open sheet, bit 1: draw from behind only."""
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        za, zb, zc = screen[a, 2], screen[b, 2], screen[c, 2]
        if za <= -1e8 or zb <= -1e8 or zc <= -1e8:
            continue
        ax, ay, bx, by, cx, cy = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        sheet = flags[t] & 1
        if (area >= 0 and sheet == 0) or abs(area) < 1e-9:
            continue
        x0 = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        y0 = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        if x0 > x1 or y0 > y1:
            continue
        inv = np.float32(1.0) / area
        ux, uy = (by - cy) * inv, (cx - bx) * inv
        vx, vy = (cy - ay) * inv, (ax - cx) * inv
        for y in range(y0, y1 + 1):
            py = np.float32(y + 0.5) - cy
            for x in range(x0, x1 + 1):
                px = np.float32(x + 0.5) - cx
                u = ux * px + uy * py
                v = vx * px + vy * py
                w = np.float32(1.0) - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                z = u * za + v * zb + w * zc
                if z <= depth[y, x]:
                    continue
                if sheet and u * cut[a] + v * cut[b] + w * cut[c] < 0:
                    continue
                depth[y, x] = z
                owner[y, x] = t


@njit(cache=True, fastmath=True)
def lit(x: float, y: float, z: float, bias: float, depth: F32, to_map: F32) -> float:
    """Return how much of the lamp a world point sees, 0..1 (3 x 3 texels)."""
    u = to_map[0, 0] * x + to_map[0, 1] * y + to_map[0, 2] * z + to_map[0, 3]
    v = to_map[1, 0] * x + to_map[1, 1] * y + to_map[1, 2] * z + to_map[1, 3]
    d = to_map[2, 0] * x + to_map[2, 1] * y + to_map[2, 2] * z + to_map[2, 3] + bias
    iu, iv = int(np.floor(u)), int(np.floor(v))
    size = depth.shape[0]
    if iu < 1 or iv < 1 or iu >= size - 2 or iv >= size - 2:
        return 1.0
    fu, fv = u - iu, v - iv
    total = 0.0
    for j in range(-1, 3):
        wj = (1 - fv) if j == -1 else (fv if j == 2 else 1.0)
        for i in range(-1, 3):
            wi = (1 - fu) if i == -1 else (fu if i == 2 else 1.0)
            if depth[iv + j, iu + i] <= d:
                total += wi * wj
    return total / 9.0


@njit(cache=True, fastmath=True)
def _sample(t, x, y, screen, triangles, world, normals, attributes, owner_material, materials, eye, key, key_colour, sky,
            ground, strength, shadow, to_map, field, a, out) -> None:  # fmt: skip
    """Light triangle `t` at sample (x, y); writes linear RGB to `out`."""
    i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    ax, ay, bx, by, cx, cy = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1], screen[k, 0], screen[k, 1]
    inv = np.float32(1.0) / ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay))
    u = ((by - cy) * (x - cx) + (cx - bx) * (y - cy)) * inv
    v = ((cy - ay) * (x - cx) + (ax - cx) * (y - cy)) * inv
    w = 1 - u - v
    u *= screen[i, 2]
    v *= screen[j, 2]
    w *= screen[k, 2]
    s = np.float32(1.0) / (u + v + w)
    u, v, w = u * s, v * s, w * s
    m = materials[owner_material[t]]
    px = u * world[i, 0] + v * world[j, 0] + w * world[k, 0]
    py = u * world[i, 1] + v * world[j, 1] + w * world[k, 1]
    pz = u * world[i, 2] + v * world[j, 2] + w * world[k, 2]
    nx = u * normals[i, 0] + v * normals[j, 0] + w * normals[k, 0]
    ny = u * normals[i, 1] + v * normals[j, 1] + w * normals[k, 1]
    nz = u * normals[i, 2] + v * normals[j, 2] + w * normals[k, 2]
    for q in range(5):
        a[q] = u * attributes[i, q] + v * attributes[j, q] + w * attributes[k, q]
    if m[BUMP] > 0:
        e = 0.004 * m[BUMP_SCALE]
        p, q2 = (a[0] + 0.6 * a[1]) * m[BUMP_SCALE], a[2] * m[BUMP_SCALE]
        n0 = noise_at(field, p, q2)
        nx += m[BUMP] * (noise_at(field, p + e, q2) - n0)
        ny += m[BUMP] * (noise_at(field, p + e, q2 + e) - n0)
        nz += m[BUMP] * (noise_at(field, p, q2 + e) - n0)
    vx, vy, vz = eye[0] - px, eye[1] - py, eye[2] - pz
    inv = 1 / (np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9)
    inside = np.float32(1.0)
    if nx * vx + ny * vy + nz * vz < 0 and normals[i, 0] * vx + normals[i, 1] * vy + normals[i, 2] * vz < 0:
        inv, inside = -inv, np.float32(0.6)
    nx, ny, nz = nx * inv, ny * inv, nz * inv
    dot = nx * key[0] + ny * key[1] + nz * key[2]
    lamp = max(dot + m[WRAP], np.float32(0)) / (1 + m[WRAP])
    gloss = np.float32(0)
    if lamp > 0:
        seen = lit(px + nx * 0.012, py + ny * 0.012, pz + nz * 0.012, 0.012, shadow, to_map)
        seen = 1 - strength * (1 - seen)
        lamp *= seen
        if m[SHINE] > 0:
            r = 1 / (np.sqrt(vx * vx + vy * vy + vz * vz) + 1e-9)
            hx, hy, hz = vx * r + key[0], vy * r + key[1], vz * r + key[2]
            h = (nx * hx + ny * hy + nz * hz) / (np.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9)
            gloss = m[SHINE] * seen * max(h, 0.0) ** m[SHARPNESS]
    up = np.float32(0.5) * (1 + nz)
    paint(m, a, field, out)
    for q in range(3):
        ambient = sky[q] * up + ground[q] * (1 - up)
        out[q] = inside * (out[q] * (ambient + key_colour[q] * lamp) + key_colour[q] * gloss)


@njit(cache=True, fastmath=True)
def _shade(depth, owner, screen, triangles, world, normals, attributes, owner_material, owner_person, materials, eye,
           light, strength, shadow, to_map, field, colour, alpha, person, distance) -> None:  # fmt: skip
    """Resolve the sample buffers into pixels."""
    height, width = alpha.shape
    a = np.zeros(5, np.float32)
    out = np.zeros(3, np.float32)
    share = np.float32(1.0 / (SAMPLES * SAMPLES))
    for y in range(height):
        for x in range(width):
            first = -1
            same = True
            count = 0
            for sy in range(y * SAMPLES, y * SAMPLES + SAMPLES):
                for sx in range(x * SAMPLES, x * SAMPLES + SAMPLES):
                    t = owner[sy, sx]
                    if t >= 0:
                        count += 1
                        alpha[y, x] += share
                        if owner_person[t]:
                            person[y, x] += share
                        distance[y, x] = max(distance[y, x], depth[sy, sx])
                        if first < 0:
                            first = t
                        elif owner_material[t] != owner_material[first]:
                            same = False
            if count == 0:
                continue
            distance[y, x] = 1 / distance[y, x]
            whole = same and count == SAMPLES * SAMPLES
            for sy in range(y * SAMPLES, y * SAMPLES + SAMPLES):
                for sx in range(x * SAMPLES, x * SAMPLES + SAMPLES):
                    t = owner[sy, sx]
                    if t < 0:
                        continue
                    _sample(t, sx + np.float32(0.5), sy + np.float32(0.5), screen, triangles, world, normals, attributes,
                            owner_material, materials, eye, light[0], light[1], light[2], light[3], strength, shadow,
                            to_map, field, a, out)  # fmt: skip
                    for k in range(3):
                        colour[y, x, k] += out[k] * (np.float32(1.0) if whole else share)
                    if whole:
                        break
                if whole:
                    break


def cast_shadow(meshes: list[Mesh], light: Light, centre: F32, reach: float = 1.7) -> Shadow:
    """Look from the lamp: everything within `reach` metres of `centre` throws shadows."""
    side = np.cross(light.key, [0.0, 0.0, 1.0] if abs(light.key[2]) < 0.95 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    rows = np.stack([side, np.cross(light.key, side), light.key])
    scale = SHADOW_SIZE / (2 * reach)
    to_map = np.zeros((3, 4))
    to_map[:2, :3] = rows[:2] * scale
    to_map[:2, 3] = SHADOW_SIZE / 2 - to_map[:2, :3] @ centre
    to_map[2, :3] = rows[2]
    to_map = to_map.astype(np.float32)
    depth = np.full((SHADOW_SIZE, SHADOW_SIZE), -1e8, np.float32)
    owner = np.empty((SHADOW_SIZE, SHADOW_SIZE), np.int32)
    for mesh in meshes:
        seen = (mesh.vertices @ to_map[:, :3].T + to_map[:, 3]).astype(np.float32)
        flags = np.ones(len(mesh.triangles), np.uint8)
        fill(seen, mesh.triangles, flags, np.ascontiguousarray(mesh.attributes[:, 3]), depth, owner)
    return Shadow(depth, to_map)


def render(meshes: list[Mesh], camera: Camera, light: Light, shadow: Shadow) -> Layer:
    """Draw the meshes as a layer of `camera.width` x `camera.height` pixels."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes])
    world = np.concatenate([m.vertices for m in meshes])
    triangles = np.concatenate([m.triangles + o for m, o in zip(meshes, offsets, strict=False)]).astype(np.int32)
    attributes = np.concatenate([m.attributes for m in meshes])
    counts = [len(m.triangles) for m in meshes]
    flags = np.repeat(np.array([m.open_sheet for m in meshes], np.uint8), counts)
    owner_material = np.repeat(np.arange(len(meshes), dtype=np.int32), counts)
    owner_person = np.repeat(np.array([m.person for m in meshes], np.bool_), counts)
    screen = camera.samples(world, SAMPLES)
    shape = (camera.height * SAMPLES, camera.width * SAMPLES)
    depth = np.zeros(shape, np.float32)
    owner = np.full(shape, -1, np.int32)
    fill(screen, triangles, flags, np.ascontiguousarray(attributes[:, 3]), depth, owner)
    size = (camera.height, camera.width)
    layer = Layer(np.zeros((*size, 3), np.float32), *(np.zeros(size, np.float32) for _ in range(3)))
    lights = np.stack([light.key, light.key_colour, light.sky, light.ground]).astype(np.float32)
    _shade(
        depth, owner, screen, triangles, world, np.concatenate([m.normals for m in meshes]), attributes, owner_material,
        owner_person, np.stack([m.material for m in meshes]), camera.place, lights, np.float32(light.shadow),
        shadow.depth, shadow.to_map, NOISE_FIELD, layer.colour, layer.alpha, layer.person, layer.depth,
    )  # fmt: skip
    return layer
