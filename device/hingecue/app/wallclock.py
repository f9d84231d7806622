"""The date, where this machine knows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hingecue.app.health import clock_set

CLOCK_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time has not been set yet: this program is younger."""


def known_utc(prefix: Path = Path("/")) -> datetime | None:
    """Give the time in UTC; None while it is not known to be right.

    A Pi has no clock of its own: until a time server has answered it goes on from when it was switched off.
    """
    now = datetime.now(UTC)
    return None if now < CLOCK_FROM or clock_set(prefix) is False else now
