"""A day of the device in less than a day: the product's own loop on a clock that runs as fast as the machine can.

    .venv/bin/python -m tests.soak.day --hours 24             recorded landmarks, sensors through fake chips
    .venv/bin/python -m tests.soak.day --hours 2 --models     every picture through the real models

Somebody practises for twenty minutes with the bundled recording, over and over, then nobody is there for a quarter of
an hour, so that the session ends; then the next one comes. Everything is the device's own but these: the camera gives
the recording's pictures (or the landmarks that were seen in them) with the times of the fast clock, the I2C adapter and
its chips are the tests' (one chip 1 % fast, one 1 % slow), and nobody waits. Once an hour of the fast clock, or every
`--every` minutes, a line is written with what the process holds.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import smbus2.smbus2 as library

from hingecue.app import device, panel
from hingecue.app.demo import FOLDER
from hingecue.app.loop import Models, load_models
from hingecue.app.pulse import Pulse
from hingecue.config import Settings
from hingecue.pose.spine import open_spine
from hingecue.pose.tracker import PoseTracker
from hingecue.sense.base import CountedSource, SourceInfo
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import open_sensors
from hingecue.sense.imu.reader import BURST_S
from hingecue.sense.recording import open_recording
from hingecue.store.reader import SessionReader
from hingecue.types import Frame, SensorRole
from tests.fakes.i2c_bus import FakeBus, StreamTime
from tests.fakes.mpu6050_chip import Mpu6050Chip
from tests.fakes.pins import Bench

PRACTISE_S = 1200.0
REST_S = 900.0
ADDRESS = {SensorRole.PELVIS: 0x68, SensorRole.THORAX: 0x69}
CLOCK_ERROR = {SensorRole.PELVIS: 0.01, SensorRole.THORAX: -0.01}
BEGINS_S = 100.0


@dataclass(frozen=True, slots=True)
class Line:
    """What the process holds at one hour of the stream, and what went by until then."""

    hour: float
    rss_mb: float
    threads: int
    descriptors: int
    sessions: int
    bends: int
    dropped_frames: int
    dropped_samples: int
    overflows: int
    stamp_error_ms: float
    objects: int

    def __str__(self) -> str:
        return (
            f"{self.hour:5.2f} h: {self.rss_mb:6.1f} MB, {self.objects:7d} objects, {self.threads} threads, "
            f"{self.descriptors} descriptors, {self.sessions} sessions, {self.bends} bends, "
            f"dropped {self.dropped_frames} frames and {self.dropped_samples} samples, {self.overflows} overflows, "
            f"stamps at most {self.stamp_error_ms:.2f} ms off"
        )


class Script:
    """Where in the recording a moment of the stream lies; None while nobody is there."""

    def __init__(self, length_s: float, practise_s: float, rest_s: float) -> None:
        self.length_s = length_s
        self.practise_s = practise_s
        self.period_s = practise_s + rest_s

    def at(self, t_s: float) -> float | None:
        into_s = (t_s - BEGINS_S) % self.period_s
        return into_s % self.length_s if into_s < self.practise_s else None


class Looped:
    """A chip's source: the recorded track again and again, standing still in between."""

    def __init__(self, track, script):
        self.accel, self.gyro, self.rate = track.accel_g.tolist(), track.gyro_dps.tolist(), track.rate_hz
        self.script = script
        self.noise = 0.0005  # g: the lowest bit, which is never still

    def __call__(self, t_s):
        at_s = self.script.at(t_s)
        i = 0 if at_s is None else min(len(self.accel) - 1, int(at_s * self.rate + 0.5))
        self.noise = -self.noise
        x, y, z = self.accel[i]
        return (x + self.noise, y, z), self.gyro[i]


class Seen:
    """Tracker and spine reader that give again what the real ones saw in each frame of the recording."""

    def __init__(self, frames, tracker, spine):
        self.poses, self.readings = [], []
        for frame in frames:
            pose = tracker.step(frame, want_mask=True)
            self.poses.append(
                None if pose is None else replace(pose, mask=None, image=None, landmarks=pose.landmarks.copy())
            )
            self.readings.append(None if pose is None or pose.mask is None else spine.read(pose))
        self.mask = np.zeros((1, 1), np.float32)
        self.at = 0

    def step(self, frame, *, want_mask):
        self.at = int(frame.rgb[0, 0, 0]) if frame.rgb.dtype != np.uint8 else 0
        pose = self.poses[self.at] if self.at >= 0 else None
        return replace(pose, mask=self.mask) if pose is not None and want_mask else pose

    def read(self, pose):
        return self.readings[self.at]

    def another(self):
        pass


class Camera(CountedSource):
    """The recording's pictures with the times of the fast clock; a poke for every burst of the sensors."""

    drops = 0

    def __init__(self, day, pictures):
        super().__init__(SourceInfo("camera", "soak", None, None, day.fps, 640, 480))
        self.day = day
        self.pictures = pictures

    def __iter__(self):
        return (frame for frame in self.frames_and_pokes() if frame is not None)

    def poke(self):
        pass

    def close(self):
        pass

    def frames_and_pokes(self):
        day, clock = self.day, self.day.clock
        step_ns, burst_ns = round(1e9 / day.fps), round(BURST_S * 1e9)
        frame_ns, poke_ns = clock() + step_ns, clock() + burst_ns
        while clock() < day.end_ns:
            due_ns = min(frame_ns, poke_ns)
            clock.sleep(max(0, due_ns - clock()) / 1e9)
            if poke_ns == due_ns:
                day.reader.fetch()
                poke_ns += burst_ns
                yield None
            if frame_ns == due_ns:
                yield self.frame(frame_ns)
                frame_ns += step_ns
            day.tick()

    def frame(self, t_ns):
        self._frames += 1
        self._frames_analyzed += 1
        at_s = self.day.script.at(t_ns / 1e9)
        number = -1 if at_s is None else min(len(self.pictures) - 1, int(at_s * self.day.fps))
        return Frame(self._frames, t_ns, self.pictures[number])


class Reader:
    """The sensors' reader without its thread: the stream's clock says when a burst is due.

    Every ten seconds it holds the newest stamps against the times at which the chips took the samples.
    """

    def __init__(self, sensors, chips):
        self.sensors = tuple(sensors)
        self.chips = chips
        self.waiting = []
        self.fetched = 0
        self.stamp_error_ms = 0.0

    def fetch(self):
        self.fetched += 1
        for sensor in self.sensors:
            samples = sensor.poll()
            self.waiting.extend(samples)
            if self.fetched % 200 == 0:
                taken = np.array(self.chips[ADDRESS[sensor.role]].taken)
                for sample in samples:
                    off_ms = float(np.abs(taken - sample.t_ns).min()) / 1e6
                    self.stamp_error_ms = max(self.stamp_error_ms, off_ms)

    def take(self):
        taken, self.waiting = self.waiting, []
        return taken


class Day:
    """One run. `lines` has what was measured."""

    def __init__(self, hours, *, models=False, practise_s=PRACTISE_S, rest_s=REST_S, every_s=3600.0, model="full"):
        self.hours = hours
        self.real_models = models
        self.model = model
        self.every_ns = round(every_s * 1e9)
        self.clock = StreamTime(BEGINS_S)
        self.end_ns = self.clock() + round(hours * 3600e9)
        self.next_ns = self.clock() + self.every_ns
        self.lines = []
        with open_recording(FOLDER) as recording:
            self.fps = recording.video.info.fps
            self.script = Script(recording.duration_s, practise_s, rest_s)
            self.tracks = {SensorRole(role): track for role, track in recording.imu.items()}

    def run(self, folder):
        self.database = folder / "sessions.db"
        settings = Settings(model=self.model, threads=1, database=self.database)
        bench = Bench()
        self.bench = bench
        with ExitStack() as stack:
            self.bus = FakeBus(self.clock)
            self.bus.transfers = deque(maxlen=1)
            stack.enter_context(mock.patch.object(library, "ioctl", self.bus._ioctl))
            fake_os = SimpleNamespace(open=self.bus._open, close=os.close, O_RDWR=os.O_RDWR)
            stack.enter_context(mock.patch.object(library, "os", fake_os))
            for role, track in self.tracks.items():
                chip = Mpu6050Chip(Looped(track, self.script), clock_error=CLOCK_ERROR[role])
                chip.taken = deque(maxlen=2 * 85)
                self.bus.put(ADDRESS[role], chip)
            wire = stack.enter_context(Bus(1))
            self.reader = Reader(open_sensors(wire, None, self.clock, self.clock.sleep), self.bus.chips)
            models, pictures = self.eyes(settings)
            self.camera = Camera(self, pictures)
            stack.enter_context(mock.patch.object(device, "open_parts", return_value=(self.camera, self.reader)))
            opened = contextlib.contextmanager(lambda: (yield bench.chip))
            stack.enter_context(mock.patch.object(panel, "open_chip", opened))
            environ = {"RUNTIME_DIRECTORY": str(folder), "NOTIFY_SOCKET": str(folder / "nobody")}
            hung = stack.enter_context(panel.open_panel(print))
            pulse = stack.enter_context(Pulse(folder, print, environ=environ))
            self.measure()
            status = device.Device(SimpleNamespace(), settings, models, hung, pulse).live()
        bench.chip.reset()
        return status

    def eyes(self, settings):
        """Give what looks at the pictures, and the pictures of one round; the last is that of nobody."""
        with open_recording(FOLDER) as recording:
            frames = list(recording.video)
        if self.real_models:
            return load_models(settings), [frame.rgb for frame in frames] + [np.zeros_like(frames[0].rgb)]
        seen = Seen(frames, PoseTracker(settings.model, 1), open_spine())
        numbers = [np.full((1, 1, 4), i, np.int16) for i in (*range(len(frames)), -1)]
        return Models(seen, seen), numbers

    def tick(self):
        if self.clock() < self.next_ns:
            return
        self.next_ns += self.every_ns
        self.measure()

    def measure(self):
        for pin in self.bench.chip.pins.values():
            pin.clear_states()
        gc.collect()
        health = [sensor.health for sensor in self.reader.sensors]
        self.lines.append(
            Line(
                hour=(self.clock() / 1e9 - BEGINS_S) / 3600,
                rss_mb=rss_mb(),
                threads=threading.active_count(),
                descriptors=len(list(Path("/proc/self/fd").iterdir())),
                dropped_frames=0 if not hasattr(self, "camera") else self.camera.drops,
                dropped_samples=sum(h.dropped for h in health),
                overflows=sum(h.overflows for h in health),
                stamp_error_ms=self.reader.stamp_error_ms,
                objects=len(gc.get_objects()),
                **self.stored(),
            )
        )
        sys.stderr.write(f"{self.lines[-1]}\n")

    def stored(self):
        if not self.database.exists():
            return {"sessions": 0, "bends": 0}
        with SessionReader(self.database) as reader:
            sessions = reader.sessions()
            return {"sessions": len(sessions), "bends": sum(len(reader.bends(s.id)) for s in sessions)}


def rss_mb():
    text = Path("/proc/self/status").read_text("utf-8")
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))) / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--models", action="store_true", help="every picture through the real models")
    parser.add_argument("--model", choices=["lite", "full"], default="full")
    parser.add_argument("--every", type=float, default=60.0, metavar="MINUTES")
    options = parser.parse_args()
    day = Day(options.hours, models=options.models, model=options.model, every_s=60 * options.every)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
        said.write = lambda text: len(text)
        status = day.run(Path(folder))
    minutes = (time.monotonic() - began) / 60
    sys.stderr.write(f"{options.hours:g} h in {minutes:.1f} min, exit status {status}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
