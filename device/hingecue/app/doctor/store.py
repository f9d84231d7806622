"""Whether sessions can be kept, and which faults were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hingecue.app.doctor.finding import OK, Finding, of_fault
from hingecue.errors import StoreFault
from hingecue.store.faults import kept_faults
from hingecue.store.session import SessionStore

if TYPE_CHECKING:
    from pathlib import Path

    from hingecue.config import Settings


def look(settings: Settings, *, served: bool) -> list[Finding]:
    """Open the store for writing; the service may write at the same time."""
    del served
    path = settings.database
    try:
        with SessionStore(path) as store:
            notices = list(store.notices)
        return [Finding("store", OK, "; ".join([f"{path} can be written", *notices])), *_kept(path)]
    except StoreFault as fault:
        return [of_fault("store", fault)]


def _kept(path: Path) -> list[Finding]:
    """Tell the newest fault that was kept: what is over now may come again."""
    faults = kept_faults(path)
    if not faults:
        return []
    newest = faults[0]
    when = f", last {newest.last_utc}" if newest.last_utc else ""
    more = f"; {len(faults) - 1} others" if len(faults) > 1 else ""
    return [Finding("history", OK, f"{newest.times} × {newest.sentence}{when}{more}")]
