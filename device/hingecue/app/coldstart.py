"""What the way from the start of the program to the first judged moment took, part by part."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hingecue.clock import monotonic_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STARTED: int = 19
"""Of the fields behind the name in /proc/self/stat: when the process began, in clock ticks since boot (proc(5))."""


class ColdStart:
    """Call `reached` when a part is done; what is reached a second time was no cold start any more.

    `began_ns`: when the program was started, on `clock`; where that is not known, the first part has no length.
    """

    def __init__(self, began_ns: int | None, clock: Callable[[], int] = monotonic_ns) -> None:
        self._before_ns = began_ns
        self._clock = clock
        self._parts: dict[str, float | None] = {}

    def reached(self, part: str) -> None:
        """Say that `part` is done just now."""
        if part in self._parts:
            return
        now_ns, before_ns = self._clock(), self._before_ns
        self._parts[part] = None if before_ns is None else round((now_ns - before_ns) / 1e6, 1)
        self._before_ns = now_ns

    @property
    def parts_ms(self) -> Mapping[str, float | None]:
        """How long each part took, ms, in their order."""
        return dict(self._parts)


def process_began_ns(prefix: Path = Path("/")) -> int | None:
    """Give when this process began, ns on CLOCK_MONOTONIC, to 10 ms; None where the system does not say."""
    try:
        fields = (prefix / "proc/self/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        since_boot_ns = int(fields[_STARTED]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        return monotonic_ns() - (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - since_boot_ns)
    except (OSError, ValueError, IndexError, AttributeError):  # a system without /proc, or without this clock
        return None


COLD_START = ColdStart(process_began_ns())
"""Of this process. `python`: up to here, sandbox and interpreter; then `imports`, `models`, `parts`, `first_moment`."""
COLD_START.reached("python")
