"""The unmodified unit under a real systemd on real device nodes: its rights, its button, and parts that go away."""

from __future__ import annotations

import json

import pytest

from tests.virtual_device.boot import HERE

pytestmark = pytest.mark.virtual


def test_the_unit_opens_real_devices_and_goes_on_when_sensor_camera_and_pins_go_away(guest, times) -> None:
    guest.systemd = True
    guest.environ["TIMES"] = str(times)
    outcome = guest.run(f"exec $PY {HERE / 'plans' / 'service.py'}", 240.0 + 60.0 * times)
    assert outcome.status == 0, outcome.output + outcome.console
    report = json.loads(outcome.output.splitlines()[-1])
    said = "\n".join(report["journal"])
    for name in ("active", "sensors", "frames", "camera light", "stopped", "goes on"):
        assert report[name], f"{name}\n{said}"
    for name in ("sensor lost", "sensor back", "camera missed", "camera let go", "camera back"):
        assert report[name], f"{name}\n{said}"
    for name in ("ends without pins", "pins back"):
        assert report[name], f"{name}\n{said}"
    # A sensor and a button are no reason to begin anew; without pins only a new process helps.
    assert report["restarts after sensors"] == 0
    assert report["restarts for pins"] == 1
    assert report["state"] == "active"
    assert "Traceback" not in said
