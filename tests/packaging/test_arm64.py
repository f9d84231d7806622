"""The package for the Pi itself, on an emulated Cortex-A76: it imports, and it sees in a picture what it sees here.

The program runs in the emulator; the package's scripts are the same shell on every machine and are tested there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import islice

import cv2
import pytest
from debian_tree import Tree, missing, unpacked_arm64

from hingecue.app.bench import bundled_frames

EMULATOR = "qemu-aarch64-static"
MODULES = ("numpy", "cv2", "ai_edge_litert.interpreter", "smbus2", "gpiozero", "rich.live", "hingecue.app.doctor.child")
FRAME = 330
"""The bottom of a flexed bend in the bundled film."""
APART_DEG = 0.5
"""How far an angle may be from this machine's: another processor rounds otherwise when it scales a picture."""
LIBRARIES = "/usr/lib/aarch64-linux-gnu"
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


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "bottom.png"
    (frame,) = islice(bundled_frames(), FRAME, FRAME + 1)
    cv2.imwrite(str(path), cv2.cvtColor(frame.rgb[..., :3], cv2.COLOR_RGB2BGR))
    return path


def depends(package):
    """Give what the package says that it needs, but what starts and stops it: what it forgot to say is then missing."""
    done = subprocess.run(["dpkg-deb", "--field", str(package), "Depends"], capture_output=True, text=True, check=True)  # noqa: S607
    named = {wish.split("(")[0].strip() for wish in done.stdout.split(",")}
    return sorted(named - {"systemd", "init-system-helpers", "passwd"})


@pytest.fixture(scope="module")
def pi(release, trees, build, picture, tmp_path_factory):
    """The package for arm64, unpacked over an arm64 Debian that an emulator runs."""
    if sentence := missing(EMULATOR):
        pytest.skip(sentence)
    package = build(release, "arm64")
    base = unpacked_arm64(release, depends(package))
    tree = Tree([base], tmp_path_factory.mktemp(f"pi-{release}") / "top", picture.parent)
    upper = tree.folder / "upper"
    subprocess.run(["dpkg-deb", "--extract", str(package), str(upper)], check=True)  # noqa: S607
    shutil.copy(shutil.which(EMULATOR), upper / "emulator")
    (upper / "cpuinfo").write_text("".join(CPUINFO.format(number=number) for number in range(4)), "utf-8")
    return tree


def on_pi(tree, *words):
    # Debian's BLAS is found through links that its script makes, which has not run.
    found = ":".join(f"{LIBRARIES}{folder}" for folder in ("", "/blas", "/lapack"))
    return tree.run("/emulator", "-cpu", "cortex-a76", "/opt/hingecue/bin/python3", "-s", *words, LD_LIBRARY_PATH=found)


def test_everything_it_carries_is_imported_with_debian_s_numpy(pi) -> None:
    script = f"import importlib, platform; [importlib.import_module(m) for m in {MODULES}]; print(platform.machine())"
    script += "; import numpy, sys; print(numpy.__file__, sys.prefix)"
    machine, places = on_pi(pi, "-c", script).stdout.splitlines()
    assert machine == "aarch64"
    assert places == "/usr/lib/python3/dist-packages/numpy/__init__.py /opt/hingecue"


def test_lgpio_is_carried_where_there_is_a_wheel(pi, release) -> None:
    found = (pi.folder / "upper").glob("opt/hingecue/lib/*/site-packages/_lgpio*")
    assert [path.name for path in found] == {
        "bookworm": ["_lgpio.cpython-311-aarch64-linux-gnu.so"],
        "trixie": [],  # there python3-lgpio of Raspberry Pi OS
    }[release]


def test_a_picture_gives_the_same_as_here(pi, release, picture, timed) -> None:
    words = ("analyze", "--json", "--no-store", "--model", "full", "--threads", "1")
    script = "import sys; from hingecue.app.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, *words, str(picture)], capture_output=True, text=True, check=True
    )
    here = json.loads(done.stdout)
    step = f"{release} arm64: one picture, emulated"
    there = json.loads(timed(step, lambda: on_pi(pi, "/opt/hingecue/bin/hingecue", *words, "/mnt/bottom.png")).stdout)
    assert (here["back"], here["facing"], here["view"]) == ("rounded", "right", "side")
    for key, value in here.items():
        if key.endswith("_deg"):
            assert there[key] == pytest.approx(value, abs=APART_DEG), key
        elif key not in {"input", "confidence"}:
            assert there[key] == value, key
    assert there["confidence"] == pytest.approx(here["confidence"], abs=0.02)
