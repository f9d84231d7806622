"""What goes where: answers to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console

from hingecue.errors import InputFault

if TYPE_CHECKING:
    from pathlib import Path


def answers() -> Console:
    """Give the console for answers to a person: stdout."""
    return Console(highlight=False)


def tell(sentence: str) -> None:
    """Say one sentence on stderr."""
    print(f"hingecue: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - the one place that speaks


def put_json(thing: dict[str, Any]) -> None:
    """Put one JSON object on a line of stdout."""
    print(json.dumps(thing, ensure_ascii=False, allow_nan=False), flush=True)  # noqa: T201


def put_picture(path: Path, content: str | bytes) -> None:
    """Write a picture into a file, whose folder is made; `InputFault` when that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise InputFault(
            "picture_not_written",
            where=str(path),
            what=f"the picture could not be written ({error.strerror})",
            try_this="name a place that you may write to",
        ) from error
