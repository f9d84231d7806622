"""`hingecue check`: the doctor looks at every part and says what to do."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from hingecue import __version__
from hingecue.app.health import conditions, read_health
from hingecue.app.output import answers, put_json
from hingecue.app.worn_sensors import ABSENT
from hingecue.errors import DeviceFault, Fault
from hingecue.pose.runtime import checked_model, models_folder, read_manifest, runtime
from hingecue.sense.camera import CameraSource
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import probe
from hingecue.store.session import SessionStore

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from pathlib import Path

    from hingecue.config import Settings

MARKS = {"ok": "✓", "absent": "–", "fault": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: `state` is ok, absent (fine without it) or fault; `try_this` only where something is to be done."""

    part: str
    state: str
    what: str
    try_this: str = ""


def check(options: Namespace, settings: Settings) -> int:
    """Look at every part; 1 when one that is needed has a fault."""
    findings = [
        Finding("hingecue", "ok", __version__),
        Finding("machine", "ok", f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"),
        Finding("python", "ok", platform.python_version()),
        Finding("libraries", "ok", f"numpy {np.__version__}, OpenCV {_version('opencv-python-headless')}"),
        _look("runtime", lambda: str(runtime())),
        _look("models", _models),
        _look("camera", lambda: _camera(settings), absent="camera_missing"),
        *_sensors(settings),
        _look("store", lambda: _store(settings.database)),
        *_box(settings),
    ]
    if options.json:
        put_json(
            {
                "parts": [
                    {"part": f.part, "state": f.state, "what": f.what, "try_this": f.try_this or None} for f in findings
                ]
            }
        )
    else:
        console = answers()
        for f in findings:
            advice = f"; {f.try_this}" if f.try_this else ""
            console.print(f"{MARKS[f.state]} {f.part:<11} {f.what}{advice}", soft_wrap=True, markup=False)
    return 1 if any(f.state == "fault" for f in findings) else 0


def _look(part: str, how: Callable[[], str], *, absent: str | None = None) -> Finding:
    try:
        return Finding(part, "ok", how())
    except Fault as fault:
        state = "absent" if fault.code == absent else "fault"
        return Finding(part, state, f"{fault.where}: {fault.what}", fault.try_this)


def _models() -> str:
    folder = models_folder()
    manifest = read_manifest(folder)
    for spec in manifest.values():
        checked_model(spec, folder)
    return f"{len(manifest)} models as the manifest names them, in {folder}"


def _camera(settings: Settings) -> str:
    device: str | int = int(settings.camera) if settings.camera.isdigit() else settings.camera
    with CameraSource(device, settings.width, settings.height, settings.fps) as camera:
        frame = next(iter(camera))
        height, width = frame.rgb.shape[:2]
    return f"{settings.camera} gives {width}×{height}"


def _sensors(settings: Settings) -> list[Finding]:
    """Look at the wire and at every chip on it; a camera can do without them."""
    try:
        with Bus(settings.i2c_bus) as bus:
            found = probe(bus)
    except Fault as fault:
        state = "absent" if isinstance(fault, DeviceFault) and fault.code in ABSENT else "fault"
        return [Finding("sensors", state, f"{fault.where}: {fault.what}", fault.try_this)]
    if not found:
        return [
            Finding("sensors", "absent", f"no motion sensor answers on {bus.name}", "plug them in to feel the spine")
        ]
    findings = []
    for chip in found:
        where = f"{bus.name} 0x{chip.address:02X}"
        if chip.fault is None:
            lesser = "" if chip.has_gyro else ", no gyro: for slow repetitions only"
            findings.append(Finding("sensor", "ok", f"{chip.name} at {where}{lesser}"))
        else:
            findings.append(Finding("sensor", "fault", f"{where}: {chip.fault.what}", chip.fault.try_this))
    return findings


def _box(settings: Settings) -> list[Finding]:
    """Tell how the machine itself is; a laptop does not say everything."""
    health = read_health(settings.database.parent)
    return [Finding(c.part, c.state, c.what, c.try_this) for c in conditions(health)]


def _store(path: Path) -> str:
    with SessionStore(path) as store:
        notices = list(store.notices)
    return "; ".join([f"{path} can be written", *notices])


def _version(distribution: str) -> str:
    for name in (distribution, "opencv-python", "opencv-contrib-python"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "of the system"
