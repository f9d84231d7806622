"""Files as users hand them over: absent, empty, locked, cut, or something else than their name says."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from hingecue.errors import InputFault

if TYPE_CHECKING:
    from pathlib import Path

_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r\x1a\x1b")


def check_readable(path: Path, *, where: str | None = None) -> None:
    """Make sure that `path` is a file with something in it that may be read.

    `where` is the name to show, the path as it was given unless told.
    Raises `InputFault`: `input_missing`, `input_denied`, `input_is_folder`, `input_not_a_file`,
    `input_empty`, `input_unreadable`.
    """
    name = where or str(path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputFault(
            "input_missing",
            where=name,
            what="there is no such file",
            try_this="check the name and the folder",
        ) from error
    except OSError as error:
        raise _refused(name, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise InputFault(
            "input_is_folder", where=name, what="this is a folder, not a file", try_this="name a file in it"
        )
    if not stat.S_ISREG(status.st_mode):
        raise InputFault(
            "input_not_a_file",
            where=name,
            what="this is neither a file nor a folder",
            try_this="name a photo, a film or a recording folder",
        )
    if not os.access(path, os.R_OK):
        raise denied(name)
    if status.st_size == 0:
        raise InputFault(
            "input_empty",
            where=name,
            what="the file is empty (0 bytes)",
            try_this="copy it again from where it was made",
        )


def read_bytes(path: Path, *, limit: int = -1, where: str | None = None) -> bytes:
    """Read `path`, at most `limit` bytes of it when that is not negative. Raises `InputFault`."""
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise _refused(where or str(path), error) from error


def denied(name: str) -> InputFault:
    """Give the fault for something that this user may not read."""
    return InputFault(
        "input_denied",
        where=name,
        what="no permission to read it",
        try_this=f"allow it with: chmod u+r '{name}', or ask its owner",
    )


def looks_like_text(head: bytes) -> bool:
    """Tell whether the first bytes of a file are text. FFmpeg would play a .txt file as a film of letters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # a letter cut by the end of the look
    return True


def _refused(name: str, error: OSError) -> InputFault:
    if isinstance(error, PermissionError):
        return denied(name)
    reason = (error.strerror or type(error).__name__).lower()
    return InputFault(
        "input_unreadable",
        where=name,
        what=f"it cannot be read ({reason})",
        try_this="check the disk or card, and copy the file again",
    )
