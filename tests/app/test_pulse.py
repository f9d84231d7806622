from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field

import pytest

from hingecue.app.coldstart import ColdStart
from hingecue.app.pulse import Pulse
from hingecue.errors import DeviceFault
from hingecue.sense.imu.sensor import SensorHealth, State
from hingecue.types import SensorRole

S = 1_000_000_000
LOST = DeviceFault("sensor_lost", where="pelvis", what="it does not answer", try_this="check its plug", blinks=3)


@dataclass
class Camera:
    frames_analyzed: int = 0
    drops: int = 0


@dataclass
class Worn:
    role: SensorRole
    health: SensorHealth = field(default_factory=lambda: SensorHealth(State.OK))


@dataclass
class Clock:
    now_ns: int = 0

    def __call__(self):
        return self.now_ns


@pytest.fixture
def service(tmp_path):
    """What systemd gives a service: a socket that it listens on, and a folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(str(tmp_path / "notify"))
        wire.settimeout(1.0)
        environ = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "15000000",
            "RUNTIME_DIRECTORY": str(tmp_path),
        }
        yield wire, environ


def status(tmp_path):
    return json.loads((tmp_path / "status.json").read_text("utf-8"))


def test_a_second_of_coaching_is_in_the_file(service, tmp_path) -> None:
    wire, environ = service
    clock, camera = Clock(5 * S), Camera()
    told = []
    with Pulse(tmp_path, told.append, environ=environ, clock=clock) as pulse:
        pulse.watch(camera, [Worn(SensorRole.PELVIS, SensorHealth(State.LOST, LOST))])
        for _ in range(31):
            pulse.beat([LOST])
            clock.now_ns += S // 30 + 1
            camera.frames_analyzed += 1
        camera.drops = 2
        answer = status(tmp_path)
        assert answer["state"] == "coaching"
        assert answer["fps"] == pytest.approx(30, abs=1)
        assert answer["sensors"] == {"pelvis": "lost"}
        assert [f["code"] for f in answer["faults"]] == ["sensor_lost"]
        assert set(answer["versions"]) == {"hingecue", "python", "runtime"}
    assert [wire.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
    answer = status(tmp_path)
    assert (answer["state"], answer["drops"]) == ("stopped", 2)
    assert told == []


def test_without_a_camera_there_are_no_frames(service, tmp_path) -> None:
    pulse = Pulse(tmp_path, print, environ=service[1], clock=Clock())
    pulse.watch(None)
    pulse.beat()
    answer = status(tmp_path)
    assert answer["faults"] == []
    assert (answer["fps"], answer["drops"]) == (None, None)


def test_a_device_that_waits_is_up_and_says_for_what(service, tmp_path) -> None:
    wire, environ = service
    clock = Clock()
    pulse = Pulse(tmp_path, print, environ=environ, clock=clock)
    assert pulse.served
    pulse.idle("waiting", [LOST])
    clock.now_ns += S // 2
    pulse.idle("waiting", [LOST])
    said = [wire.recv(200) for _ in range(4)]
    sentence = f"STATUS={LOST}".encode()
    assert said == [b"READY=1", b"WATCHDOG=1", sentence, sentence]
    answer = status(tmp_path)
    assert (answer["state"], [f["blinks"] for f in answer["faults"]]) == ("waiting", [3])
    pulse.idle("stopped by the button")
    assert wire.recv(200) == b"STATUS=stopped by the button"


def test_the_end_is_told_also_when_a_fault_ends_it(service, tmp_path) -> None:
    with pytest.raises(DeviceFault), Pulse(tmp_path, print, environ=service[1], clock=Clock()):
        raise LOST
    assert service[0].recv(100) == b"STOPPING=1"
    assert [f["code"] for f in status(tmp_path)["faults"]] == ["sensor_lost"]


def test_a_laptop_tells_nobody(tmp_path) -> None:
    with Pulse(tmp_path, print, environ={}, clock=Clock()) as pulse:
        assert not pulse.served
        pulse.watch(Camera())
        pulse.beat()
        pulse.idle("stopped")
    assert list(tmp_path.iterdir()) == []


def test_the_cold_start_is_in_the_file(service, tmp_path) -> None:
    clock = Clock()
    start = ColdStart(0, clock)
    pulse = Pulse(tmp_path, print, environ=service[1], clock=clock, start=start)
    clock.now_ns = 2 * S
    pulse.idle("waiting", [LOST])
    assert status(tmp_path)["start_ms"] == {}
    pulse.watch(Camera())
    clock.now_ns = 3 * S
    pulse.beat()
    assert status(tmp_path)["start_ms"] == {"parts": 2000.0, "first_moment": 1000.0}
    pulse.watch(None)
    pulse.watch(Camera())
    clock.now_ns = 9 * S
    pulse.beat()
    assert status(tmp_path)["start_ms"] == {"parts": 2000.0, "first_moment": 1000.0}
