"""The one clock of the device: `CLOCK_MONOTONIC`, which no time server and no user can set."""

from __future__ import annotations

import time


def monotonic_ns() -> int:
    """Nanoseconds on the monotonic clock; only differences have a meaning."""
    return time.monotonic_ns()
