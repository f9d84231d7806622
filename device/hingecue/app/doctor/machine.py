"""The machine itself: board, Python, the user's groups, memory and network. Everything is read below a prefix."""

from __future__ import annotations

import getpass
import grp
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue import __version__
from hingecue.app.doctor.finding import ABSENT, FAULT, OK, Finding
from hingecue.app.health import conditions, read_health
from hingecue.boards import board_line, is_pi

if TYPE_CHECKING:
    from hingecue.config import Settings

GROUPS: Final = ("video", "gpio", "i2c")
"""Who may open the camera, the pins and the sensors' wire (systemd/udev)."""
NEEDED_MB: Final = 190.0
"""What the coach takes at its peak, MB: `hingecue demo` with the full model, on x86."""
SPARE_MB: Final = 50.0
"""Less available memory beside a running coach is told, MB: the system then begins to throw out what it needs itself
(our judgement)."""


def look(settings: Settings, *, served: bool, prefix: Path = Path("/")) -> list[Finding]:
    """Tell how the machine is. A laptop does not say everything."""
    health = read_health(settings.database.parent, prefix)
    return [
        *(Finding(c.part, c.state, c.what, c.try_this) for c in conditions(health)),
        _memory(health.memory_available_mb, served=served, prefix=prefix),
        network(prefix),
    ]


def basics(prefix: Path = Path("/")) -> list[Finding]:
    """Tell what program, on what machine, in which Python, as whom."""
    return [
        Finding("hingecue", OK, __version__, where=str(Path(__file__).parents[2])),
        machine(platform.machine(), 64 if sys.maxsize > 2**32 else 32, prefix),
        Finding("python", OK, platform.python_version(), where=sys.executable),
        environment(Path(sys.prefix), on_pi=is_pi(prefix)),
        groups(),
    ]


def machine(architecture: str, bits: int, prefix: Path = Path("/")) -> Finding:
    """Tell what the machine is; the models' runtime exists for 64 bits only."""
    what = f"{architecture}, {os.cpu_count()} cores, {platform.system()}; {board_line(prefix)}"
    if bits < 64:
        return Finding("machine", FAULT, f"{what}: a {bits}-bit system", "write the card with the 64-bit system")
    return Finding("machine", OK, what)


def environment(folder: Path, *, on_pi: bool) -> Finding:
    """Tell whether Python sees the system's packages: picamera2 and libcamera exist only there."""
    told = _text(folder / "pyvenv.cfg")
    if told is None:
        return Finding("environment", OK, "Python of the system itself", where=str(folder))
    if _value(told, "include-system-site-packages", "=") == "true":
        return Finding("environment", OK, "a virtual environment that sees the system's packages", where=str(folder))
    what = "a virtual environment of its own, without the system's packages"
    if not on_pi:
        return Finding("environment", OK, what, where=str(folder))
    advice = "for the ribbon camera make it anew with `python3 -m venv --system-site-packages`"
    return Finding("environment", ABSENT, what, advice, where=str(folder))


def groups() -> Finding:
    """Tell whether this user may open camera, pins and sensors, as far as these groups exist here."""
    user = login()
    known = {entry.gr_name: entry for entry in grp.getgrall() if entry.gr_name in GROUPS}
    mine = {os.getegid(), *os.getgroups()}
    missing = [name for name in GROUPS if name in known and known[name].gr_gid not in mine]
    if os.geteuid() == 0:
        return Finding("groups", OK, "root may open everything")
    if not missing:
        return Finding("groups", OK, f"{user} is in {', '.join(known)}" if known else "none is needed here")
    if all(user in known[name].gr_mem for name in missing):
        return Finding("groups", ABSENT, f"{user} has joined {', '.join(missing)} since the login", "log in again")
    advice = f"sudo usermod -aG {','.join(missing)} {user}, and log in again"
    return Finding("groups", ABSENT, f"{user} is not in {', '.join(missing)}", advice)


def login() -> str:
    """Give the user's name, or the number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the second from Python 3.13 on
        return str(os.geteuid())


def network(prefix: Path = Path("/")) -> Finding:
    """Tell which interfaces are up, by what the kernel says; nothing is contacted, and practice needs none."""
    folders = sorted((prefix / "sys/class/net").glob("*"))
    states = {f.name: _text(f / "operstate") for f in folders if f.name != "lo" and (f / "device").exists()}
    told = ", ".join(f"{name} {state or 'unknown'}" for name, state in states.items())
    if "up" in states.values():
        return Finding("network", OK, told)
    return Finding("network", ABSENT, f"{told or 'no interface'}; practice needs none")


def _memory(available_mb: float | None, *, served: bool, prefix: Path) -> Finding:
    if available_mb is None:
        return Finding("memory", ABSENT, "this machine does not tell its memory")
    told = _text(prefix / "proc/meminfo")
    sizes = {name: (_value(told, name) or "").removesuffix(" kB") for name in ("MemTotal", "CmaTotal", "CmaFree")}
    mb = {name: int(size) * 1024 / 1e6 for name, size in sizes.items() if size.isdecimal()}
    total = f" of {mb['MemTotal']:.0f} MB" if "MemTotal" in mb else " MB"
    # The buffers of a ribbon camera come from here; "out of memory" with much available means that this is used up.
    cma = f", for the camera {mb['CmaFree']:.0f} of {mb['CmaTotal']:.0f} MB" if mb.get("CmaTotal") else ""
    what = f"{available_mb:.0f}{total} are available{cma}"
    if available_mb < (SPARE_MB if served else NEEDED_MB):
        return Finding("memory", FAULT, what, "end other programs, or boot without the desktop")
    return Finding("memory", OK, what)


def _value(text: str | None, key: str, sign: str = ":") -> str | None:
    for line in (text or "").splitlines():
        name, found, value = line.partition(sign)
        if found and name.strip() == key:
            return value.strip()
    return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace").strip("\0 \n\t")
    except OSError:
        return None
