"""What a plan does inside the guest to be the world around the device: feeds chips, wires, pixels; moves the button."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import threading
import time
from itertools import pairwise
from pathlib import Path

DEBUG = Path("/sys/kernel/debug/i2c-regsim")
PARAMETERS = Path("/sys/module/i2c_regsim/parameters")
SIM = Path("/sys/kernel/config/gpio-sim/pi")
VIVID = Path("/sys/bus/platform/drivers/vivid")
VIDEO = Path("/dev/video0")
S_CTRL, CONTROLS = 0xC008561C, 0x00F0F000  # of videodev2.h and vivid-ctrls.c
OSD_TEXT_MODE, LOOP_VIDEO, PERCENT_DROPPED = CONTROLS + 1, CONTROLS + 37, CONTROLS + 64
ADDRESS = {"pelvis": 0x68, "thorax": 0x69}
G_LSB, DPS_LSB = 4096.0, 32.8  # ±8 g and ±1000 °/s, as the driver sets them


def modprobe(*words: str) -> None:
    subprocess.run(["/sbin/modprobe", *words], check=True)


def unplug_camera() -> None:
    """Pull the camera out: its driver lets go of it, its node goes."""
    (VIVID / "unbind").write_text("vivid.0")


def plug_camera() -> None:
    (VIVID / "bind").write_text("vivid.0")
    for _ in range(100):
        if VIDEO.exists():
            return
        time.sleep(0.02)


def control_camera(control: int, value: int) -> None:
    """Set one of vivid's own controls, also while somebody else films."""
    node = os.open(VIDEO, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(node, S_CTRL, struct.pack("Ii", control, value))
    os.close(node)


def drop_pictures(percent: int) -> None:
    """Let the camera lose so many of its pictures. Its picture output stands still for as many."""
    control_camera(PERCENT_DROPPED, percent)


def pack(accel, gyro, wobble: int = 0) -> bytes:
    """One sample as the chip's FIFO holds it."""
    raw = [round(v * G_LSB) for v in accel] + [round(v * DPS_LSB) for v in gyro]
    raw[0] += wobble
    return struct.pack(">6h", *(max(-32768, min(32767, v)) for v in raw))


class Feeder:
    """Lets both chips measure a hundred times a second, by the monotonic clock, until it is closed."""

    def __init__(self, source) -> None:
        self.source = source  # (role, seconds since the beginning) → accel g, gyro deg/s
        self.began_ns = time.monotonic_ns()
        self.stop = threading.Event()
        self.samples = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        files = {role: (DEBUG / f"0x{at:02x}").open("wb", buffering=0) for role, at in ADDRESS.items()}
        while not self.stop.is_set():
            due = (time.monotonic_ns() - self.began_ns) // 10_000_000
            while self.samples < due:
                for role, file in files.items():
                    file.write(pack(*self.source(role, self.samples / 100), self.samples & 1))
                self.samples += 1
            self.stop.wait(0.004)

    def close(self) -> None:
        self.stop.set()
        self.thread.join()


def fail(address: int, errno: int = 121, count: int = 0, *, delay_us: int = 0) -> None:
    """Let a chip answer with an error; `heal` ends it."""
    (PARAMETERS / "fail_errno").write_text(str(errno))
    (PARAMETERS / "fail_count").write_text(str(count))
    (PARAMETERS / "delay_us").write_text(str(delay_us))
    (PARAMETERS / "fail_addr").write_text(str(address))


def heal() -> None:
    (PARAMETERS / "fail_addr").write_text("-1")
    (PARAMETERS / "delay_us").write_text("0")


class Header:
    """The 40 pins: gpio-sim with the label of a Pi 4's chip."""

    def __init__(self) -> None:
        if not SIM.exists():
            SIM.mkdir()
            (SIM / "bank0").mkdir()
            (SIM / "bank0/num_lines").write_text("54")
            (SIM / "bank0/label").write_text("pinctrl-bcm2711")
        self.plug()

    def plug(self) -> None:
        (SIM / "live").write_text("1")
        name = (SIM / "dev_name").read_text().strip()
        chip = (SIM / "bank0/chip_name").read_text().strip()
        self.lines = Path("/sys/devices/platform") / name / chip
        # A chip that was taken away while in use keeps its number in the kernel; a Pi's own chip is always number 0.
        node = Path("/dev/gpiochip0")
        if chip != node.name:
            node.unlink(missing_ok=True)
            node.symlink_to(f"/dev/{chip}")
        for line in self.lines.glob("sim_gpio*"):
            (line / "pull").write_text("pull-up" if line.name == "sim_gpio26" else "pull-down")

    def unplug(self) -> None:
        (SIM / "live").write_text("0")

    def value(self, pin: int) -> int:
        return int((self.lines / f"sim_gpio{pin}/value").read_text())

    def press(self, pin: int, held_s: float = 0.1, *, bounces: int = 0) -> None:
        """Push the button: its contact bounces for a few milliseconds on the way down and up."""
        pull = self.lines / f"sim_gpio{pin}/pull"
        for last, pause in (("pull-down", held_s), ("pull-up", 0.0)):
            other = "pull-up" if last == "pull-down" else "pull-down"
            for _ in range(bounces):
                pull.write_text(last)
                time.sleep(0.002)
                pull.write_text(other)
                time.sleep(0.002)
            pull.write_text(last)
            time.sleep(pause)


class Scope:
    """Watches lines a thousand times a second and keeps when each changed, in seconds."""

    def __init__(self, header: Header, pins: dict[str, int]) -> None:
        places = {name: header.lines / f"sim_gpio{pin}/value" for name, pin in pins.items()}
        self.files = {name: place.open("rb", buffering=0) for name, place in places.items()}
        self.edges: dict[str, list[tuple[float, int]]] = {name: [] for name in pins}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        last: dict[str, int] = {}
        while not self.stop.is_set():
            for name, file in self.files.items():
                file.seek(0)
                value = int(file.read())
                if last.get(name) != value:
                    self.edges[name].append((time.monotonic(), value))
                    last[name] = value
            time.sleep(0.001)

    def close(self) -> dict[str, list[tuple[float, int]]]:
        self.stop.set()
        self.thread.join()
        return self.edges


def pulses(edges: list[tuple[float, int]], gap_s: float = 0.05) -> list[tuple[float, float]]:
    """Give (begin, length) in seconds of every pulse; gaps shorter than `gap_s` are the PWM's own."""
    on: list[list[float]] = []
    for (begin, value), (end, _) in pairwise(edges):
        if not value:
            continue
        if on and begin - on[-1][1] < gap_s:
            on[-1][1] = end
        else:
            on.append([begin, end])
    return [(begin, end - begin) for begin, end in on]
