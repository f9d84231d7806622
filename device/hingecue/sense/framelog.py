"""What the loop saw, kept to be seen again: JPEGs one after the other, and a table of where each one lies.

`camera.mjpeg` holds the pictures, `camera.csv` one line a picture: index,t_ns,offset,length, and the word dark where
the camera said so. The line is written after the picture it points to, so that whatever a power cut leaves is a
readable beginning. The loop is given the *decoded* picture, the same that a replay decodes from the same bytes: same
verdicts to the bit.
A small recording.toml beside them makes the folder a recording (CONTRACT §5).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from hingecue.errors import InputFault, StoreFault
from hingecue.sense.base import CountedSource, SourceInfo
from hingecue.sense.files import check_readable, read_bytes
from hingecue.sense.picture import decode_rgb, jpeg_is_whole
from hingecue.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

LOG_FILE = "camera.mjpeg"
TABLE_FILE = "camera.csv"
PLAN_FILE = "recording.toml"
_HEADER = b"index,t_ns,offset,length\n"
_DARK = b"dark"


@dataclass(frozen=True, slots=True)
class _Line:
    index: int
    t_ns: int
    offset: int
    length: int
    dark: bool = False


class FrameLogWriter:
    """Writes a frame log into `folder`, which is made when it is absent; it must not hold one already.

    `quality`: of the JPEGs, 1…100. `title`: of the recording, the folder's name unless told.
    The times are kept as they come: give it frames on the clock that starts at 0 with the session.
    Raises `StoreFault`: `log_exists`, `disk_full`, `log_unwritable`.
    """

    def __init__(self, folder: Path, quality: int = 92, *, title: str | None = None) -> None:
        self._folder = folder
        self._options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        self._offset = 0
        self._last_ns: int | None = None
        with contextlib.ExitStack() as undo:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # pictures of a person: for its owner only
                self._pictures: BinaryIO = undo.enter_context((folder / LOG_FILE).open("xb"))
                self._table: BinaryIO = undo.enter_context((folder / TABLE_FILE).open("xb"))
                self._put(self._table, _HEADER)
                _write_plan(folder / PLAN_FILE, title or folder.resolve().name)
            except OSError as error:
                raise self._fault(error) from error
            undo.pop_all()

    def write(self, frame: Frame) -> Frame:
        """Keep `frame`; give back what a replay will see: same index and time, the picture after JPEG.

        Raises `StoreFault` when it cannot be kept, `ValueError` when its time is not after the last one's.
        """
        if self._last_ns is not None and frame.t_ns <= self._last_ns:
            raise ValueError(f"frame {frame.index} at {frame.t_ns} ns is not after {self._last_ns} ns")
        _, encoded = cv2.imencode(".jpg", np.ascontiguousarray(frame.rgb[..., 2::-1]), self._options)
        jpeg = encoded.tobytes()
        try:
            self._put(self._pictures, jpeg)
            line = f"{frame.index},{frame.t_ns},{self._offset},{len(jpeg)}".encode()
            self._put(self._table, line + (b"," + _DARK if frame.dark else b"") + b"\n")
        except OSError as error:
            self._drop()  # nothing may follow a hole
            raise self._fault(error) from error
        self._offset += len(jpeg)
        self._last_ns = frame.t_ns
        rgb = decode_rgb(jpeg)
        if rgb is None:  # pragma: no cover - the codec would have to contradict itself
            raise self._fault(OSError(errno.EIO, "the picture cannot be read back"))
        return Frame(frame.index, frame.t_ns, rgb, frame.dark)

    def close(self) -> None:
        """Bring everything to the disk and close; twice does no harm. Raises `StoreFault`."""
        try:
            for file in (self._pictures, self._table):
                if not file.closed:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise self._fault(error) from error
        finally:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _drop(self) -> None:
        for file in (self._pictures, self._table):
            with contextlib.suppress(OSError):
                file.close()

    @staticmethod
    def _put(file: BinaryIO, data: bytes) -> None:
        file.write(data)
        file.flush()

    def _fault(self, error: OSError) -> StoreFault:
        where = str(self._folder)
        if isinstance(error, FileExistsError):
            return StoreFault(
                "log_exists",
                where=where,
                what="there is a recording in this folder already",
                try_this="name a new folder; nothing is ever written over",
            )
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return StoreFault(
                "disk_full",
                where=where,
                what="the disk is full, the recording ends here",
                try_this="free some space; what was written so far can be replayed",
            )
        reason = (error.strerror or type(error).__name__).lower()
        return StoreFault(
            "log_unwritable",
            where=where,
            what=f"the recording cannot be written ({reason})",
            try_this="check that the folder is yours and the disk is not read-only",
        )


class FrameLogReader(CountedSource):
    """Gives the frames of a log again: same index, same picture to the bit, `t_ns` as written plus `start_s`.

    A last line or picture that a power cut left half is ignored, and `warnings` says so.
    Raises `InputFault`: those of `check_readable`, `log_malformed`, `log_no_frames`.
    """

    def __init__(self, folder: Path, *, start_s: float = 0.0) -> None:
        self._path = folder / LOG_FILE
        self._closed = False
        self.start_s = start_s
        for name in (LOG_FILE, TABLE_FILE):
            check_readable(folder / name, where=name)
        self._lines, remark = _read_table(folder)
        first = next(self._pictures(), None)
        if first is None:
            raise InputFault(
                "log_no_frames",
                where=LOG_FILE,
                what="there is no whole picture in this recording",
                try_this="record it again",
            )
        rgb = first[1].rgb
        seconds = (self._lines[-1].t_ns - self._lines[0].t_ns) / 1e9
        steps = len(self._lines) - 1
        info = SourceInfo(
            kind="recording",
            name=folder.resolve().name,
            duration_s=seconds,
            frames_total=len(self._lines),
            fps=steps / seconds if steps else None,
            width=rgb.shape[1],
            height=rgb.shape[0],
        )
        super().__init__(info, [] if remark is None else [remark])

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames from the first on."""
        self._restart()
        for line, frame in self._pictures():
            self._frames += 1
            self._frames_analyzed += 1
            self._length_s = (line.t_ns - self._lines[0].t_ns) / 1e9
            yield frame
        lost = len(self._lines) - self._frames
        if lost and not self._closed:
            self._warnings.append(
                f"the recording breaks off: {lost} of {len(self._lines)} pictures are not whole, and left out"
            )

    def close(self) -> None:
        """End a running iteration."""
        self._closed = True

    def _pictures(self) -> Iterator[tuple[_Line, Frame]]:
        """Give every picture up to the first that is not whole."""
        with self._path.open("rb") as file:
            for line in self._lines:
                if self._closed:
                    return
                file.seek(line.offset)
                jpeg = file.read(line.length)
                whole = len(jpeg) == line.length and jpeg.startswith(b"\xff\xd8") and jpeg_is_whole(jpeg)
                rgb = decode_rgb(jpeg) if whole else None
                if rgb is None:
                    return
                yield line, Frame(line.index, line.t_ns + round(self.start_s * 1e9), rgb, line.dark)


def _write_plan(path: Path, title: str) -> None:
    if not path.exists():
        text = f'format = 1\ntitle = {json.dumps(title, ensure_ascii=False)}\n\n[camera]\nfile = "{LOG_FILE}"\n'
        path.write_text(text, encoding="utf-8")


def _read_table(folder: Path) -> tuple[list[_Line], str | None]:
    data = read_bytes(folder / TABLE_FILE, where=TABLE_FILE)
    if not data.startswith(_HEADER):
        raise _malformed(1, f"the first line must be {_HEADER.decode().strip()}")
    *whole, rest = data[len(_HEADER) :].split(b"\n")
    lines: list[_Line] = []
    for number, text in enumerate(whole, start=2):
        cells = text.split(b",")
        dark = cells[4:] == [_DARK]
        if len(cells) != 4 + dark or not all(cell.isdigit() for cell in cells[:4]):
            raise _malformed(number, "this must be four whole numbers: index,t_ns,offset,length")
        line = _Line(int(cells[0]), int(cells[1]), int(cells[2]), int(cells[3]), dark)
        if lines and line.t_ns <= lines[-1].t_ns:
            raise _malformed(number, f"the time runs back, from {lines[-1].t_ns} ns to {line.t_ns} ns")
        lines.append(line)
    remark = "the recording breaks off: the last line of camera.csv is not whole and was left out" if rest else None
    return lines, remark


def _malformed(line: int, what: str) -> InputFault:
    return InputFault(
        "log_malformed",
        where=f"{TABLE_FILE} line {line}",
        what=what,
        try_this="copy the recording again; to keep what is before this line, delete it and all below",
    )
