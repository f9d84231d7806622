from __future__ import annotations

import gc
import json
import stat

import pytest

from hingecue.app.health import Health, Power
from hingecue.app.status import Status, StatusFile, readable, write_status
from hingecue.errors import DeviceFault, StoreFault

S = 1_000_000_000
LOST = DeviceFault("sensor_lost", where="pelvis", what="it does not answer", try_this="check its plug", blinks=3)
FULL = StoreFault("disk_full", where="sessions.db", what="the disk is full", try_this="free some space")


@pytest.fixture
def told():
    return []


def test_the_file_tells_everything(tmp_path) -> None:
    path = tmp_path / "status.json"
    status = Status("coaching", 14.96, 3, {"pelvis": "lost"}, [LOST, FULL], {"hingecue": "0.1.0"}, {"models": 12.3})
    write_status(path, 12_345_678_901, status, Health(power=Power(("low voltage",)), temperature_c=51.2))
    assert json.loads(path.read_text("utf-8")) == {
        "format": 1,
        "monotonic_s": 12.346,
        "state": "coaching",
        "fps": 15.0,
        "drops": 3,
        "sensors": {"pelvis": "lost"},
        "faults": [
            {"code": "sensor_lost", "blinks": 3, "sentence": "pelvis: it does not answer; check its plug"},
            {"code": "disk_full", "blinks": None, "sentence": "sessions.db: the disk is full; free some space"},
        ],
        "health": {
            "power": {"now": ["low voltage"], "since_start": []},
            "temperature_c": 51.2,
            "disk_free_mb": None,
            "memory_available_mb": None,
            "clock_set": None,
        },
        "advice": ["power: the supply is too weak at this moment; use the Pi's own supply and a short, thick cable"],
        "versions": {"hingecue": "0.1.0"},
        "start_ms": {"models": 12.3},
    }


def test_unknown_is_null_and_everybody_may_read(tmp_path) -> None:
    path = tmp_path / "status.json"
    write_status(path, 0, Status("starting"), Health())
    answer = json.loads(path.read_text("utf-8"))
    assert answer["fps"] is None
    assert answer["drops"] is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_reader_keeps_the_whole_old_file(tmp_path, told) -> None:
    file = StatusFile(tmp_path / "status.json", told.append)
    file.write(0, Status("starting"), Health())
    with (tmp_path / "status.json").open(encoding="utf-8") as reader:
        file.write(S, Status("coaching"), Health())
        assert json.load(reader)["state"] == "starting"
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]


def test_it_is_due_once_a_second(tmp_path, told) -> None:
    file = StatusFile(tmp_path / "status.json", told.append)
    assert file.due(0)
    file.write(0, Status("coaching"), Health())
    assert not file.due(S - 1)
    assert file.due(S)


def test_a_disk_fault_is_told_once_until_it_is_over(tmp_path, told) -> None:
    folder = tmp_path / "run"
    file = StatusFile(folder / "status.json", told.append)
    for second in range(3):
        assert file.due(second * S)
        file.write(second * S, Status("coaching"), Health())
    assert len(told) == 1
    assert "practice goes on" in told[0]
    folder.mkdir()
    file.write(3 * S, Status("coaching"), Health())
    (folder / "status.json").unlink()
    folder.rmdir()
    file.write(4 * S, Status("coaching"), Health())
    assert len(told) == 2


def test_systemd_names_the_folder(tmp_path, told) -> None:
    file = StatusFile.of(told.append, {"RUNTIME_DIRECTORY": f"{tmp_path}:/run/other"})
    file.write(0, Status("coaching"), Health())
    assert (tmp_path / "status.json").exists()


def test_a_laptop_writes_nowhere(told) -> None:
    file = StatusFile.of(told.append, {})
    assert not file.due(0)
    file.write(0, Status("coaching"), Health())
    assert told == []


def test_a_key_is_a_line_and_nothing_is_left_to_the_collector(tmp_path) -> None:
    content = {"state": "coaching", "faults": [{"code": "ü"}], "fps": None}
    told = readable(content)
    assert json.loads(told) == content
    assert len(told.splitlines()) == 2 + len(content)
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            readable(content)
        assert gc.collect() == 0
    finally:
        gc.enable()
