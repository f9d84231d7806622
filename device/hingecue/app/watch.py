"""Looks for faults while the device runs: tells each once, counts it, and lets the red light blink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hingecue.clock import monotonic_ns
from hingecue.errors import DeviceFault
from hingecue.sense.imu.sensor import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hingecue.app.keeping import Keeper
    from hingecue.app.panel import Panel
    from hingecue.errors import Fault
    from hingecue.sense.imu.sensor import Sensor

LOOK_NS: Final = 1_000_000_000
"""How often faults are looked for, ns: as often as the lights can tell one (our judgement)."""
STORE_BLINKS: Final = 5
"""What the red light blinks while a session cannot be stored."""


class Watch:
    """The faults of one session's parts. `told`: the faults that the user has heard of already."""

    def __init__(
        self,
        panel: Panel,
        keeper: Keeper,
        sensors: Sequence[Sensor],
        tell: Callable[[str], None],
        *,
        told: Sequence[Fault] = (),
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._panel = panel
        self._keeper = keeper
        self._sensors = sensors
        self._tell = tell
        self._clock = clock
        self._told = tuple(told)
        self._looked_ns: int | None = None
        self._kept: set[tuple[str, str]] = set()
        self.faults: tuple[Fault, ...] = ()

    def look(self) -> None:
        """Look for faults, where a second has gone since the last time; for the pins always. Raises nothing."""
        self._panel.look()  # from when their chip goes until they are closed, lgpio fills the journal
        now_ns = self._clock()
        if self._looked_ns is not None and now_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now_ns
        self._keeper.again()
        self.faults = (*self._told, *self._panel.faults, *self._worn(), *self._stored())
        places = {(fault.code, fault.where): fault for fault in self.faults}
        for place in places.keys() - self._kept:
            self._keep(places[place])
        self._kept = set(places)  # one that is over is news when it comes again
        self._panel.show_fault(blinks_of(self.faults))

    def _keep(self, fault: Fault) -> None:
        self._keeper.add_fault(fault)
        if fault in self._worn():  # the others were told where they were found
            self._tell(str(fault))

    def _worn(self) -> tuple[Fault, ...]:
        healths = [sensor.health for sensor in self._sensors]
        return tuple(h.fault for h in healths if h.fault is not None and h.state is not State.OK)

    def _stored(self) -> tuple[Fault, ...]:
        return () if self._keeper.fault is None else (self._keeper.fault,)


def blinks_of(faults: Sequence[Fault]) -> int:
    """Give what the red light blinks: the number of the first fault, 0 without one."""
    if not faults:
        return 0
    first = faults[0]
    return first.blinks if isinstance(first, DeviceFault) else STORE_BLINKS
