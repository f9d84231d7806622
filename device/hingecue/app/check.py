"""`hingecue check`: the doctor looks at every part and says what to do.

Nothing in this process is native: a numpy that does not fit is found, and does not keep the doctor from starting.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hingecue.app.doctor import bounded, machine, service
from hingecue.app.doctor.bundle import default_path, write_bundle
from hingecue.app.doctor.finding import FAULT, Finding
from hingecue.app.output import answers, put_json

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator

    from hingecue.config import Settings

PARTS = ("libraries", "runtime", "models", "camera", "picamera2", "sensors", "pins", "store")
"""Files of the doctor's folder that are looked at in a child each, in this order."""


def check(options: Namespace, settings: Settings) -> int:
    """Look at every part; 1 when one that is needed has a fault."""
    if options.self_test:
        from hingecue.app.doctor.selftest import self_test  # noqa: PLC0415 - it loads what may be broken

        return _told(self_test(settings), options, settings)
    return _told(look(settings), options, settings)


def look(settings: Settings) -> Iterator[Finding]:
    """Give what is found, part by part, as it is found."""
    yield from machine.basics()
    served = service.look()
    yield from served.findings
    for part in PARTS:
        yield from bounded.look(part, settings, served=served.running)
    yield from machine.look(settings, served=served.running)


def _told(findings: Iterable[Finding], options: Namespace, settings: Settings) -> int:
    """Show each finding when it is there, then pack them if asked; 1 when one is a fault."""
    console = answers()
    console.quiet = options.json
    known = []
    for finding in findings:
        known.append(finding)
        console.print(finding.line, soft_wrap=True, markup=False)
    answer: dict[str, Any] = {"parts": [_as_object(finding) for finding in known]}
    if options.bundle is not None:
        path = default_path() if options.bundle == Path() else options.bundle
        inside = write_bundle(path, known, settings)
        answer["bundle"] = {"file": str(path.absolute()), "inside": inside}
        console.print(f"\n{path.absolute()} holds this, and nothing was sent:", soft_wrap=True, markup=False)
        for name, size in inside.items():
            console.print(f"  {name:<14} {size:>8} bytes", markup=False)
    if options.json:
        put_json(answer)
    return 1 if any(finding.state == FAULT for finding in known) else 0


def _as_object(finding: Finding) -> dict[str, str | None]:
    return {
        "part": finding.part,
        "state": finding.state,
        "what": finding.what,
        "try_this": finding.try_this or None,
        "version": finding.version,
        "where": finding.where,
    }
