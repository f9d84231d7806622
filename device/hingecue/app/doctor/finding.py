"""What the doctor found about one part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hingecue.errors import DeviceFault

if TYPE_CHECKING:
    from collections.abc import Collection

    from hingecue.errors import Fault

OK: Final = "ok"
ABSENT: Final = "absent"
FAULT: Final = "fault"
MARKS: Final = {OK: "✓", ABSENT: "–", FAULT: "✗"}
WIDTH: Final = 11
"""The longest name of a part, in letters."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: `state` is ok, absent (fine without it) or fault; `try_this` only where something is to be done.

    `version` and `where` (a file, a folder, an address) are None where the part has none, or where they are not known.
    """

    part: str
    state: str
    what: str
    try_this: str = ""
    version: str | None = None
    where: str | None = None

    @property
    def line(self) -> str:
        """The finding in one line for a person."""
        known = " · ".join(word for word in (self.what, self.version, self.where) if word)
        return f"{MARKS[self.state]} {self.part:<{WIDTH}} {known}{f'; {self.try_this}' if self.try_this else ''}"


def of_fault(part: str, fault: Fault, absent: Collection[str] = ()) -> Finding:
    """Give a fault as a finding; one whose code is among `absent` says that the part is not there."""
    missing = isinstance(fault, DeviceFault) and fault.code in absent
    return Finding(part, ABSENT if missing else FAULT, f"{fault.where}: {fault.what}", fault.try_this)
