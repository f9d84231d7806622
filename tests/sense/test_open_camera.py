from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.fakes import picamera2

from hingecue.config import Settings
from hingecue.errors import DeviceFault
from hingecue.sense import camera, libcamera
from hingecue.sense.camera import CameraSource
from hingecue.sense.open_camera import open_camera, webcam, what_is_there
from hingecue.sense.picamera import PiCamera

if TYPE_CHECKING:
    from pathlib import Path

WEBCAM = {"Model": "HD Webcam", "Id": "/base/axi/pcie@120000/rp1/usb@200000-1:1.0-046d:0825"}
RIBBON = {"Model": "imx708", "Id": "/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a"}


@pytest.fixture
def sensor(monkeypatch: pytest.MonkeyPatch) -> picamera2.Sensor:
    sensor = picamera2.Sensor()
    picamera2.install(monkeypatch, sensor)
    sys.modules["picamera2"].__spec__ = sys.__spec__
    monkeypatch.setattr(libcamera, "_left_behind", [])
    return sensor


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)


def test_a_camera_on_the_ribbon_goes_first(sensor: picamera2.Sensor) -> None:
    sensor.listed = [WEBCAM, RIBBON]
    assert what_is_there() == ("pi:1", "libcamera lists imx708")


def test_a_webcam_is_opened_without_libcamera(sensor: picamera2.Sensor) -> None:
    sensor.listed = [WEBCAM]
    assert what_is_there() == ("/dev/video0", "libcamera lists no camera on the ribbon")
    sensor.listed = []
    assert what_is_there()[0] == "/dev/video0"


@pytest.mark.usefixtures("no_library")
def test_a_laptop_takes_its_first_camera(tmp_path: Path) -> None:
    assert what_is_there(tmp_path)[0] == "/dev/video0"
    name = tmp_path / "sys/class/video4linux/video0/name"
    name.parent.mkdir(parents=True)
    name.write_text("Integrated Camera: Integrated C\n")
    assert what_is_there(tmp_path)[0] == "/dev/video0"


@pytest.mark.usefixtures("no_library")
@pytest.mark.parametrize("driver", ["unicam-image", "rp1-cfe-csi2_ch0"])
def test_a_ribbon_without_its_library_is_a_fault_and_not_a_webcam(tmp_path: Path, driver: str) -> None:
    name = tmp_path / "sys/class/video4linux/video0/name"
    name.parent.mkdir(parents=True)
    name.write_text(f"{driver}\n")
    with pytest.raises(DeviceFault) as caught:
        what_is_there(tmp_path)
    assert caught.value.code == "camera_library"
    assert driver in caught.value.what


def test_auto_is_told_in_one_line_and_opened(sensor: picamera2.Sensor) -> None:
    told: list[str] = []
    with open_camera(Settings(camera="auto", width=320, height=240), told.append) as source:
        assert isinstance(source, PiCamera)
        assert source.info.width == 320
    assert told == ["camera pi:0: libcamera lists imx708"]


def test_auto_does_not_fall_back_when_the_opening_fails(sensor: picamera2.Sensor) -> None:
    sensor.refusal = RuntimeError("Device or resource busy")
    with pytest.raises(DeviceFault) as caught:
        open_camera(Settings(camera="auto"))
    assert caught.value.code == "camera_busy"


def test_auto_does_not_pass_over_a_library_that_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "picamera2.py").write_text('raise ValueError("numpy.dtype size changed")')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    with pytest.raises(DeviceFault) as caught:
        open_camera(Settings(camera="auto"))
    assert caught.value.code == "camera_numpy"


@pytest.mark.parametrize("name", ["pi", "pi:0"])
def test_a_pi_s_own_camera_is_named_by_its_number(sensor: picamera2.Sensor, name: str) -> None:
    told: list[str] = []
    with open_camera(Settings(camera=name, fps=15.0), told.append) as source:
        assert source.info.name == "pi:0 (imx708)"
    assert sensor.asked["controls"]["FrameDurationLimits"] == (66667, 66667)
    assert told == []


def test_another_number_is_another_camera(sensor: picamera2.Sensor) -> None:
    with pytest.raises(DeviceFault, match="camera pi:1: there is no such camera"):
        open_camera(Settings(camera="pi:1"))


def test_a_v4l2_number_and_a_path_are_v4l2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_DEV", tmp_path)
    for name, where in (("3", f"{tmp_path}/video3"), ("pi:", "pi:"), (f"{tmp_path}/x", f"{tmp_path}/x")):
        with pytest.raises(DeviceFault, match=f"camera {where}: there is no such camera"):
            open_camera(Settings(camera=name))


def test_a_film_stands_in(make_film) -> None:
    with open_camera(Settings(camera=str(make_film(frames=3)))) as source:
        assert isinstance(source, CameraSource)
        assert next(iter(source)).index >= 0


def node(root: Path, number: int, driver: str, index: int = 0) -> None:
    """Put a video device into a fake /sys and /dev."""
    folder = root / f"sys/class/video4linux/video{number}"
    (root / "drivers" / driver).mkdir(parents=True, exist_ok=True)
    (folder / "device").mkdir(parents=True)
    (folder / "device/driver").symlink_to(root / "drivers" / driver)
    (folder / "index").write_text(f"{index}\n", "utf-8")
    (root / "dev").mkdir(exist_ok=True)
    (root / f"dev/video{number}").touch()


def test_a_webcam_that_comes_back_under_another_number_is_found(tmp_path: Path) -> None:
    assert webcam(tmp_path) == "/dev/video0"
    node(tmp_path, 10, "bcm2835-codec")
    node(tmp_path, 1, "uvcvideo", index=1)
    node(tmp_path, 12, "uvcvideo")
    node(tmp_path, 2, "uvcvideo")
    assert webcam(tmp_path) == "/dev/video2"
    node(tmp_path, 0, "uvcvideo")
    assert webcam(tmp_path) == "/dev/video0"
