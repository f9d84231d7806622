#!/usr/bin/env python3
"""Run the models on an emulated Arm processor, on inputs from the bundled recording, and compare with this machine.

    python models/recipe/compare_arm64.py [--work FOLDER] [--frames 60]

Debian's `mmdebstrap` and `qemu-user-static` are needed. A small arm64 system with Python 3.11 is unpacked into FOLDER once
(about 200 MB with its wheels), without root and without being installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np

RECIPE = Path(__file__).resolve().parent
sys.path.insert(0, str(RECIPE.parents[1] / "device"))

from hingecue.app.bench import bundled_frames  # noqa: E402
from hingecue.pose.manifest import models_folder  # noqa: E402
from hingecue.pose.runtime import Network  # noqa: E402
from hingecue.pose.silhouette import FLEXION_SCALE, HEADS  # noqa: E402
from hingecue.pose.spine import open_spine  # noqa: E402
from hingecue.pose.tracker import PoseTracker  # noqa: E402

PYTHON, SUITE = "3.11", "bookworm"
PACKAGES = "python3,python3-minimal,libpython3-stdlib,libstdc++6,zlib1g,libffi8,libexpat1"
EVERY = 9
"""One frame in so many: the film moves slowly."""

CPUINFO = """\
processor\t: {number}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x4
CPU part\t: 0xd0b
CPU revision\t: 1

"""
"""What a Pi 5 says of each of its four cores: the runtime reads it to choose its kernels, and crashes without."""

RUNNER = """
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
data = np.load(sys.argv[2])
interpreter = Interpreter(model_path=sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
found = {d["name"]: [] for d in outputs}
for row in range(len(data[inputs[0]["name"]])):
    for d in inputs:
        interpreter.set_tensor(d["index"], data[d["name"]][row])
    interpreter.invoke()
    for d in outputs:
        found[d["name"]].append(interpreter.get_tensor(d["index"]).copy())
np.savez(sys.argv[3], **{name: np.stack(rows) for name, rows in found.items()})
"""


def collect(count: int) -> dict[str, dict[str, list[np.ndarray]]]:
    """Run the product over the bundled film and keep every network's inputs: network → tensor → rows."""
    kept: dict[str, dict[str, list[np.ndarray]]] = {}
    plain = Network.run
    # Made first: a network runs once when it is loaded, on whatever lies in memory.
    parts = [(PoseTracker(variant, 2), open_spine()) for variant in ("lite", "full")]

    def run(network: Network) -> object:
        rows = kept.setdefault(network.spec.name, {})
        for tensor in network.spec.inputs:
            rows.setdefault(tensor.tensor, []).append(network.inputs[tensor.name].copy())
        return plain(network)

    Network.run = run  # type: ignore[method-assign, assignment]
    try:
        for tracker, spine in parts:
            for frame in islice(bundled_frames(), 0, count * EVERY, EVERY):
                pose = tracker.step(frame, want_mask=True)
                if pose is not None:
                    spine.read(pose)
    finally:
        Network.run = plain  # type: ignore[method-assign]
    return kept


def unpack(work: Path) -> None:
    """Make the arm64 system, unless it is there."""
    root, site = work / "root", work / "site"
    if not (root / "usr/bin" / f"python{PYTHON}").exists():
        command = [
            "mmdebstrap",
            "--variant=extract",
            "--architectures=arm64",
            f"--include={PACKAGES}",
            SUITE,
            str(root),
        ]
        subprocess.run(command, check=True)  # noqa: S603
        if not (root / "lib").exists():
            (root / "lib").symlink_to("usr/lib")
    cpuinfo = root / "proc" / "cpuinfo"
    cpuinfo.parent.mkdir(exist_ok=True)
    cpuinfo.write_text("".join(CPUINFO.format(number=number) for number in range(4)), "utf-8")
    if not site.exists():
        wheels = [f"{name}=={version(name)}" for name in ("ai-edge-litert", "numpy")]
        platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in (17, 27, 28, 34)]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(site), *platforms]
        command += [f"--python-version={PYTHON}", "--only-binary=:all:", *wheels]
        subprocess.run(command, check=True)  # noqa: S603


def on_arm(work: Path, model: Path, inputs: Path, outputs: Path) -> None:
    """Run one model over its inputs in the emulator."""
    root = work / "root"
    (work / "runner.py").write_text(RUNNER, "utf-8")
    settings = {"PYTHONPATH": str(work / "site"), "PYTHONHOME": str(root / "usr"), "OPENBLAS_NUM_THREADS": "1"}
    command = ["qemu-aarch64-static", "-cpu", "cortex-a76", "-L", str(root), str(root / "usr/bin" / f"python{PYTHON}")]
    command += [str(work / "runner.py"), str(model), str(inputs), str(outputs)]
    subprocess.run(command, env=os.environ | settings, check=True, stderr=subprocess.DEVNULL)  # noqa: S603


def here(model: Path, inputs: Path, outputs: Path) -> None:
    """Run the same on this machine."""
    command = [sys.executable, "-c", RUNNER, str(model), str(inputs), str(outputs)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)  # noqa: S603


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=RECIPE.parents[1] / "build" / "arm64", metavar="FOLDER")
    parser.add_argument("--frames", type=int, default=60)
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    unpack(work)
    for name, tensors in collect(options.frames).items():
        model = models_folder() / f"{name}.tflite"
        inputs, arm, own = (work / f"{name}-{what}.npz" for what in ("in", "arm64", "here"))
        np.savez(inputs, **{tensor: np.stack(rows[: options.frames]) for tensor, rows in tensors.items()})
        on_arm(work, model, inputs, arm)
        here(model, inputs, own)
        with np.load(arm) as there, np.load(own) as near:
            for tensor in near.files:
                apart = np.abs(there[tensor] - near[tensor])
                print(
                    f"{name} {tensor}: {len(near[tensor])} inputs, apart {apart.mean():.4g} on average, {apart.max():.4g} at most"
                )
                if name == "spine":
                    flexion = apart.reshape(-1, len(HEADS))[:, HEADS.index("flexion")] * FLEXION_SCALE
                    print(f"  spinal flexion: {flexion.mean():.3f}° apart on average, {flexion.max():.3f}° at most")


if __name__ == "__main__":
    main()
