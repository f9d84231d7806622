"""The service: whether systemd runs it, and what it says of itself in status.json."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hingecue import __version__
from hingecue.app.doctor.bounded import ask
from hingecue.app.doctor.finding import ABSENT, FAULT, OK, Finding
from hingecue.app.status import FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIT: Final = "hingecue.service"
PROPERTIES: Final = (
    "LoadState", "ActiveState", "SubState", "Result", "NRestarts", "UnitFileState", "ActiveEnterTimestampMonotonic",
)  # fmt: skip
STATUS: Final = Path("run/hingecue") / FILE
OLD_S: Final = 15.0
"""A status that is older than this was left behind by a loop that hangs, s: the unit's WatchdogSec."""
_LOOK_IN_LOG: Final = f"read what it said with: journalctl -u {UNIT} -n 30"
_TIMES: Final = ((3600, "h"), (60, "min"), (0, "s"))


@dataclass(frozen=True, slots=True)
class Served:
    """What was found. `running`: camera and pins belong to the service, or will at any moment."""

    running: bool
    findings: tuple[Finding, ...]


def look(prefix: Path = Path("/"), now_s: float | None = None) -> Served:
    """Ask systemd, and read the status of a service that runs. `now_s` is on CLOCK_MONOTONIC."""
    now_s = time.monotonic() if now_s is None else now_s
    answer = ask(["systemctl", "show", UNIT, "--property", ",".join(PROPERTIES)])
    told = dict(line.split("=", 1) for line in answer.out.splitlines() if "=" in line)
    if answer.status is None:
        return Served(False, (Finding("service", FAULT, "systemd gives no answer", "start the device again"),))
    if answer.status != 0 or told.get("LoadState") != "loaded":
        return Served(False, (Finding("service", ABSENT, "not installed as a service"),))
    state = told.get("ActiveState", "")
    if state == "active":
        return Served(True, (_running(told, now_s), read_status(prefix / STATUS, now_s)))
    if state in {"activating", "reloading", "deactivating"}:
        # Between two attempts it has nothing, and why it fails is worth a look at every part.
        return Served(told.get("SubState") != "auto-restart", (_changing(told),))
    if state == "failed":
        return Served(False, (Finding("service", FAULT, f"it failed ({told.get('Result')})", _LOOK_IN_LOG),))
    enabled = told.get("UnitFileState") == "enabled"
    what = "stopped" if enabled else "stopped, and it does not start with the machine"
    advice = "sudo systemctl start hingecue" if enabled else "sudo systemctl enable --now hingecue"
    return Served(False, (Finding("service", ABSENT, what, advice),))


def read_status(path: Path, now_s: float) -> Finding:
    """Sum up what the running service says of itself."""
    try:
        status = json.loads(path.read_text("utf-8"))
        return _status(status, now_s - float(status["monotonic_s"]), path)
    except FileNotFoundError:
        return Finding("status", ABSENT, "the service has not said anything yet", where=str(path))
    except OSError as error:
        return Finding("status", FAULT, f"it cannot be read ({error.strerror})", _LOOK_IN_LOG, where=str(path))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Finding("status", FAULT, "this is not what HingeCue writes", "restart the service", where=str(path))


def _status(status: Mapping[str, Any], age_s: float, path: Path) -> Finding:
    where = str(path)
    version = status["versions"].get("hingecue")
    if age_s > OLD_S:
        what = f"the last word of the service is {age_s:.0f} s old"
        return Finding("status", FAULT, what, _LOOK_IN_LOG, version, where)
    fps, drops = status["fps"], status["drops"]
    words = [
        str(status["state"]),
        *([f"{fps:g} frames a second"] if fps is not None else []),
        *([f"{drops} dropped"] if drops else []),
        *(f"{role} sensor {state}" for role, state in status["sensors"].items()),
    ]
    sentences = [fault["sentence"] for fault in status["faults"]]
    if sentences:
        return Finding("status", FAULT, ", ".join([*words, *sentences]), "", version, where)
    if version != __version__:
        return Finding("status", FAULT, ", ".join(words), "restart the service: another version runs", version, where)
    return Finding("status", OK, ", ".join(words), "", version, where)


def _running(told: Mapping[str, str], now_s: float) -> Finding:
    since = told.get("ActiveEnterTimestampMonotonic", "")
    age = f" for {_age(now_s - int(since) / 1e6)}" if since.isdecimal() else ""
    restarts = told.get("NRestarts", "0")
    again = "" if restarts == "0" else f", started again {restarts} times by itself"
    return Finding("service", OK, f"runs{age}{again}")


def _changing(told: Mapping[str, str]) -> Finding:
    if told.get("SubState") == "auto-restart" or told.get("NRestarts", "0") != "0":
        what = f"it ends and is started again, {told.get('NRestarts')} times so far ({told.get('Result')})"
        return Finding("service", FAULT, what, _LOOK_IN_LOG)
    return Finding("service", OK, f"{told.get('ActiveState')} at this moment")


def _age(seconds: float) -> str:
    size, unit = next((size, unit) for size, unit in _TIMES if seconds >= size or not size)
    return f"{seconds / (size or 1):.0f} {unit}"
