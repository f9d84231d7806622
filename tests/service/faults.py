"""What can befall the service: each fault is caused in the box, and healed where no service can."""

from __future__ import annotations

import subprocess
import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tests.service.coach import DATABASE, STATE, UNIT

if TYPE_CHECKING:
    from tests.service.coach import Coach

BALLOON_MB = 1024
"""How far the balloon may grow, MB: beyond MemoryMax= of the unit it cannot, whatever the service leaves it."""

# Grows in the service's own memory group until the kernel has to end somebody there, and the service comes first.
_BALLOON = """
import os, sys
group, service, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(f"/proc/{service}/oom_score_adj", "w") as file:
    file.write("1000")
with open(f"{group}/cgroup.procs", "w") as file:
    file.write(str(os.getpid()))
held = []
while os.path.exists(f"/proc/{service}") and len(held) < most:
    held.append(bytearray(os.urandom(1) * (1 << 20)))
"""
# What SQLite has written once it writes again into the same place: a full disk is felt only when the log has to grow.
_EMPTY_LOG = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
db.close()
"""
_LOCK = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
db.execute("ROLLBACK")
"""


class Fault(ABC):
    """One fault. `restarts`: whether the service ends by it; `told`: what the journal then has to say."""

    restarts = True
    told = ""
    code = ""
    """How the status file names it while the service goes on with it; its journal has it once a session."""
    loses = False
    """Whether what was stored before is lost with the file."""

    def __init__(self, coach: Coach) -> None:
        self.coach = coach
        self.box = coach.box

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Make ready what the fault needs, before the service is started."""

    @abstractmethod
    def cause(self) -> None:
        """Let it happen."""

    def heal(self) -> None:  # noqa: B027 - most are the service's own business
        """Put right what no service can."""


class Killed(Fault):
    """Something ends it without a word."""

    told = "status=9/KILL"

    def cause(self) -> None:
        self.box.run("systemctl", "kill", "--signal=KILL", UNIT)


class Hung(Fault):
    """It stands still; the watchdog sees that after WatchdogSec= and has every thread's place written down."""

    told = "most recent call first"

    def cause(self) -> None:
        self.box.run("systemctl", "kill", "--signal=STOP", UNIT)


class OutOfMemory(Fault):
    """MemoryMax= is used up."""

    told = "status=9/KILL"

    def cause(self) -> None:
        group = self.box.group("memory") / "system.slice" / UNIT
        (service,) = (group / "cgroup.procs").read_text().split()
        words = [sys.executable, "-c", _BALLOON, str(group), service, str(BALLOON_MB)]
        # It may be ended too: until systemd has looked, the dead service still has a place in /proc.
        subprocess.run(words, timeout=60, check=False)


class CameraPulled(Fault):
    """No picture comes any more, and the camera is not to be found; later it is plugged in again."""

    told = "no picture came"

    def prepare(self) -> None:
        self.coach.unplug()
        self.coach.plug_wire()

    def cause(self) -> None:
        self.coach.silence_wire()

    def heal(self) -> None:
        self.coach.until("the missing camera is told", lambda: "there is no such camera" in self.coach.journal("-n8"))
        self.coach.end_wire()
        self.coach.plug_wire()


class DiskFull(Fault):
    """The disk of the sessions has no room left."""

    restarts = False
    told = "the disk is full"
    code = "disk_full"

    def cause(self) -> None:
        self.coach.as_user("hingecue", "/opt/hingecue/bin/python", "-c", _EMPTY_LOG, DATABASE)
        free = self.box.run("stat", "--file-system", "--format=%a %S", STATE).stdout.split()
        self.box.run("fallocate", "--length", int(free[0]) * int(free[1]) - (64 << 10), f"{STATE}/ballast", check=False)
        self.box.run("sh", "-c", f"cat /dev/zero > {STATE}/rest", check=False)

    def heal(self) -> None:
        self.box.run("rm", "-f", f"{STATE}/ballast", f"{STATE}/rest")


class ReadOnly(Fault):
    """The disk of the sessions may only be read when the service starts, as a card's that was found to be worn.

    What a service sees of its disk is fixed when it is started: it is started again when the disk is well.
    """

    told = "may not be written"

    def cause(self) -> None:
        self.box.run("systemctl", "kill", "--signal=KILL", UNIT)
        self.coach.until("it has ended", lambda: self.coach.ready() == 0)
        self.box.run("mount", "-o", "remount,ro", STATE)

    def heal(self) -> None:
        self.coach.until("it is told", lambda: self.told in self.coach.journal("-n12"))
        self.box.run("mount", "-o", "remount,rw", STATE)
        self.box.run("systemctl", "restart", UNIT)


class Locked(Fault):
    """Another program keeps the store locked, longer than SQLite waits."""

    restarts = False
    told = "another program keeps the file locked"
    code = "store_busy"

    def cause(self) -> None:
        words = self.box.enter("/opt/hingecue/bin/python", "-c", _LOCK, DATABASE)
        self._other = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._other.stdout.readline()

    def heal(self) -> None:
        self._other.communicate(timeout=30)


class Damaged(Fault):
    """The store is damaged when the service starts the next time."""

    told = "the file was damaged; it is kept as"
    loses = True

    def cause(self) -> None:
        self.box.run("systemctl", "kill", "--signal=KILL", UNIT)
        self.box.run("rm", "-f", f"{DATABASE}-wal", f"{DATABASE}-shm")
        self.box.run("dd", "if=/dev/urandom", f"of={DATABASE}", "bs=4096", "count=2", "conv=notrunc", "status=none")


class CardStalls(Fault):
    """The card answers nothing for some seconds, as worn ones do."""

    restarts = False

    def cause(self) -> None:
        self.box.run("fsfreeze", "--freeze", STATE)

    def heal(self) -> None:
        self.box.run("fsfreeze", "--unfreeze", STATE)
