"""A stand-in for picamera2 0.3: its jobs, its few buffers, its errors, and how it hangs once the camera is gone.

Written after picamera2's own source, and after what libcamera 0.4 did with a kernel's test camera that was unbound:
no frame and no error came any more, `stop` never returned, `close` ended the process.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

WHOLE = ("AeExposureMode", "ExposureTime", "AnalogueGain", "FrameDurationLimits")


@dataclass
class Sensor:
    """The camera on the other end of the ribbon, and what it is told."""

    format: str = "XBGR8888"
    stride: int | None = None
    array: Any = None
    listed: list[dict[str, Any]] = field(default_factory=lambda: [{"Model": "imx708", "Id": "/base/i2c/imx708@1a"}])
    properties: dict[str, Any] = field(default_factory=lambda: {"PixelArraySize": (4608, 2592)})
    controls: tuple[str, ...] = WHOLE
    told: dict[str, Any] = field(default_factory=dict)
    stamps: list[Any] | None = None
    refusal: Exception | None = None
    no_memory: Exception | None = None
    holder: Any = None
    start_refusal: Exception | None = None
    period_s: float = 0.002
    opens: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    asked: dict[str, Any] = field(default_factory=dict)
    set: list[dict[str, Any]] = field(default_factory=list)
    made: int = 0
    starved: int = 0
    borrowed: int = 0
    closed: int = 0
    asked_to_stop_when_gone: bool = False

    def __post_init__(self) -> None:
        self.opens.set()


class Request:
    """A finished request, borrowed: it must be released exactly once."""

    def __init__(self, camera: Picamera2, metadata: dict[str, Any]) -> None:
        self._camera = camera
        self._metadata = metadata
        self._count = 1

    def get_metadata(self) -> dict[str, Any]:
        assert self._count == 1
        return dict(self._metadata)

    def make_array(self, name: str) -> Any:
        assert self._count == 1
        if name != "main":
            raise RuntimeError(f"Stream {name!r} is not defined")
        return np.copy(self._camera.sensor.array)

    def release(self) -> None:
        self._count -= 1
        if self._count < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        with self._camera.lock:
            self._camera.sensor.borrowed -= 1


class Picamera2:
    """The part of picamera2's class that the driver uses."""

    sensor = Sensor()

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return Picamera2.sensor.listed

    def __init__(self, camera_num: int = 0) -> None:
        self.sensor = type(self).sensor
        self.sensor.opens.wait()
        if self.sensor.refusal is not None:
            raise RuntimeError("Camera __init__ sequence did not complete.") from self.sensor.refusal
        assert camera_num < len(self.sensor.listed)
        if self.sensor.holder is not None:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self.sensor.holder = self
        self.started = threading.Event()
        if self.sensor.no_memory is not None:  # after the camera was taken, and before there is an allocator
            raise self.sensor.no_memory
        self.allocator = object()
        self.lock = threading.Lock()
        self._ended = threading.Event()
        self._jobs: list[Future[Request]] = []
        self._config: dict[str, Any] = {}
        atexit.register(self.close)

    @property
    def camera_properties(self) -> dict[str, Any]:
        return self.sensor.properties

    @property
    def camera_controls(self) -> dict[str, Any]:
        return dict.fromkeys(self.sensor.controls, (0, 1, 0))

    def create_video_configuration(self, main: dict[str, Any], **rest: Any) -> dict[str, Any]:
        return {"main": main, **rest}

    def configure(self, config: dict[str, Any]) -> None:
        self.set_controls(config["controls"])
        self.sensor.asked = config
        width, height = config["main"]["size"]
        if self.sensor.array is None:
            self.sensor.array = np.zeros((height, width, 4), np.uint8)
        self._config = {"main": {"format": self.sensor.format, "size": (width, height)}}

    def camera_configuration(self) -> dict[str, Any]:
        return self._config

    def set_controls(self, controls: dict[str, Any]) -> None:
        for name in controls:
            if name not in self.sensor.controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.sensor.set.append(controls)

    def start(self) -> None:
        if self.sensor.start_refusal is not None:
            raise self.sensor.start_refusal
        self.started.set()
        self._thread = threading.Thread(target=self._event_loop, daemon=True)
        self._thread.start()

    def capture_request(self, wait: Any = None) -> Future[Request]:
        assert wait is False, "a wait without an end"
        job: Future[Request] = Future()
        with self.lock:
            self._jobs.append(job)
        return job

    def wait(self, job: Future[Request], timeout: float | None = None) -> Request:
        assert timeout is not None, "a wait without an end"
        return job.result(timeout)

    def cancel_all_and_flush(self) -> None:
        with self.lock:
            for job in self._jobs:
                job.set_exception(CancelledError())
            self._jobs = []

    def stop(self) -> None:
        if self.started.is_set():
            if self.sensor.gone.is_set():
                self.sensor.asked_to_stop_when_gone = True
                self.sensor.over.wait()
            self._ended.set()
            self._thread.join()
            self.started.clear()

    def close(self) -> None:
        atexit.unregister(self.close)
        self.stop()
        self.sensor.holder = None
        self.sensor.closed += 1
        del self.allocator

    def _event_loop(self) -> None:
        while not (self._ended.is_set() or self.sensor.over.is_set()):
            time.sleep(self.sensor.period_s)
            if self.sensor.gone.is_set():
                continue
            with self.lock:
                if self.sensor.borrowed >= self.sensor.asked["buffer_count"]:
                    self.sensor.starved += 1
                    continue
                metadata = self._metadata()
                if metadata is None or not self._jobs:
                    continue
                self.sensor.borrowed += 1
                job = self._jobs.pop(0)
            with suppress(CancelledError):
                job.set_result(Request(self, metadata))

    def _metadata(self) -> dict[str, Any] | None:
        """Give one picture's metadata; None when the written stamps are used up."""
        stamp: Any = time.monotonic_ns()
        if self.sensor.stamps is not None:
            if not self._jobs:
                return {}
            if not self.sensor.stamps:
                return None
            stamp = self.sensor.stamps.pop(0)
            stamp = stamp() if callable(stamp) else stamp
        self.sensor.made += 1
        return dict(self.sensor.told) | ({} if stamp is None else {"SensorTimestamp": stamp})


def install(monkeypatch: Any, sensor: Sensor) -> None:
    """Let `import picamera2` give this one, with `sensor` on the ribbon."""
    module = ModuleType("picamera2")
    module.Picamera2 = Picamera2  # type: ignore[attr-defined]
    monkeypatch.setattr(Picamera2, "sensor", sensor)
    monkeypatch.setitem(sys.modules, "picamera2", module)
