"""What every live camera has in common: its own thread reads, the newest frame wins, every wait has an end."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from hingecue.clock import monotonic_ns
from hingecue.errors import DeviceFault
from hingecue.mailbox import Mailbox, MailboxClosedError, MailboxPokedError
from hingecue.sense.base import CountedSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hingecue.sense.base import SourceInfo
    from hingecue.types import Frame

BLINKS: Final = 2
SILENT_AFTER_S: Final = 3.0
"""A webcam in the dark gives 5 frames a second; so long without one is a fault, s (our judgement)."""
JOIN_S: Final = 4.0
"""How long the thread may need to come out of a driver's wait, s (OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT is 3 s)."""


class LiveCamera(CountedSource):
    """Frames of a camera on CLOCK_MONOTONIC.

    A frame that is not fetched before the next one is dropped: `drops` counts them, `Frame.index` skips them.
    A driver opens its camera, calls this constructor, and then `_begin`.
    """

    def __init__(self, info: SourceInfo, *, silent_after_s: float) -> None:
        super().__init__(info)
        self._silent_after_s = silent_after_s
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"camera {info.name}", daemon=True)
        self._began = False
        self._stuck = False

    @property
    def drops(self) -> int:
        """How many frames were replaced by a newer one before they were fetched."""
        return self._mailbox.drops

    @property
    def stuck(self) -> bool:
        """Whether a driver still holds this camera after `close`: only the end of the process lets go of it."""
        return self._stuck

    def __iter__(self) -> Iterator[Frame]:
        """Give the newest frame, again and again, until `close`. Raises `DeviceFault` `camera_silent`."""
        return (frame for frame in self.frames_and_pokes() if frame is not None)

    def poke(self) -> None:
        """Let who waits for a frame look up: `frames_and_pokes` gives None."""
        self._mailbox.poke()

    def frames_and_pokes(self) -> Iterator[Frame | None]:
        """Give what iterating gives, and None whenever `poke` was called while no frame was there."""
        first_ns: int | None = None
        since_ns = monotonic_ns()
        while True:
            try:
                frame = self._mailbox.get(max(0.0, self._silent_after_s - (monotonic_ns() - since_ns) / 1e9))
                since_ns = monotonic_ns()
            except MailboxClosedError:
                return
            except MailboxPokedError:
                yield None
                continue
            except TimeoutError as error:
                raise camera_fault("camera_silent", self.info.name, *self._why_silent()) from error
            first_ns = frame.t_ns if first_ns is None else first_ns
            self._length_s = (frame.t_ns - first_ns) / 1e9
            self._frames = frame.index + 1
            self._frames_analyzed += 1
            yield frame

    def close(self) -> None:
        """Stop the thread and let go of the camera; `warnings` names a thread that will not come back."""
        self._stop.set()
        self._mailbox.close()
        if not self._began:
            return
        self._thread.join(JOIN_S)
        if self._thread.is_alive() and not self._stuck:
            self._stuck = True
            self._warnings.append(f'the thread "{self._thread.name}" would not stop')

    def _why_silent(self) -> tuple[str, str]:
        """Give what is the matter when no frame came in time, and what to do."""
        what = f"no picture came for {self._silent_after_s:g} s"
        return what, "check the cable, and whether another program took the camera"

    def _begin(self) -> None:
        self._began = True
        self._thread.start()

    @abstractmethod
    def _read(self) -> None:
        """Run in the thread, which alone touches the camera: fill the mailbox until `_stop` is set, then let go."""


def camera_fault(code: str, name: str, what: str, try_this: str) -> DeviceFault:
    """Give a fault of the camera `name`."""
    return DeviceFault(code, where=f"camera {name}", what=what, try_this=try_this, blinks=BLINKS)
