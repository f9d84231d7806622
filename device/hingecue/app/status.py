"""The status file: what the device does and how it is, for a page or a person who looks from outside."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hingecue.app.health import advice
from hingecue.errors import DeviceFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hingecue.app.health import Health
    from hingecue.errors import Fault

STATUS_EVERY_NS: Final = 1_000_000_000
"""How often the status file is written, ns: as often as somebody looks at it."""
FILE: Final = "status.json"
READABLE: Final = 0o644
"""The service's umask would keep the file from whoever logs in; nothing in it is about a person."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the status file says, beside the health of the box.

    `state`: one word for what the device does. `fps`: frames judged in a second, `drops`: frames that were not judged.
    `sensors`: role → how it is. `faults`: those that are there now. `versions`: part → version.
    `start_ms`: part of the cold start → how long it took.
    """

    state: str
    fps: float | None = None
    drops: int | None = None
    sensors: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    start_ms: Mapping[str, float | None] = field(default_factory=dict)


class StatusFile:
    """Keeps status.json in the service's runtime folder, or nowhere (None), as on a laptop.

    A fault of the disk never reaches the loop: it is told once, and again only after it was over. A reader sees the old
    file or the new one, never half of one.
    """

    def __init__(self, path: Path | None, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        self._told = False
        self._written_ns: int | None = None

    @classmethod
    def of(cls, tell: Callable[[str], None], environ: Mapping[str, str] = os.environ) -> StatusFile:
        """Give the one in the first folder of RUNTIME_DIRECTORY, which systemd sets."""
        folder = environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
        return cls(Path(folder) / FILE if folder else None, tell)

    def due(self, now_ns: int) -> bool:
        """Tell whether a second has gone since the last `write`; False where nothing is written at all."""
        return self._path is not None and (self._written_ns is None or now_ns - self._written_ns >= STATUS_EVERY_NS)

    def write(self, now_ns: int, status: Status, health: Health) -> None:
        """Write the file anew; `now_ns` on CLOCK_MONOTONIC."""
        self._written_ns = now_ns
        if self._path is None:
            return
        try:
            write_status(self._path, now_ns, status, health)
        except OSError as error:
            if not self._told:
                self._tell(f"{self._path}: the status cannot be written ({error.strerror}); practice goes on")
            self._told = True
        else:
            self._told = False


def write_status(path: Path, now_ns: int, status: Status, health: Health) -> None:
    """Put the status in place of the old one, readable for everybody. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(readable(status_object(now_ns, status, health)), "utf-8")
    new.chmod(READABLE)
    new.replace(path)


def readable(content: Mapping[str, Any]) -> str:
    """Give an object as JSON with a line for each of its keys.

    Python's own indentation is slow, and every use of it leaves a ring of objects to its garbage collector, which the
    loop keeps out of the way.
    """
    lines = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in content.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def status_object(now_ns: int, status: Status, health: Health) -> dict[str, Any]:
    """Give the status as it stands in the file; `monotonic_s` says how old it is, also without a set clock."""
    return {
        "format": 1,
        "monotonic_s": round(now_ns / 1e9, 3),
        "state": status.state,
        "fps": None if status.fps is None else round(status.fps, 1),
        "drops": status.drops,
        "sensors": dict(status.sensors),
        "faults": [
            {"code": f.code, "blinks": f.blinks if isinstance(f, DeviceFault) else None, "sentence": str(f)}
            for f in status.faults
        ],
        "health": asdict(health),
        "advice": [f"{c.part}: {c.what}; {c.try_this}" for c in advice(health)],
        "versions": dict(status.versions),
        "start_ms": dict(status.start_ms),
    }
