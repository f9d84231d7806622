"""Asking other programs, and parts that may crash or hang, in a process of their own: every wait has an end.

A library of another numpy, a driver that sleeps for ever or a processor that lacks an instruction ends the process
that meets it. So that it is not the doctor, each native part is looked at in a child, which answers with its findings.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from hingecue.app.doctor.finding import FAULT, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hingecue.config import Settings

COMMAND_LIMIT_S: Final = 5.0
"""How long a command of the system may take, s: they answer in milliseconds (our judgement)."""
PART_LIMIT_S: Final = 30.0
"""How long one part may take, s: a camera that is silent needs 10 by its own limits, and a slow card some seconds for
the libraries (our judgement)."""
NOT_THERE: Final = 127
"""The status of a program that is not installed, as a shell gives it."""
_GONE_S: Final = 1.0
"""How long a killed child may need to go, s. One that sleeps in a driver does not go at all, and is left behind."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said. `status` is None when it gave no answer in time, negative when a signal ended it."""

    status: int | None
    out: str = ""
    err: str = ""


def ask(argv: Sequence[str], limit_s: float = COMMAND_LIMIT_S, given: str = "") -> Answer:
    """Run a program with `given` on its stdin, at most `limit_s` seconds. Raises nothing."""
    pipe = subprocess.PIPE
    try:
        child = subprocess.Popen(  # noqa: S603 - the doctor's own words, and no shell
            argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8", errors="replace",
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return Answer(NOT_THERE, err=str(error))
    try:
        out, err = child.communicate(given, limit_s)
    except subprocess.TimeoutExpired:
        return Answer(None)
    finally:
        if child.returncode is None:  # out of time, or Ctrl-C, which a child with a session of its own does not hear
            _end(child)
    return Answer(child.returncode, out, err)


def look(part: str, settings: Settings, limit_s: float = PART_LIMIT_S, *, served: bool = False) -> list[Finding]:
    """Let a child look at `part`, a file of this folder; what happens to the child is a finding too.

    `served`: the service runs, and camera and pins are its own.
    """
    question = json.dumps({"settings": asdict(settings), "served": served}, default=str)
    # -P: a file in the folder where the doctor is called must not stand in for a module.
    answer = ask([sys.executable, "-P", "-m", "hingecue.app.doctor.child", part], limit_s, question)
    findings = last_json(answer.out) if answer.status == 0 else None
    if isinstance(findings, list):
        return [Finding(**found) for found in findings]
    return [Finding(part, FAULT, _ending(answer, limit_s), "report this with what `hingecue check --bundle` packs")]


def last_json(out: str) -> Any:
    """Give what the last line that is JSON says, None where there is none: a library may write a word at its end."""
    for line in reversed(out.splitlines()):
        if line[:1] in {"[", "{"}:
            with suppress(ValueError):
                return json.loads(line)
    return None


def _ending(answer: Answer, limit_s: float) -> str:
    if answer.status is None:
        return f"it gave no answer within {limit_s:g} s"
    if answer.status < 0:
        return f"looking at it was ended by the system: {signal.strsignal(-answer.status) or -answer.status}"
    last = next((line.strip() for line in reversed(answer.err.splitlines()) if line.strip()), "without a word")
    return f"looking at it failed: {last}"


def _end(child: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        child.wait(_GONE_S)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
