"""From a path that a user names to the source behind it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from hingecue.errors import InputFault
from hingecue.sense.base import FrameSource, SourceInfo
from hingecue.sense.files import check_readable, denied, read_bytes
from hingecue.sense.framelog import PLAN_FILE
from hingecue.sense.photo import PhotoSource
from hingecue.sense.picture import picture_format
from hingecue.sense.recording import Recording, open_recording
from hingecue.sense.video import VideoSource

if TYPE_CHECKING:
    from pathlib import Path

Source: TypeAlias = PhotoSource | VideoSource | Recording

_JPEG_FILMS = frozenset({".mjpeg", ".mjpg"})

__all__ = ["FrameSource", "Source", "SourceInfo", "open_input"]


def open_input(path: Path) -> Source:
    """Open a photo, a film or a recording folder; what it is is told by its content, not by its name.

    Raises `InputFault`: `folder_empty`, `folder_no_recording`, and those of the source it is.
    """
    try:
        folder = path.is_dir()
    except PermissionError as error:
        raise denied(str(path)) from error
    if folder:
        return _open_folder(path)
    check_readable(path)
    # A film of JPEGs begins like a photo; only its name tells.
    if path.suffix.lower() not in _JPEG_FILMS and picture_format(read_bytes(path, limit=32)) is not None:
        return PhotoSource(path)
    return VideoSource(path)


def _open_folder(path: Path) -> Recording:
    if not os.access(path, os.R_OK | os.X_OK):
        raise denied(str(path))
    try:
        names = sorted(child.name for child in path.iterdir())
    except PermissionError as error:
        raise denied(str(path)) from error
    if PLAN_FILE in names:
        return open_recording(path)
    if not names:
        raise InputFault(
            "folder_empty",
            where=str(path),
            what="the folder is empty",
            try_this="name a photo, a film, or a folder that holds a recording.toml",
        )
    raise InputFault(
        "folder_no_recording",
        where=str(path),
        what=f"the folder holds no {PLAN_FILE}",
        try_this="name its photos and films one by one, or add a recording.toml that begins: format = 1",
    )
