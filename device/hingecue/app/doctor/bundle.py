"""`hingecue check --bundle`: one file for a report of a fault, with nothing in it of a person."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import tarfile
import time
import zipfile
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hingecue.app.doctor.bounded import NOT_THERE, ask
from hingecue.app.doctor.scrub import Scrubber, secrets_of_machine
from hingecue.app.doctor.service import STATUS, UNIT
from hingecue.app.wallclock import known_utc
from hingecue.boards import board_name
from hingecue.config import SERVICE_HOME
from hingecue.cue.pins import pins_path
from hingecue.errors import InputFault, StoreFault
from hingecue.store.counts import profile_names, store_counts
from hingecue.store.faults import kept_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hingecue.app.doctor.finding import Finding
    from hingecue.config import Settings

JOURNAL_LINES: Final = 2000
JOURNAL_LIMIT_S: Final = 20.0
"""A journal of months on a slow card takes seconds to be searched (our judgement)."""
SERVICES_STORE: Final = (SERVICE_HOME / "sessions.db").relative_to("/")
PACKAGES: Final = (
    "hingecue", "numpy", "opencv-python-headless", "opencv-python", "ai-edge-litert", "tflite-runtime", "smbus2",
    "rich", "gpiozero", "lgpio", "picamera2", "simplejpeg", "libcamera",
)  # fmt: skip
OWNER_ONLY: Final = 0o600

_PRACTICE: Final = re.compile(r"hingecue\[\d+\]: (?:.*°(?! ?C)|.*▮|\s*\d+  \S |\d+ bends?: |No bends seen)")
"""What the service says of a person's movement stands in the same journal, and stays out of a report."""

_README: Final = """A report by `hingecue check --bundle`.

Taken out: names of users, of this machine, of profiles and of wireless networks, network addresses, serial numbers,
and every line that tells of somebody's movement. No pictures are kept anywhere, so there are none in here.
Read it before you send it; nothing was sent.
"""


def write_bundle(
    path: Path, findings: Sequence[Finding], settings: Settings, prefix: Path = Path("/")
) -> dict[str, int]:
    """Write the report into `path`, a .zip by that name and a .tar.gz otherwise; give its files with their bytes.

    Raises `InputFault` `bundle_not_written`.
    """
    store = _store_path(settings, prefix)
    scrub = Scrubber(secrets_of_machine([settings.profile, *_profiles(store)], prefix))
    members = {name: scrub(text).encode() for name, text in _texts(findings, settings, store, prefix).items()}
    # The shape of an address is also that of some versions, and nothing in here is anybody's.
    members["versions.json"] = _json(_versions()).encode()
    packed = _zip(members) if path.suffix == ".zip" else _tar_gz(members)
    try:
        with open(path, "wb", opener=lambda name, flags: os.open(name, flags, OWNER_ONLY)) as file:
            os.fchmod(file.fileno(), OWNER_ONLY)  # one that was there before has its own mode
            file.write(packed)
    except OSError as error:
        raise InputFault(
            "bundle_not_written",
            where=str(path),
            what=f"the report could not be written ({error.strerror})",
            try_this="name a place that you may write to: hingecue check --bundle FILE",
        ) from error
    return {name: len(content) for name, content in members.items()}


def default_path() -> Path:
    """Give a name in this folder that is still free, with the date where it is known."""
    now = known_utc()
    stem = f"hingecue-report{f'-{now:%Y-%m-%d}' if now else ''}"
    number = 1
    while (path := Path(f"{stem}{f'-{number}' if number > 1 else ''}.tar.gz")).exists():
        number += 1
    return path


def _texts(findings: Sequence[Finding], settings: Settings, store: Path, prefix: Path) -> dict[str, str]:
    return {
        "README.txt": _README,
        "check.txt": "".join(f"{finding.line}\n" for finding in findings),
        "check.json": _json({"parts": [asdict(finding) for finding in findings]}),
        "settings.json": _json(asdict(settings)),
        "machine.json": _json(_machine(prefix)),
        "store.json": _json(_store(store)),
        "status.json": _file(prefix / STATUS),
        "pins.toml": _file(pins_path()),
        "journal.txt": _journal(),
    }


def _journal() -> str:
    lines = str(JOURNAL_LINES)
    answer = ask(["journalctl", "-u", UNIT, "-n", lines, "--no-hostname", "--no-pager"], JOURNAL_LIMIT_S)
    if answer.status == NOT_THERE:
        return "not there: this system keeps no journal\n"
    if answer.status is None:
        return f"not there: no answer within {JOURNAL_LIMIT_S:g} s\n"
    kept = [line for line in answer.out.splitlines() if not _PRACTICE.search(line)]
    left_out = len(answer.out.splitlines()) - len(kept)
    # Without the right to read it, journalctl says so on stderr and gives nothing.
    return "\n".join([*answer.err.splitlines(), *kept, f"({left_out} lines that tell of movement are left out)", ""])


def _machine(prefix: Path) -> dict[str, Any]:
    release = dict(line.split("=", 1) for line in _file(prefix / "etc/os-release").splitlines() if "=" in line)
    throttled = sorted(prefix.glob("sys/devices/platform/soc*/soc*:firmware/get_throttled"))
    names = {line.partition(":")[2].strip() for line in _file(prefix / "proc/cpuinfo").splitlines()
             if line.lower().startswith("model name")}  # fmt: skip
    return {
        "board": board_name(prefix),
        "processor": sorted(names),
        "architecture": platform.machine(),
        "kernel": platform.release(),
        "system": release.get("PRETTY_NAME", "").strip('"'),
        "throttled": _file(throttled[0]).strip() if throttled else None,
        # Some kernels keep the file above at 0 (raspberrypi/linux 2367); the firmware's own tool does not.
        "vcgencmd": ask(["vcgencmd", "get_throttled"]).out.strip() or None,
        "up_s": round(time.monotonic()),
    }


def _store(path: Path) -> dict[str, Any]:
    """Tell how much is stored, and which faults were kept: those are the device's, not a person's."""
    try:
        return {"file": str(path), **asdict(store_counts(path)), "faults": [asdict(kept) for kept in kept_faults(path)]}
    except StoreFault as fault:
        return {"file": str(path), "error": {"code": fault.code, "message": str(fault)}}


def _store_path(settings: Settings, prefix: Path) -> Path:
    """Give the store that is meant: the service's, where whoever asks has none of his own and may read it."""
    services = prefix / SERVICES_STORE
    return services if not settings.database.exists() and os.access(services, os.R_OK) else settings.database


def _profiles(path: Path) -> list[str]:
    try:
        return profile_names(path)
    except StoreFault:
        return []


def _versions() -> dict[str, str]:
    known = {"python": platform.python_version()}
    installed = {found.metadata["Name"].lower(): found.version for found in metadata.distributions()}
    return known | {name: installed[name] for name in PACKAGES if name in installed}


def _file(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").replace("\0", "")
    except OSError as error:
        return f"not there: {error.strerror}\n"


def _json(thing: Mapping[str, Any]) -> str:
    return json.dumps(thing, ensure_ascii=False, indent=1, default=str) + "\n"


def _tar_gz(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(f"hingecue-report/{name}")  # without owner: a name of a user would stand there
            about.size, about.mtime = len(content), int(time.time())
            archive.addfile(about, io.BytesIO(content))
    return packed.getvalue()


def _zip(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"hingecue-report/{name}", content)
    return packed.getvalue()
