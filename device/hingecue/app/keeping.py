"""Keeping a session while it runs: a store that fails is told once, and the session goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from hingecue.coach.summary import summarise
from hingecue.errors import StoreFault
from hingecue.store.session import SessionStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from hingecue.types import Bend, View


class Keeper:
    """Writes one session; on the first fault it tells the user and keeps no more.

    `failed` says afterwards whether something was not stored. As a context manager it closes what a fault in the middle
    of a film leaves open, so that every finished bend is on the disk.
    """

    def __init__(self, path: Path | None, tell: Callable[[str], None], *, source: str) -> None:
        self._tell = tell
        self._store: SessionStore | None = None
        self._session = 0
        self.failed = False
        if path is None:
            return
        try:
            self._store = SessionStore(path)
            for notice in self._store.notices:
                tell(notice)
            self._session = self._store.begin(source, datetime.now(UTC))
        except StoreFault as fault:
            self._give_up(fault)

    @property
    def session(self) -> int | None:
        """Number of the session that is kept, None when none is."""
        return self._session if self._store is not None else None

    def bend(self, bend: Bend) -> None:
        """Keep a finished bend."""
        if self._store is not None:
            try:
                self._store.add_bend(self._session, bend)
            except StoreFault as fault:
                self._give_up(fault)

    def finish(self, bends: Sequence[Bend], view: View | None = None) -> None:
        """Keep the bends with their last roles, the counts, and close."""
        if self._store is None:
            return
        try:
            for bend in bends:
                self._store.add_bend(self._session, bend)
            self._store.finish(self._session, summarise(bends), view)
        except StoreFault as fault:
            self._give_up(fault)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        store, self._store = self._store, None
        if store is None:
            return
        try:
            store.close()
        except StoreFault as fault:
            self.failed = True
            self._tell(str(fault))

    def _give_up(self, fault: StoreFault) -> None:
        self.failed = True
        self._tell(str(fault))
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except StoreFault:
                # The same fault again: the user has just read it.
                return
