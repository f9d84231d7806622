"""A photo as a source of one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hingecue.errors import InputFault
from hingecue.sense.base import CountedSource, SourceInfo
from hingecue.sense.files import check_readable, read_bytes
from hingecue.sense.picture import decode_rgb, fit_scale, is_whole, picture_format, shrink
from hingecue.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hingecue.types import U8

# The models see 224 and 256 px; more than this costs time and memory and adds nothing (our judgement).
MAX_LONG_SIDE_PX = 2048


class PhotoSource(CountedSource):
    """One picture, upright, RGB, its longer side at most 2048 px.

    `info.width` and `info.height` are those of the file; `scale` (≤ 1) is given-out px ÷ file px, the same
    for both axes, so that angles stay what they are.
    Raises `InputFault`: those of `check_readable`, `picture_cut`, `picture_format`, `picture_unreadable`.
    """

    def __init__(self, path: Path) -> None:
        check_readable(path)
        picture = _decode(path, read_bytes(path))
        height, width = picture.shape[:2]
        self.scale = fit_scale(width, height, MAX_LONG_SIDE_PX)
        small = shrink(picture, max(1, round(width * self.scale)), max(1, round(height * self.scale)))
        self._rgb: U8 | None = cast("U8", small)
        super().__init__(SourceInfo("photo", path.name, None, 1, None, width, height))

    def __iter__(self) -> Iterator[Frame]:
        """Give the one frame, at time 0; nothing after `close`."""
        self._restart()
        if self._rgb is not None:
            self._frames = 1
            self._frames_analyzed = 1
            yield Frame(0, 0, self._rgb)

    def close(self) -> None:
        """Let go of the picture."""
        self._rgb = None


def _decode(path: Path, data: bytes) -> U8:
    kind = picture_format(data[:32])
    if kind is not None and not is_whole(data, kind):
        raise InputFault(
            "picture_cut",
            where=str(path),
            what=f"the {kind} is cut short, a part of the picture is missing",
            try_this="copy it again from where it was made",
        )
    picture = decode_rgb(data)
    if picture is not None:
        return picture
    if kind in {"HEIC", "AVIF"}:
        raise InputFault(
            "picture_format",
            where=str(path),
            what=f"{kind} pictures cannot be read here",
            try_this="export it as JPEG or PNG",
        )
    raise InputFault(
        "picture_unreadable",
        where=str(path),
        what=f"the {kind} is damaged and cannot be read" if kind else "this is not a picture",
        try_this="open it in a picture viewer to see whether it is whole, and export it as JPEG or PNG",
    )
