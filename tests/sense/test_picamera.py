from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from tests.fakes import picamera2

from hingecue.clock import monotonic_ns
from hingecue.errors import DeviceFault
from hingecue.sense import libcamera, live, picamera
from hingecue.sense.exposure import LONGEST_US, NOISE_GAIN
from hingecue.sense.picamera import COLOURS, PiCamera

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORANGE = (220, 120, 40)


@pytest.fixture
def sensor(monkeypatch: pytest.MonkeyPatch) -> Iterator[picamera2.Sensor]:
    sensor = picamera2.Sensor()
    picamera2.install(monkeypatch, sensor)
    monkeypatch.setattr(libcamera, "_left_behind", [])
    yield sensor
    sensor.over.set()
    sensor.opens.set()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.002)


def wait_for_gap(sensor: picamera2.Sensor) -> None:
    """Let the camera be gone, and everything that was on its way arrive."""
    sensor.gone.set()
    until(lambda: sensor.borrowed == 0)


def test_frames_come_on_the_monotonic_clock_and_every_buffer_goes_back(sensor: picamera2.Sensor) -> None:
    before = monotonic_ns()
    with PiCamera(0, 320, 240, 30) as source:
        assert source.info.kind == "camera"
        assert source.info.name == "pi:0 (imx708)"
        assert (source.info.width, source.info.height, source.info.fps) == (320, 240, 30)
        frames = [frame for frame, _ in zip(source, range(12), strict=False)]
        assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
        times = [frame.t_ns for frame in frames]
        assert before < times[0]
        assert times == sorted(set(times))
        assert times[-1] < monotonic_ns()
        assert frames[0].rgb.shape == (240, 320, 4)
        assert not frames[0].dark
    assert source.warnings == []
    assert (sensor.borrowed, sensor.closed, sensor.stamps) == (0, 1, None)
    assert not any(thread.name.startswith("camera ") for thread in threading.enumerate())
    assert not source.stuck
    assert not libcamera.left_behind()


def test_one_small_stream_is_asked_for_of_the_whole_view_with_short_exposure(sensor: picamera2.Sensor) -> None:
    with PiCamera(0, 640, 480, 25):
        pass
    assert sensor.asked["main"] == {"format": "XBGR8888", "size": (640, 480)}
    assert sensor.asked["raw"] is None
    assert sensor.asked["sensor"] == {"output_size": (2304, 1296)}
    assert (sensor.asked["buffer_count"], sensor.asked["queue"]) == (3, False)
    assert sensor.asked["controls"] == {"FrameDurationLimits": (40_000, 40_000), "AeExposureMode": 1}


def test_a_camera_without_those_controls_is_not_asked_for_them(sensor: picamera2.Sensor) -> None:
    sensor.controls, sensor.properties = ("Brightness",), {}
    sensor.told = {"ExposureTime": 30_000, "AnalogueGain": 1.0}
    with PiCamera() as source:
        next(iter(source))
    assert sensor.asked["sensor"] == {}
    assert sensor.set == [{}]


def as_format(name: str, rgb: np.ndarray) -> np.ndarray:
    """Lay a picture into memory as libcamera's format `name` says; the rows of YUV420 are padded by 32 bytes."""
    fourth = np.full((*rgb.shape[:2], 1), 9, np.uint8)
    if name in {"XBGR8888", "BGR888"}:
        return np.concatenate([rgb, fourth], axis=2) if name == "XBGR8888" else rgb
    if name in {"XRGB8888", "RGB888"}:
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        return np.concatenate([bgr, fourth], axis=2) if name == "XRGB8888" else bgr
    if name == "YUV420":
        padded = np.concatenate([rgb, np.zeros((rgb.shape[0], 32, 3), np.uint8)], axis=1)
        return cv2.cvtColor(padded, cv2.COLOR_RGB2YUV_I420)
    height, width = rgb.shape[:2]
    i420 = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    u, v = i420[height:].reshape(2, height // 2, width // 2)
    if name == "NV12":
        return np.concatenate([i420[:height], np.stack([u, v], axis=2).reshape(height // 2, width)])
    assert name == "YUYV"
    pairs = np.empty((height, width, 2), np.uint8)
    pairs[..., 0] = i420[:height]
    pairs[:, 0::2, 1], pairs[:, 1::2, 1] = u.repeat(2, axis=0), v.repeat(2, axis=0)
    return pairs


@pytest.mark.parametrize("granted", COLOURS)
def test_whatever_format_is_granted_red_green_and_blue_come_in_their_places(
    sensor: picamera2.Sensor, granted: str
) -> None:
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[:, 32:] = ORANGE
    sensor.format, sensor.array = granted, as_format(granted, rgb)
    with PiCamera(0, 64, 48) as source:
        frame = next(iter(source))
    assert frame.rgb.shape == (48, 64, 4)
    assert frame.rgb.flags.c_contiguous
    assert np.abs(frame.rgb[24, 48, :3] - np.float32(ORANGE)).max() <= 4
    assert frame.rgb[24, 16, :3].max() <= 4


def test_a_slow_reader_gets_the_newest_frame_and_starves_nobody(sensor: picamera2.Sensor) -> None:
    with PiCamera(silent_after_s=20.0) as source:
        until(lambda: source.drops >= 8)
        wait_for_gap(sensor)
        frame = next(iter(source))
        assert frame.index == source.drops
        assert source.frames == frame.index + 1
        assert source.frames_analyzed == 1
        sensor.gone.clear()
    assert (sensor.starved, sensor.borrowed) == (0, 0)


def test_old_frames_and_times_that_run_back_are_counted_and_not_given(sensor: picamera2.Sensor) -> None:
    last: list[int] = []

    def now() -> int:
        last.append(time.monotonic_ns())
        return last[-1]

    sensor.stamps = [now, lambda: last[0], lambda: last[0] - 1, lambda: now() - 2_000_000_000, now, None]
    with PiCamera(silent_after_s=20.0) as source:
        until(lambda: source.stale == 3 and source.frames_analyzed + source.drops == 2)
        frame = next(iter(source))
        assert frame.index == 2
        assert frame.t_ns > last[-1]  # the last one told no time, so it was stamped when it came
        assert sensor.borrowed == 0


def test_a_machine_that_is_too_busy_is_told_apart_from_a_camera_that_is_gone(sensor: picamera2.Sensor) -> None:
    sensor.stamps = [1] * 1_000_000
    with PiCamera(silent_after_s=0.3) as source, pytest.raises(DeviceFault) as caught:
        list(source)
    assert caught.value.code == "camera_silent"
    assert "for 0.3 s its pictures came later than 0.5 s" in caught.value.what
    assert not source.stuck
    assert (sensor.closed, sensor.borrowed) == (1, 0)
    assert source.stale > 0


def test_a_poke_lets_who_waits_look_up(sensor: picamera2.Sensor) -> None:
    sensor.gone.set()
    with PiCamera(silent_after_s=20.0) as source:
        source.poke()
        assert next(source.frames_and_pokes()) is None
        sensor.gone.clear()


def test_a_camera_that_vanishes_is_a_fault_and_is_never_asked_to_stop(sensor: picamera2.Sensor) -> None:
    with PiCamera(silent_after_s=0.3) as source:
        next(iter(source))
        sensor.gone.set()
        with pytest.raises(DeviceFault) as caught:
            list(source)
    assert (caught.value.code, caught.value.blinks) == ("camera_silent", 2)
    assert str(caught.value).startswith("camera pi:0 (imx708): no picture came for 0.3 s; ")
    assert source.stuck
    assert source.warnings == ["pi:0 (imx708) does not stop; it is let go when the program ends"]
    assert libcamera.left_behind()
    assert not sensor.asked_to_stop_when_gone
    assert not source._thread.is_alive()
    source.close()
    assert len(source.warnings) == 1


def test_a_camera_that_hangs_while_it_stops_is_named(sensor: picamera2.Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "JOIN_S", 0.05)
    source = PiCamera(silent_after_s=60.0)
    next(iter(source))
    sensor.gone.set()
    source.close()
    assert source.stuck
    assert source.warnings == ['the thread "camera pi:0 (imx708)" would not stop']
    assert libcamera.left_behind()
    sensor.over.set()
    source._thread.join(20.0)
    assert not source._thread.is_alive()


def test_a_camera_that_does_not_open_is_a_fault_in_time(
    sensor: picamera2.Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picamera, "OPEN_WITHIN_S", 0.1)
    sensor.opens.clear()
    with pytest.raises(DeviceFault, match=r"camera pi:0: it did not open within 0\.1 s; shut down") as caught:
        PiCamera()
    assert caught.value.code == "camera_silent"
    assert libcamera.left_behind()


def test_a_long_exposure_is_held_short_and_noise_is_called_dark(sensor: picamera2.Sensor) -> None:
    sensor.told = {"ExposureTime": 30_000, "AnalogueGain": 1.5}
    with PiCamera(silent_after_s=20.0) as source:
        assert not next(iter(source)).dark
        until(lambda: len(sensor.set) == 2)
        assert sensor.set[1] == {"ExposureTime": LONGEST_US}
        sensor.told = {"ExposureTime": LONGEST_US, "AnalogueGain": NOISE_GAIN, "DigitalGain": 1.2}
        assert next(frame for frame in source if frame.dark)
        sensor.told = {"ExposureTime": LONGEST_US, "AnalogueGain": 1.0}
        assert next(frame for frame in source if not frame.dark)
        until(lambda: sensor.set[-1] == {"ExposureTime": 0})


def test_a_number_that_is_not_there_names_those_that_are(sensor: picamera2.Sensor) -> None:
    with pytest.raises(DeviceFault) as caught:
        PiCamera(2)
    assert str(caught.value) == "camera pi:2: there is no such camera; name one of these: pi:0 (imx708)"
    assert sensor.made == 0
