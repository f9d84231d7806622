"""Somebody lifts without an end, and again and again the same FAULT befalls the unit: does it come back by itself, and
is every bend stored that was finished before?"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from tests.virtual_device.device import VIDEO, Header, drop_pictures, fail, heal, modprobe, plug_camera, unplug_camera
from tests.virtual_device.film import OUTPUT, Lifter, plug_film_camera, wire
from tests.virtual_device.unit import (
    CHIP,
    DATABASE,
    UNIT,
    Report,
    coaching,
    give,
    journal,
    run,
    show,
    start,
    status,
    until,
)

from hingecue.cue.pins import read_pins

YEAR_S = 365 * 86400.0
FINISHED_S = 1.0
"""So long after a bend's end at the latest it is judged and stored, s."""
SEEN_S = 2.0
"""So long after a process's first judged moment a bend has to begin to be seen from its beginning, s."""
SAME_S = 0.5
"""What is stored as a bend's bottom may be that far from the film's, s: a fault takes pictures and samples away."""
BENDS = json.loads(os.environ["BENDS"])
"""(begin, bottom, end) of the film's bends, s."""


class Sensor:
    """A chip vanishes and returns."""

    restarts = False
    address, errno = 0x68, 121

    def cause(self) -> None:
        fail(self.address, self.errno)

    def told(self) -> bool:
        return status().get("sensors", {}).get("pelvis") == "lost"

    def heal(self) -> None:
        heal()


class Bus(Sensor):
    """The bus hangs: whoever asks a chip waits, in vain."""

    address, errno = 0, 110

    def cause(self) -> None:
        fail(self.address, self.errno, delay_us=50_000)

    def told(self) -> bool:
        return set(status().get("sensors", {}).values()) == {"lost"}


class Frozen:
    """The camera gives no picture any more, and later it does again."""

    restarts = True

    def cause(self) -> None:
        drop_pictures(100)

    def told(self) -> bool:
        return header.value(pins.led_camera) == 0

    def heal(self) -> None:
        drop_pictures(0)
        records.film_s = lifter.begin()  # the film has stood still meanwhile, and the chips have not


class Camera:
    """The camera is pulled out, and put in again."""

    restarts = True

    def cause(self) -> None:
        unplug_camera()

    def told(self) -> bool:
        return header.value(pins.led_camera) == 0 and self._let_go()

    def heal(self) -> None:
        plug_camera()
        wire()
        give(VIDEO, "video")
        records.film_s = lifter.begin()

    def _let_go(self) -> bool:
        """Tell whether no process holds a camera: the kernel gives its numbers anew only then."""
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):
                if str(link.readlink()).startswith((str(VIDEO), str(OUTPUT))):
                    return False
        return True


class Pins:
    """The GPIO chip goes: a new process ends the old one's talk, and opens it when it is there again."""

    restarts = True
    pid = ""

    def cause(self) -> None:
        self.pid = show("MainPID")
        header.unplug()

    def told(self) -> bool:
        return not Path(f"/proc/{self.pid}").exists()

    def heal(self) -> None:
        time.sleep(1.0)  # longer than the kernel needs to let go of what the process held
        header.plug()
        give(CHIP, "gpio")


class Clock:
    """The date jumps by a year, forth and back."""

    restarts = False
    by_s = -YEAR_S

    def cause(self) -> None:
        self.by_s = -self.by_s
        time.clock_settime(time.CLOCK_REALTIME, time.time() + self.by_s)

    def told(self) -> bool:
        return True

    def heal(self) -> None:
        time.sleep(2.0)


class Records:
    """Compares what is stored with what was lifted, one process of the unit after the other."""

    def __init__(self, film_s: float) -> None:
        self.film_s, self.began_s = film_s, film_s - SEEN_S  # it coaches already when the film begins
        self.session = self.finished = self.lost = 0
        self.told: list[str] = []

    def end(self, to_s: float, film_s: float) -> None:
        """Count the bends that were finished while this process coached, and those of them that are not stored."""
        due = self._finished(to_s, film_s)
        found = self._stored(to_s)
        self.finished += len(due)
        missing = self._missing(due, found)
        self.lost += missing
        if missing:
            life = f"from {self.began_s:.1f} to {to_s:.1f} s, film {film_s:.1f}"
            self.told.append(f"{life}: bottoms {_listed(due)}, stored {_listed(found)}")

    def begin(self) -> None:
        """Begin with a process that coaches from now on."""
        self.began_s = time.monotonic()

    def _finished(self, to_s: float, film_s: float) -> list[float]:
        rounds = range(int((to_s - film_s) / lifter.length_s) + 1)
        zeros_s = [film_s + again * lifter.length_s for again in rounds]
        return [
            zero_s + bottom
            for zero_s in zeros_s
            for begin, bottom, end in BENDS
            if self.began_s + SEEN_S <= zero_s + begin and zero_s + end + FINISHED_S <= to_s
        ]

    def _stored(self, to_s: float) -> list[float]:
        """Give the bottoms in the sessions that were not looked at yet, s on their own clocks.

        One that began after `to_s` is the next process's: it may have stored a bend already, and will store more.
        """
        words = "SELECT id, bottom_s FROM bends JOIN sessions ON id = session_id WHERE id > ? AND start_ns <= ?"
        with closing(sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=10)) as db:
            rows = db.execute(words, (self.session, to_s * 1e9)).fetchall()
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        self.session = max((session for session, _ in rows), default=self.session)
        return [bottom for _, bottom in rows]

    def _missing(self, due: list[float], found: list[float]) -> int:
        """Count what has no match, for the zero of the stored ones' clock that fits best."""
        shifts = [other - one for one in due[:3] for other in found]
        return min((sum(all(abs(d + s - f) > SAME_S for f in found) for d in due) for s in shifts), default=len(due))


def _listed(times_s: list[float]) -> str:
    return " ".join(f"{t_s:.1f}" for t_s in times_s) or "none"


fault = {kind.__name__.lower(): kind for kind in (Sensor, Bus, Frozen, Camera, Pins, Clock)}[os.environ["FAULT"]]()
report = Report()
modprobe("i2c-regsim")
header, pins = Header(), read_pins()
plug_film_camera()
lifter = Lifter(rounds=10_000)
start()
report["coaching"] = until(coaching)
records = Records(lifter.begin())
pid = show("MainPID")
chance = random.Random(7)  # noqa: S311 - moments, no secrets
untold, back_s = 0, []
for _ in range(int(os.environ.get("TIMES", "1"))):
    time.sleep(chance.uniform(8.0, 16.0))  # anywhere in a movement
    cause_s, film_s = time.monotonic(), records.film_s
    fault.cause()
    untold += not until(fault.told, 30.0)
    fault.heal()
    healed_s = time.monotonic()
    if not until(lambda: coaching() and not status()["faults"]):
        report["did not come back"] = journal()
        break
    back_s.append(round(time.monotonic() - healed_s, 1))
    if fault.restarts:
        records.end(cause_s, film_s)
        records.begin()
time.sleep(8.0)
stop_s = time.monotonic()
same, restarts = show("MainPID") == pid, int(show("NRestarts"))
run("systemctl", "stop", UNIT)
records.end(stop_s, records.film_s)
report["times"], report["untold"], report["back_s"] = len(back_s), untold, back_s
report["restarts"], report["same process"] = restarts, same
report["finished"], report["lost"], report["told"] = records.finished, records.lost, records.told
report["journal"] = journal()
report.end()
