"""A box with a real systemd in it: PID 1 of its own namespaces on this kernel, above an overlay of this machine.

It needs root and cgroup 2, and leaves nothing behind: mounts, processes and loop devices end with its first process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
TOOLS = ("unshare", "nsenter", "setpriv", "pivot_root", "mkfs.ext4", "systemctl", "journalctl")
SYSTEMD = Path("/lib/systemd/systemd")
STATE_MB = 512
"""Size of the disk of the sessions, MB: more than `app/health.py` calls nearly full."""
LOOK_S = 0.25
"""How often something that is waited for is looked at, s: each look starts a program, beside a service at work."""
LIMIT_S = 60.0
"""Longest wait for anything in the box, s."""
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_PAGER": "cat", "LC_ALL": "C.UTF-8"}


class BoxError(Exception):
    """Something in the box did not come about in time, or a command in it failed."""


def missing() -> str:
    """Give one sentence that says why no box can be built here; empty where one can."""
    if os.geteuid() != 0:
        return "a systemd of its own needs root"
    if not SYSTEMD.exists():
        return "there is no systemd on this machine"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} is not on this machine"
    if "cgroup2" not in hierarchies():
        return "this kernel has no cgroup2 mounted"
    return ""


def hierarchies() -> dict[str, Path]:
    """Give where the control groups are mounted: `cgroup2`, and on an older layout the controllers of version 1."""
    controllers = {line.split()[0] for line in Path("/proc/cgroups").read_text("utf-8").splitlines()[1:]}
    found = {}
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2":
            found.setdefault("cgroup2", Path(place))
        elif kind == "cgroup":
            name = ",".join(o for o in options.split(",") if o in controllers or o.startswith("name="))
            found.setdefault(name, Path(place))
    return found


def own_group(name: str) -> str:
    """Give the control group of this process in a hierarchy, relative to where that is mounted."""
    for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
        number, controllers, path = line.split(":", 2)
        if controllers == name or (name == "cgroup2" and number == "0"):
            return path.lstrip("/")
    return ""


class Box:
    """Boots when entered, ends when left. `folder` is the harness's own; `film` stands in for the camera."""

    def __init__(self, folder: Path, film: Path, checkout: Path = CHECKOUT) -> None:
        self.folder = folder
        self.checkout = checkout
        self.film = film
        self._groups: dict[str, Path] = {}
        self._first: subprocess.Popen[bytes] | None = None
        self.pid = 0

    @property
    def root(self) -> Path:
        """The root of the box, seen from here."""
        return Path(f"/proc/{self.pid}/root")

    def group(self, controller: str) -> Path:
        """Give the control group, seen from here, that is the root of the box for a controller."""
        name = next((n for n in self._groups if controller in n.split(",")), "cgroup2")
        return self._groups[name]

    def __enter__(self) -> Self:
        try:
            self._boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _boot(self) -> None:
        (self.folder / "fs").mkdir()
        image = self.folder / "state.img"
        with image.open("wb") as file:
            file.truncate(STATE_MB << 20)
        words = ("mkfs.ext4", "-q", "-m", "0", image)
        subprocess.run(words, check=True, timeout=LIMIT_S, capture_output=True)
        places = hierarchies()
        for name, place in places.items():
            group = place / own_group(name) / f"hingecue-box-{os.getpid()}-{self.folder.name}"
            group.mkdir()
            self._groups[name] = group
            if "cpuset" in name.split(","):
                for file in ("cpuset.cpus", "cpuset.mems"):
                    (group / file).write_text((group.parent / file).read_text())
        environ = {
            **ENVIRON,
            "BOX": str(self.folder),
            "HIERARCHIES": " ".join(places),
            "PYTHON": sys.base_prefix,
            "VERSION": sysconfig.get_python_version(),
            "PACKAGES": sysconfig.get_path("purelib"),
            "PROGRAM": str(Path(sys.executable).with_name("hingecue")),
            "CHECKOUT": str(self.checkout),
            "FILM": str(self.film),
        }
        # The shell moves itself into the groups, so that the namespaces begin there, and systemd sees them as the root.
        enter = "".join(f"echo $$ > '{group}/cgroup.procs'; " for group in self._groups.values())
        spaces = "--mount --pid --uts --ipc --net --cgroup --fork --kill-child"
        line = f"{enter}exec setpriv --pdeathsig KILL unshare {spaces} bash '{HERE / 'boot.sh'}'"
        log = (self.folder / "boot.log").open("wb")
        with log:
            self._first = subprocess.Popen(
                ("/bin/bash", "-ec", line), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ
            )
        self.pid = self._wait_for_init()
        self.until("the box is up", lambda: self.ask("systemctl", "is-active", "box.target") == "active")

    def _wait_for_init(self) -> int:
        def init() -> int:
            if self._first is None or self._first.poll() is not None:
                raise BoxError(f"the box did not start: {(self.folder / 'boot.log').read_text('utf-8')}")
            pid = self._first.pid
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            names = {int(child): Path(f"/proc/{child}/comm").read_text().strip() for child in children}
            return next((child for child, name in names.items() if name == "systemd"), 0)

        return self.until("systemd is PID 1", init)

    def close(self) -> None:
        """End everything in the box, and take its groups away."""
        if self._first is not None:
            self._first.kill()
            self._first.wait(LIMIT_S)
            self._first = None
        if self.pid:  # the first process dies with the one that made the namespaces, and everything in there with it
            self.until("the box has ended", lambda: not Path(f"/proc/{self.pid}").exists())
        for top in self._groups.values():
            for group in sorted([top, *(p for p in top.rglob("*") if p.is_dir())], reverse=True):
                self._remove(group)
        self._groups = {}

    @staticmethod
    def _remove(group: Path) -> None:
        """Remove a cgroup; its processes are dead, but the kernel may need a moment to bury them."""
        for _ in range(100):
            with suppress(FileNotFoundError):
                try:
                    group.rmdir()
                except OSError:
                    time.sleep(0.05)
                    continue
            return

    # What is done in it.

    def enter(self, *words: object) -> list[str]:
        """Give the command line that runs a command in the box."""
        spaces = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd")
        return ["nsenter", "--target", str(self.pid), *spaces, "--", *(str(word) for word in words)]

    def run(self, *words: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the box as its root."""
        done = subprocess.run(
            self.enter(*words), capture_output=True, text=True, timeout=LIMIT_S, check=False, env=ENVIRON
        )
        if check and done.returncode != 0:
            raise BoxError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def ask(self, *words: object) -> str:
        """Give what a command in the box says, whatever its exit status."""
        return self.run(*words, check=False).stdout.strip()

    def until(self, what: str, true: Callable[[], T], limit_s: float = LIMIT_S) -> T:
        """Wait until `true()` is, and give it; `BoxError` names what did not come about."""
        end_s = time.monotonic() + limit_s
        while True:
            answer = true()
            if answer:
                return answer
            if time.monotonic() >= end_s:
                raise BoxError(f"not within {limit_s:g} s: {what}")
            time.sleep(LOOK_S)
