"""A film as a source of frames: true times, upright, at most 30 frames a second, small enough for a Pi."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2

from hingecue.errors import InputFault
from hingecue.sense.base import CountedSource, SourceInfo
from hingecue.sense.files import check_readable, looks_like_text, read_bytes
from hingecue.sense.picture import fit_scale, shrink
from hingecue.sense.timeline import (
    ANALYZED_FPS,
    FilmClock,
    Thinner,
    Timing,
    judge_timing,
    needs_thinning,
)
from hingecue.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hingecue.types import U8

# The landmark model sees 256 px; a person fills a fifth of the picture or more (our judgement).
MAX_LONG_SIDE_PX = 1280
# So many frames are looked at to learn whether a film's time stamps can be trusted.
_LOOK_FRAMES = 24
# A container that promises this much more than it holds was cut; less is rounding.
_CUT_SHARE = 0.05
_CUT_FRAMES = 3
_MAX_TOLD_FRAMES = 100_000_000
# Pixels that are not square are set right from this deviation on; beyond the limit the number is nonsense.
_SQUARE_TOLERANCE = 0.01
_MAX_PIXEL_ASPECT = 4.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What the first frames of a film tell. `size` is the upright picture's width and height in square px."""

    timing: Timing
    told_frames: int | None
    size: tuple[int, int]


class VideoSource(CountedSource):
    """The frames of a film file, RGB, longer side at most 1280 px, first frame at `start_s` (seconds).

    Films of more than 33 fps are thinned by time to about 30; the frames left out are not even converted.
    What is odd but bearable (no usable times, a cut end) is told in `warnings`.
    Raises `InputFault`: those of `check_readable`, `video_cut`, `video_unreadable`, `video_no_frames`.
    """

    def __init__(self, path: Path, *, start_s: float = 0.0, where: str | None = None) -> None:
        self._path = path
        self._where = where or str(path)
        check_readable(path, where=self._where)
        self.start_s = start_s
        self._start_ns = round(start_s * 1e9)
        self._look = self._look_inside()
        self._capture: cv2.VideoCapture | None = None
        self._closed = False
        width, height = self._look.size
        scale = fit_scale(width, height, MAX_LONG_SIDE_PX)
        self._size = max(1, round(width * scale)), max(1, round(height * scale))
        timing = self._look.timing
        thinned = needs_thinning(timing.fps)
        told = self._look.told_frames
        info = SourceInfo(
            kind="video",
            name=path.name,
            duration_s=None if told is None else told / timing.fps,
            frames_total=told,
            fps=ANALYZED_FPS if thinned else timing.fps,
            width=width,
            height=height,
            thinned_from_fps=timing.fps if thinned else None,
        )
        super().__init__(info, [] if timing.remark is None else [timing.remark])

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames from the first on; `Frame.index` counts the film's frames, left-out ones too."""
        self._restart()
        if self._closed:
            return
        capture = self._capture = self._open()
        clock = FilmClock(self._look.timing, self._start_ns)
        thinner = Thinner(self._look.timing.fps)
        unreadable = 0
        while not self._closed and capture.grab():
            index = self._frames
            t_ns = clock.time_of(index, capture.get(cv2.CAP_PROP_POS_MSEC))
            self._frames += 1
            self._length_s = (t_ns - self._start_ns + clock.period_ns) / 1e9
            if not thinner.takes(t_ns):
                continue
            ok, bgr = capture.retrieve()
            if not ok or bgr is None:
                unreadable += 1
                continue
            self._frames_analyzed += 1
            yield Frame(index, t_ns, self._rgb(bgr))
        if not self._closed:
            capture.release()
            self._remark(clock.repairs, unreadable)

    def close(self) -> None:
        """Close the file; a running iteration ends."""
        self._closed = True
        if self._capture is not None:
            self._capture.release()

    def _rgb(self, bgr: cv2.typing.MatLike) -> U8:
        return cast("U8", cv2.cvtColor(shrink(bgr, *self._size), cv2.COLOR_BGR2RGBA))

    def _remark(self, repairs: int, unreadable: int) -> None:
        told = self._look.told_frames
        if told is not None and told - self._frames > max(_CUT_FRAMES, _CUT_SHARE * told):
            self._warnings.append(
                f"the film is cut short: {self._frames} of {told} frames could be read, and those were used"
            )
        if repairs:
            self._warnings.append(f"{repairs} frames had times that ran back or jumped; they were set right")
        if unreadable:
            self._warnings.append(f"{unreadable} frames were damaged and left out")

    def _open(self) -> cv2.VideoCapture:
        hush()
        # An absolute path is never taken for an address such as "pipe:".
        capture = cv2.VideoCapture(str(self._path.absolute()), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise self._not_a_film()
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        return capture

    def _look_inside(self) -> _Look:
        if looks_like_text(read_bytes(self._path, limit=4096, where=self._where)):
            raise self._not_a_film()
        capture = self._open()
        try:
            stamps: list[float] = []
            bgr: cv2.typing.MatLike | None = None
            while len(stamps) < _LOOK_FRAMES and capture.grab():
                stamps.append(capture.get(cv2.CAP_PROP_POS_MSEC))
                if bgr is None:
                    ok, picture = capture.retrieve()
                    bgr = picture if ok else None
            if bgr is None:
                raise InputFault(
                    "video_no_frames",
                    where=self._where,
                    what="no frame could be read from this film",
                    try_this="play it in a video player; if it does not play there, copy or record it again",
                )
            timing = judge_timing(stamps, capture.get(cv2.CAP_PROP_FPS))
            told = _told_frames(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            return _Look(timing, told, _square_size(capture, bgr))
        finally:
            capture.release()

    def _not_a_film(self) -> InputFault:
        head = read_bytes(self._path, limit=12, where=self._where)
        if head[4:8] == b"ftyp" or head[:4] == b"RIFF":
            return InputFault(
                "video_cut",
                where=self._where,
                what="the film cannot be opened: it is cut short (its index is missing) or damaged",
                try_this="copy it again from the camera, and let the camera finish before you unplug it",
            )
        return InputFault(
            "video_unreadable",
            where=self._where,
            what="this is not a photo or a film that can be read",
            try_this="give a photo (JPEG, PNG), a film (MP4, MOV, AVI, MKV) or a recording folder",
        )


def hush() -> None:
    """Keep OpenCV's own messages off stderr, also when it was loaded before this room."""
    logging = getattr(cv2.utils, "logging", None)
    if logging is not None:
        logging.setLogLevel(logging.LOG_LEVEL_SILENT)


def _told_frames(count: float) -> int | None:
    return int(count) if math.isfinite(count) and 1 <= count <= _MAX_TOLD_FRAMES else None


def _square_size(capture: cv2.VideoCapture, bgr: cv2.typing.MatLike) -> tuple[int, int]:
    """Give the picture's width and height in square pixels: angles are measured in them."""
    height, width = bgr.shape[:2]
    over, under = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    aspect = over / under if over > 0 and under > 0 else 1.0
    if not 1 / _MAX_PIXEL_ASPECT <= aspect <= _MAX_PIXEL_ASPECT or abs(aspect - 1.0) <= _SQUARE_TOLERANCE:
        return width, height
    turned = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 180 == 90
    return (width, round(height * aspect)) if turned else (round(width * aspect), height)
