"""What goes where: answers to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console


def answers() -> Console:
    """Give the console for answers to a person: stdout."""
    return Console(highlight=False)


def tell(sentence: str) -> None:
    """Say one sentence on stderr."""
    print(f"hingecue: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - the one place that speaks


def put_json(thing: dict[str, Any]) -> None:
    """Put one JSON object on a line of stdout."""
    print(json.dumps(thing, ensure_ascii=False, allow_nan=False), flush=True)  # noqa: T201
