from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from tests.fakes import picamera2

from hingecue.errors import DeviceFault
from hingecue.sense import libcamera
from hingecue.sense.libcamera import cameras, library, start, within

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import os, sys
os.lockf(os.open(sys.argv[1], os.O_RDWR), os.F_TLOCK, 0)
print("held", flush=True)
input()
"""


@pytest.fixture
def sensor(monkeypatch: pytest.MonkeyPatch) -> picamera2.Sensor:
    sensor = picamera2.Sensor()
    picamera2.install(monkeypatch, sensor)
    monkeypatch.setattr(libcamera, "_left_behind", [])
    return sensor


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(libcamera, "_DEV", tmp_path)
    return tmp_path


def broken(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> DeviceFault:
    """Give the fault for a picamera2 whose first line is `text`."""
    (folder / "picamera2.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    with pytest.raises(DeviceFault) as caught:
        library()
    assert caught.value.blinks == 2
    return caught.value


def not_opened(sensor: picamera2.Sensor, formats: tuple[str, ...] = ("XBGR8888",)) -> DeviceFault:
    with pytest.raises(DeviceFault) as caught:
        start(library(), 0, (640, 480), 30, formats)
    return caught.value


def test_the_cameras_that_are_there_are_listed_in_their_order(sensor: picamera2.Sensor) -> None:
    sensor.listed = [{"Model": "imx219", "Id": "/base/a"}, {"Id": "/base/b"}]
    assert [(seen.number, seen.model, seen.place) for seen in cameras()] == [
        (0, "imx219", "/base/a"),
        (1, "camera", "/base/b"),
    ]


def test_the_library_is_told_to_be_silent(sensor: picamera2.Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBCAMERA_LOG_LEVELS", "Camera:DEBUG")
    library()
    assert os.environ["LIBCAMERA_LOG_LEVELS"] == "Camera:DEBUG"  # what the user has set stays
    monkeypatch.delenv("LIBCAMERA_LOG_LEVELS")
    library()
    assert not logging.getLogger("picamera2.picamera2").isEnabledFor(logging.CRITICAL)
    assert os.environ["LIBCAMERA_LOG_LEVELS"] == "*:FATAL"


def test_a_machine_without_picamera2_is_told_what_to_install(tmp_path, monkeypatch) -> None:
    found = broken(tmp_path, monkeypatch, "import libcamera_that_is_not_here")
    assert found.code == "camera_library"
    assert "No module named 'libcamera_that_is_not_here'" in found.what
    assert "apt install python3-picamera2" in found.try_this
    assert "--system-site-packages" in found.try_this


@pytest.mark.parametrize(
    "line",
    [
        'raise ValueError("numpy.dtype size changed, may indicate binary incompatibility. Expected 96, got 88")',
        'raise ImportError("numpy.core.multiarray failed to import")',
        'raise AttributeError("_ARRAY_API not found")',
    ],
)
def test_a_numpy_that_does_not_fit_has_a_name_of_its_own(tmp_path, monkeypatch, line: str) -> None:
    found = broken(tmp_path, monkeypatch, line)
    assert found.code == "camera_numpy"
    assert "another numpy than the one that is loaded" in found.what
    assert "pip uninstall numpy" in found.try_this


def test_no_camera_at_all_is_a_matter_of_the_ribbon(dev: Path) -> None:
    found = libcamera.missing("pi:0", [])
    assert found.code == "camera_missing"
    assert "seat the ribbon at both ends" in found.try_this


def test_a_camera_that_may_not_be_used_is_denied(dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (dev / "media0").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = libcamera.missing("pi:0", [])
    assert found.code == "camera_denied"
    assert "usermod -aG video" in found.try_this


def test_a_camera_that_another_program_has_locked_is_busy_though_it_is_not_listed(dev: Path) -> None:
    media = dev / "media0"
    media.write_bytes(b"x")
    assert libcamera.missing("pi:0", []).code == "camera_missing"
    with subprocess.Popen([sys.executable, "-c", HOLD, media], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        found = libcamera.missing("pi:0", [])
        other.communicate(b"\n")
    assert found.code == "camera_busy"
    assert "systemctl stop hingecue" in found.try_this


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (RuntimeError("Failed to acquire camera: Device or resource busy"), "camera_busy"),
        (RuntimeError("Permission denied"), "camera_denied"),
        (RuntimeError("the sensor does not answer"), "camera_unopened"),
    ],
)
def test_what_the_library_wraps_is_told_by_its_name(sensor: picamera2.Sensor, refusal, code: str) -> None:
    sensor.refusal = refusal
    found = not_opened(sensor)
    assert (found.code, found.blinks) == (code, 2)
    if code == "camera_unopened":
        assert "(the sensor does not answer)" in found.what


@pytest.mark.parametrize(("heap", "code"), [("linux,cma", "camera_denied"), ("system", "camera_memory")])
def test_a_camera_without_its_memory_is_let_go_of(sensor: picamera2.Sensor, dev: Path, heap: str, code: str) -> None:
    (dev / "dma_heap").mkdir()
    (dev / "dma_heap" / heap).touch()
    sensor.no_memory = RuntimeError("Could not open any dmaHeap device")
    assert [not_opened(sensor).code for _ in range(2)] == [code, code]
    sensor.no_memory = None
    start(library(), 0, (640, 480), 30, ("XBGR8888",)).close()


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (OSError(12, "Cannot allocate memory"), "camera_memory"),
        (RuntimeError("failed to allocate capture buffers for stream 0"), "camera_memory"),
        (RuntimeError("Failed to start camera: Broken pipe"), "camera_unopened"),
    ],
)
def test_a_camera_that_does_not_start_is_closed_again(sensor: picamera2.Sensor, refusal, code: str) -> None:
    sensor.start_refusal = refusal
    assert not_opened(sensor).code == code
    assert sensor.closed == 1


def test_pictures_that_cannot_be_read_are_refused_by_name(sensor: picamera2.Sensor) -> None:
    sensor.format = "SRGGB10"
    found = not_opened(sensor)
    assert found.code == "camera_format"
    assert "SRGGB10" in found.what
    assert sensor.closed == 1


def test_a_fault_in_the_thread_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        within(5.0, "x", fail)
    assert within(5.0, "x", lambda: 3) == 3


def test_nobody_waits_twice_for_a_camera_that_hangs(sensor: picamera2.Sensor) -> None:
    hang = threading.Event()
    with pytest.raises(DeviceFault, match=r"camera x: it did not open within 0\.01 s"):
        within(0.01, "x", hang.wait)
    before = threading.active_count()
    with pytest.raises(DeviceFault, match="start the program again") as caught:
        cameras()
    assert caught.value.code == "camera_silent"
    assert threading.active_count() == before
    hang.set()


def test_nothing_is_left_behind_by_those_that_come_back(sensor: picamera2.Sensor) -> None:
    picam2 = start(library(), 0, (640, 480), 30, ("XBGR8888",))
    assert not libcamera.left_behind()
    picam2.close()
    libcamera.leave_behind(picam2)
    assert libcamera.left_behind()
