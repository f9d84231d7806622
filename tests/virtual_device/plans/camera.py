"""Our camera on a real V4L2 device: frames, no frames, one that is pulled out and put in again."""

from __future__ import annotations

import json
import os
import threading
import time
from itertools import islice, pairwise
from pathlib import Path

from tests.virtual_device.device import VIDEO, drop_pictures, modprobe, plug_camera, unplug_camera

from hingecue.errors import DeviceFault
from hingecue.sense.camera import CameraSource


def code_of(do) -> str:
    try:
        do()
    except DeviceFault as fault:
        return fault.code
    return "none"


def holding() -> dict[str, int]:
    return {"threads": threading.active_count(), "descriptors": len(list(Path("/proc/self/fd").iterdir()))}


report = {"nothing there": code_of(lambda: CameraSource(VIDEO))}
modprobe("vivid", "n_devs=1", "node_types=0x1", "num_inputs=1", "input_types=0x0")
with CameraSource(VIDEO) as camera:
    frames = list(islice(camera, 30))
    steps = [b.t_ns - a.t_ns for a, b in pairwise(frames)]
    report["size"] = [camera.info.width, camera.info.height]
    report["shape"] = frames[-1].rgb.shape
    report["in order"] = min(steps) > 0 and all(b.index > a.index for a, b in pairwise(frames))
    report["seconds"] = (frames[-1].t_ns - frames[0].t_ns) / 1e9
    report["moves"] = bool((frames[0].rgb != frames[-1].rgb).any())
before = holding()
for _ in range(int(os.environ.get("TIMES", "1"))):
    with CameraSource(VIDEO, silent_after_s=1.0) as camera:
        next(iter(camera))
        drop_pictures(100)
        report["silent"] = code_of(lambda c=camera: [None for _ in c])
        drop_pictures(0)
    with CameraSource(VIDEO, silent_after_s=1.0) as camera:
        report["speaks again"] = len(list(islice(camera, 3)))
        unplug_camera()
        began_s = time.monotonic()
        report["pulled out"] = code_of(lambda c=camera: [None for _ in c])
        report["told after s"] = time.monotonic() - began_s
        report["away"] = code_of(lambda: CameraSource(VIDEO))
    report["stuck"] = camera.stuck
    plug_camera()
    with CameraSource(VIDEO) as camera:
        report["put in"] = len(list(islice(camera, 3)))
report["leaks"] = {name: count - before[name] for name, count in holding().items()}
print(json.dumps(report), flush=True)  # noqa: T201
