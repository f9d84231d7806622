"""A camera that sees the bundled film: vivid's picture output, led to vivid's camera inside the kernel."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from hingecue.app.demo import FOLDER
from hingecue.sense.recording import open_recording
from tests.virtual_device.device import LOOP_VIDEO, OSD_TEXT_MODE, Feeder, control_camera, modprobe

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

OUTPUT = Path("/dev/video1")
WIDTH, HEIGHT = 640, 480
STEP_S = 0.04
"""PAL, which both ends speak: 25 pictures a second, as the bundled film has."""
# Of videodev2.h.
S_FMT, REQBUFS, QUERYBUF, QBUF = 0xC0D05605, 0xC0145608, 0xC0585609, 0xC058560F
DQBUF, STREAMON = 0xC0585611, 0x40045612
OUT, MMAP, INTERLACED = 2, 1, 4
BGR24 = int.from_bytes(b"BGR3", "little")


def plug_film_camera() -> None:
    """Put a camera there (/dev/video0) that sees what /dev/video1 is given, and a test picture as long as it is not."""
    modprobe(
        "vivid", "n_devs=1", "node_types=0x101", "num_inputs=1", "input_types=2", "num_outputs=1", "output_types=0"
    )
    wire()


def wire() -> None:
    """Lead the output to the camera, without vivid's text in the picture; again when the camera was plugged in anew."""
    control_camera(OSD_TEXT_MODE, 2)
    control_camera(LOOP_VIDEO, 1)


class Projector:
    """Shows a film to the camera, `rounds` times, until it is closed or the camera is pulled out."""

    def __init__(self, film: Path, rounds: int = 1) -> None:
        self._film, self._rounds = str(film), rounds
        self._began_s: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)
        self._thread.start()

    @property
    def at_s(self) -> float | None:
        """How long it has been shown, s; None before its first picture is seen."""
        return None if self._began_s is None else time.monotonic() - self._began_s

    def close(self) -> None:
        """Show nothing any more."""
        self._stop.set()
        self._thread.join()

    def _show(self) -> None:
        """Give one picture after the other; the driver takes one every 40 ms."""
        output = os.open(OUTPUT, os.O_RDWR)
        with suppress(OSError):  # the camera was pulled out
            slots = _slots(output)
            for count, picture in enumerate(self._pictures()):
                index = count if count < len(slots) else _given_back(output)
                slots[index][: picture.nbytes] = picture.tobytes()
                fcntl.ioctl(output, QBUF, _buffer(index))
                if count == len(slots) - 1:
                    fcntl.ioctl(output, STREAMON, struct.pack("I", OUT))
                    self._began_s = time.monotonic()
            self._stop.wait()
        os.close(output)

    def _pictures(self) -> Iterator[np.ndarray]:
        for _ in range(self._rounds):
            film = cv2.VideoCapture(self._film)
            while not self._stop.is_set() and (read := film.read())[0]:
                yield read[1]


def _slots(output: int) -> list[mmap.mmap]:
    """Give the pictures that driver and program share."""
    fcntl.ioctl(output, S_FMT, struct.pack("2I4I184x", OUT, 0, WIDTH, HEIGHT, BGR24, INTERLACED))
    asked = bytearray(struct.pack("3I8x", 4, OUT, MMAP))
    fcntl.ioctl(output, REQBUFS, asked)
    slots = []
    for index in range(struct.unpack_from("I", asked)[0]):
        told = _buffer(index)
        fcntl.ioctl(output, QUERYBUF, told)
        (offset,), (length,) = struct.unpack_from("Q", told, 64), struct.unpack_from("I", told, 72)
        slots.append(mmap.mmap(output, length, offset=offset))
    return slots


def _given_back(output: int) -> int:
    """Wait until a picture was shown, and give which."""
    taken = _buffer(0)
    fcntl.ioctl(output, DQBUF, taken)
    return struct.unpack_from("I", taken)[0]


def _buffer(index: int) -> bytearray:
    """Give a struct v4l2_buffer."""
    return bytearray(struct.pack("5I40xI24x", index, OUT, WIDTH * HEIGHT * 3, 0, INTERLACED, MMAP))


class Worn:
    """What both sensors measured in the bundled recording."""

    def __init__(self) -> None:
        with open_recording(FOLDER) as recording:
            self._tracks = {r: (t.accel_g.tolist(), t.gyro_dps.tolist(), t.rate_hz) for r, t in recording.imu.items()}
            self.length_s = recording.duration_s

    def at(self, role: str, at_s: float) -> tuple[list[float], list[float]]:
        """Give acceleration, g, and turning, deg/s; before the beginning and after the end one stands still."""
        accel, gyro, rate_hz = self._tracks[role]
        i = max(0, min(len(accel) - 1, int(at_s * rate_hz)))
        return accel[i], gyro[i]


class Lifter:
    """Somebody who lifts as in the bundled recording, `rounds` times, before the camera and with both chips on."""

    def __init__(self, rounds: int = 1) -> None:
        self._rounds = rounds
        self._worn = Worn()
        self.length_s = self._worn.length_s
        self._projector: Projector | None = None
        self._feeder = Feeder(self._measured)

    def begin(self) -> float:
        """Begin, or begin anew; give when, on the monotonic clock, s. Before, one stands still and is not seen."""
        if self._projector is not None:
            self._projector.close()
        self._projector = Projector(FOLDER / "camera.mp4", self._rounds)
        while self._projector.at_s is None:
            time.sleep(0.01)
        return time.monotonic() - self._projector.at_s

    def _measured(self, role: str, _t_s: float) -> tuple[list[float], list[float]]:
        at_s = (self._projector and self._projector.at_s) or 0.0
        return self._worn.at(role, min(at_s, self._rounds * self.length_s - 0.01) % self.length_s)
