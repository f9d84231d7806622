"""Keeping a session while it runs: a store that fails is told, asked again, and never costs the practice."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from hingecue.app.wallclock import known_utc
from hingecue.clock import monotonic_ns
from hingecue.coach.summary import summarise
from hingecue.errors import StoreFault
from hingecue.store.session import SessionStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType

    from hingecue.errors import Fault
    from hingecue.types import Bend, View

RETRY_NS: Final = 10_000_000_000
"""A store that failed is asked again so often, ns: a disk is not freed any faster (our judgement)."""


class Keeper:
    """Writes one session. When the store fails it tells the user, keeps the bends in mind and tries again.

    `late`: the session begins with its first bend, so that a device that nobody used keeps nothing. `failed` says
    whether something is not stored, `fault` why. As a context manager it closes what a fault in the middle of a film
    leaves open, so that every finished bend is on the disk.
    """

    def __init__(
        self,
        path: Path | None,
        tell: Callable[[str], None],
        *,
        source: str,
        late: bool = False,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._path = path
        self._tell = tell
        self._source = source
        self._clock = clock
        self._began_ns = clock()
        self._began_utc = known_utc()
        self._bends: dict[int, Bend] = {}
        self._end: tuple[Sequence[Bend], View | None] | None = None
        self._store: SessionStore | None = None
        self._session: Future[int] | None = None
        self._tried_ns = self._began_ns
        self._told: set[str] = set()
        self.fault: StoreFault | None = None
        self.failed = False
        if path is not None:
            self._open(begin=not late)

    @property
    def session(self) -> int | None:
        """Number of the session that is kept, None when none is. Waits for the disk."""
        return None if self._store is None or self._session is None else self._session.result()

    def bend(self, bend: Bend) -> None:
        """Keep a finished bend."""
        self._bends[bend.index] = bend
        if self._store is None:
            self.again()
        else:
            self._put([bend])

    def add_fault(self, fault: Fault) -> None:
        """Count a fault of another part; one that cannot be kept now is not."""
        if self._store is None:
            return
        try:
            self._store.add_fault(fault, known_utc())
        except StoreFault as own:
            self._give_up(own)

    def finish(self, bends: Sequence[Bend], view: View | None = None) -> None:
        """Keep the bends with their last roles, the counts, and close."""
        self._bends = {bend.index: bend for bend in bends}
        self._end = (bends, view)
        if self._store is None:
            self._tried_ns = self._clock() - RETRY_NS
            self.again()
        else:
            self._put(bends)

    def again(self) -> None:
        """Open a store that failed again, where that is due, and give it everything that was kept in mind."""
        if self._store is not None and self._store.fault is not None:
            self._give_up(self._store.fault)
        if self._path is None or self._store is not None or self._clock() - self._tried_ns < RETRY_NS:
            return
        self._open(begin=bool(self._bends))
        if self._store is not None:
            self._put(list(self._bends.values()))

    def close(self) -> None:
        """Commit what was handed over and close the store; calling it again does nothing."""
        store, self._store = self._store, None
        if store is None:
            return
        try:
            store.close()
        except StoreFault as fault:
            self._note(fault)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, *, begin: bool) -> None:
        """Open the store; where a damaged file was set aside, the session is begun anew in the new one."""
        if self._path is None:
            return
        try:
            self._store = SessionStore(self._path)
            for notice in self._store.notices:
                self._tell(notice)
                self._session = None
            if begin:
                self._begin(self._store)
            self.failed, self.fault = False, None
        except StoreFault as fault:
            self._give_up(fault)

    def _begin(self, store: SessionStore) -> Future[int]:
        """Begin the session where it is not yet. Nobody waits: a card that stalls would hold up the next cue."""
        if self._session is None:
            self._session = store.begin_soon(self._source, self._began_utc)
        return self._session

    def _put(self, bends: Sequence[Bend]) -> None:
        if self._store is None or (self._session is None and not bends):
            return
        try:
            session = self._begin(self._store)
            for bend in bends:
                self._store.add_bend(session, bend)
            if self._end is not None:
                self._finish(self._store, session, *self._end)
        except StoreFault as fault:
            self._give_up(fault)

    def _finish(self, store: SessionStore, session: Future[int], bends: Sequence[Bend], view: View | None) -> None:
        now = known_utc()
        if self._began_utc is None and now is not None:  # the clock was set during the session
            store.started(session, now - timedelta(microseconds=(self._clock() - self._began_ns) / 1000))
        store.finish(session, summarise(bends), view)

    def _give_up(self, fault: StoreFault) -> None:
        self._note(fault)
        self._tried_ns = self._clock()
        store, self._store = self._store, None
        if store is not None:
            with suppress(StoreFault):  # the same fault again: the user has just read it
                store.close()
        if self._session is not None and (not self._session.done() or self._session.exception() is not None):
            self._session = None  # it was never begun

    def _note(self, fault: StoreFault) -> None:
        """Tell a fault, the same one once."""
        if fault.code not in self._told:
            self._tell(str(fault))
        self._told.add(fault.code)
        self.failed, self.fault = True, fault
