"""The package on a whole system as a Pi has it, booted as a Pi boots: nobody touches it but by its one button."""

from __future__ import annotations

import json

import pytest

from tests.packaging.debian_tree import missing
from tests.virtual_device.boot import HERE
from tests.virtual_device.pi_os import with_package

pytestmark = pytest.mark.virtual
ABSENT = {"power", "temperature", "clock", "network"}
"""What a Pi tells and this machine does not."""
LATE = "its pictures came later than"
"""How the service tells that the machine is too busy: here its processor paints the camera's pictures too, on the real
clock, and takes them from the service."""
TRIES = 3
"""So often it is booted where the service says so; what came of the last has to be right."""


def boot(guest, times) -> dict:
    """Boot, practise, switch off; give what came of it."""
    outcome = guest.run(f"exec $PY {HERE / 'plans' / 'pi.py'}", 900.0 + 120.0 * times)
    assert outcome.status == 0, outcome.output + outcome.console
    return json.loads(outcome.output.splitlines()[-1])


def test_a_pi_boots_to_ready_finds_its_camera_again_and_goes_off_by_its_button(guest, times, tmp_path_factory) -> None:
    if sentence := missing():
        pytest.skip(sentence)
    guest.layers = tuple(with_package(tmp_path_factory.mktemp("pi")))
    guest.travels = False  # libcamera's loop and a clock that stands still while it computes wait for each other
    guest.environ["TIMES"] = str(times)
    for _ in range(TRIES):
        report = boot(guest, times)
        said = "\n".join(report["journal"])
        if LATE not in said:
            break
    groups = {node.split("/")[2].rstrip("0123456789"): group for node, (group, _) in report["nodes"].items()}
    assert groups == {"i2c-": "i2c", "gpiochip": "gpio", "media": "video", "video": "video", "dma_heap": "video"}
    assert {mode for _, mode in report["nodes"].values()} == {"0o660"}
    assert report["coaching"], said
    assert {part for part, (state, _) in report["check"].items() if state != "ok"} == ABSENT, report["check"]
    assert "camera pi:0: libcamera lists Sensor B" in said
    assert report["back"] == times, said
    assert "still on" not in report, said
    assert "switching off" in said
    assert report["result"] == "success"
    assert report["whole"] == "ok"
    assert report["bends"] >= 2
    assert all(report["finished"])
    assert "Traceback" not in said
