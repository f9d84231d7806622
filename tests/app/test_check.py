from __future__ import annotations

import json
import subprocess
import sys

from tests.fakes.programs import Programs

from hingecue.app.cli import main
from hingecue.app.doctor import bounded
from hingecue.app.doctor.finding import WIDTH


def check(capsys, *argv):
    status = main(["check", *map(str, argv)])
    return status, capsys.readouterr().out


def test_the_doctor_loads_nothing_that_may_be_broken() -> None:
    program = (
        "import sys, hingecue.app.check; sys.exit(bool({'numpy', 'cv2', 'gpiozero', 'smbus2'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_part_is_looked_at(home, tmp_path, capsys) -> None:
    status, out = check(capsys, "--json", "--camera", tmp_path / "video9")
    (answer,) = map(json.loads, out.splitlines())
    parts = {part["part"]: part for part in answer["parts"]}
    wanted = {
        "hingecue", "machine", "python", "environment", "groups", "service", "libraries", "runtime", "models",
        "camera", "picamera2", "sensors", "pins", "store", "power", "temperature", "disk", "clock", "memory", "network",
    }  # fmt: skip
    assert wanted <= parts.keys()
    assert status == 0
    assert all(list(part) == ["part", "state", "what", "try_this", "version", "where"] for part in parts.values())
    assert {part["state"] for part in parts.values()} <= {"ok", "absent", "fault"}
    assert all(len(name) <= WIDTH for name in parts)
    assert "bundle" not in answer


def test_a_line_a_part_and_a_status_for_scripts(home, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("HINGECUE_MODELS", str(tmp_path))
    status, out = check(capsys, "--camera", tmp_path / "video9")
    assert status == 1
    assert "✗ models" in out
    assert all(line[0] in "✓–✗" for line in out.splitlines())


def test_parts_of_a_running_service_are_left_to_it(home, tmp_path, capsys, monkeypatch) -> None:
    Programs(tmp_path / "bin", monkeypatch).says("systemctl", "LoadState=loaded\nActiveState=active\n")
    real, served = bounded.look, {}

    def look(part, settings, **how):
        served[part] = how["served"]
        return real(part, settings, **how) if part in {"camera", "pins"} else []

    monkeypatch.setattr(bounded, "look", look)
    _, out = check(capsys)
    assert "✓ camera      the running service has it" in out
    assert set(served.values()) == {True}
