from __future__ import annotations

import json

import pytest
from tests.fakes.programs import Programs

from hingecue import __version__
from hingecue.app.doctor import service
from hingecue.app.doctor.service import look, read_status

NOW_S = 5000.0


@pytest.fixture
def programs(tmp_path, monkeypatch):
    return Programs(tmp_path / "bin", monkeypatch)


def shows(programs, **told):
    """Let systemctl say this of the unit."""
    usual = {
        "LoadState": "loaded",
        "ActiveState": "active",
        "SubState": "running",
        "Result": "success",
        "NRestarts": "0",
        "UnitFileState": "enabled",
        "ActiveEnterTimestampMonotonic": "1400000000",
    }
    programs.says("systemctl", "".join(f"{name}={value}\n" for name, value in {**usual, **told}.items()))


def put_status(prefix, **told):
    path = prefix / "run" / "hingecue" / "status.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    usual = {
        "monotonic_s": NOW_S - 0.5,
        "state": "coaching",
        "fps": 29.7,
        "drops": 0,
        "sensors": {},
        "faults": [],
        "versions": {"hingecue": __version__},
    }
    path.write_text(json.dumps({**usual, **told}), "utf-8")
    return path


def test_a_running_service_is_told_with_what_it_does(programs, tmp_path) -> None:
    shows(programs)
    put_status(tmp_path, drops=3, sensors={"pelvis": "ok", "thorax": "degraded"})
    served = look(tmp_path, NOW_S)
    assert served.running
    unit, status = served.findings
    assert (unit.state, unit.what) == ("ok", "runs for 1 h")
    assert status.what == "coaching, 29.7 frames a second, 3 dropped, pelvis sensor ok, thorax sensor degraded"
    assert (status.state, status.version) == ("ok", __version__)
    assert programs.asked("systemctl").startswith("show hingecue.service --property LoadState,")


@pytest.mark.parametrize(
    ("since_s", "word"), [(NOW_S - 3, "runs for 3 s"), (NOW_S - 600, "runs for 10 min"), (None, "runs")]
)
def test_how_long_it_runs(programs, tmp_path, since_s, word) -> None:
    shows(programs, ActiveEnterTimestampMonotonic="" if since_s is None else f"{since_s * 1e6:.0f}", NRestarts="2")
    unit, status = look(tmp_path, NOW_S).findings
    assert unit.what == f"{word}, started again 2 times by itself"
    assert (status.state, status.what) == ("absent", "the service has not said anything yet")


@pytest.mark.parametrize(
    ("told", "running", "state", "word"),
    [
        ({"ActiveState": "failed", "Result": "exit-code"}, False, "fault", "it failed (exit-code)"),
        ({"ActiveState": "inactive"}, False, "absent", "sudo systemctl start hingecue"),
        ({"ActiveState": "inactive", "UnitFileState": "disabled"}, False, "absent", "enable --now"),
        ({"ActiveState": "activating", "SubState": "start"}, True, "ok", "activating at this moment"),
        ({"ActiveState": "activating", "SubState": "auto-restart", "NRestarts": "9"}, False, "fault", "9 times so far"),
        ({"ActiveState": "activating", "SubState": "start", "NRestarts": "2"}, True, "fault", "2 times so far"),
        ({"LoadState": "not-found", "ActiveState": "inactive"}, False, "absent", "not installed as a service"),
    ],
)
def test_a_service_that_does_not_run_is_told_with_what_to_do(programs, tmp_path, told, running, state, word) -> None:
    shows(programs, **told)
    served = look(tmp_path, NOW_S)
    (unit,) = served.findings
    assert (served.running, unit.state) == (running, state)
    assert word in unit.line
    assert (state == "fault") == ("journalctl" in unit.try_this)


def test_a_machine_without_systemd_has_no_service(programs, tmp_path) -> None:
    programs.says("systemctl", "System has not been booted with systemd as init system\n", 1)
    assert look(tmp_path).findings[0].state == "absent"
    (programs.folder / "systemctl").unlink()
    programs.only()
    assert look(tmp_path).findings[0].state == "absent"


def test_a_systemd_that_gives_no_answer_is_a_fault(programs, tmp_path, monkeypatch) -> None:
    programs.put("systemctl", "sleep 30")
    ask = service.ask
    monkeypatch.setattr(service, "ask", lambda argv: ask(argv, 0.2))
    served = look(tmp_path)
    assert (served.running, served.findings[0].state) == (False, "fault")


def test_a_service_that_hangs_is_found_by_its_old_status(tmp_path) -> None:
    path = put_status(tmp_path, monotonic_s=NOW_S - 40)
    found = read_status(path, NOW_S)
    assert (found.state, found.what) == ("fault", "the last word of the service is 40 s old")


def test_a_fault_of_the_service_is_a_finding(tmp_path) -> None:
    path = put_status(tmp_path, fps=None, faults=[{"code": "x", "blinks": 3, "sentence": "pelvis: no answer; plug it"}])
    found = read_status(path, NOW_S)
    assert (found.state, found.what) == ("fault", "coaching, pelvis: no answer; plug it")


def test_a_service_of_another_version_is_to_be_restarted(tmp_path) -> None:
    found = read_status(put_status(tmp_path, versions={"hingecue": "0.0.9"}), NOW_S)
    assert (found.state, found.version) == ("fault", "0.0.9")
    assert "restart the service" in found.try_this


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"monotonic_s": "x"}', '{"monotonic_s": 1, "versions": []}'])
def test_a_status_that_is_not_ours_is_told(tmp_path, text) -> None:
    path = tmp_path / "status.json"
    path.write_text(text, "utf-8")
    assert read_status(path, NOW_S).what == "this is not what HingeCue writes"


def test_a_status_that_cannot_be_read_is_told(tmp_path) -> None:
    (tmp_path / "status.json").mkdir()
    assert "cannot be read" in read_status(tmp_path / "status.json", NOW_S).what
