"""What the service tells systemd: ready, a line of status, that it goes on, that it ends (sd_notify(3))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BEATS_A_PERIOD: Final = 4
"""Signs of life in one WatchdogSec=: systemd advises two; with four, two may be late."""


@dataclass(frozen=True, slots=True)
class Notify:
    """The socket of the service manager: a path, or `@` and an abstract name; None: nobody listens, nothing is sent.

    Nothing here raises or waits: a manager that cannot be reached must not hold up a cue.
    """

    address: str | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> Notify:
        """Give the one that NOTIFY_SOCKET names; an address of another kind (vsock) is nobody."""
        address = environ.get("NOTIFY_SOCKET", "")
        return cls(address if address.startswith(("/", "@")) else None)

    def ready(self) -> bool:
        """Tell that the service is up: READY=1."""
        return self.send("READY=1")

    def status(self, sentence: str) -> bool:
        """Tell how it goes, in one line for `systemctl status`."""
        return self.send(f"STATUS={' '.join(sentence.split())}")

    def watchdog(self) -> bool:
        """Tell that the loop goes on: WATCHDOG=1. Call it through `Progress`."""
        return self.send("WATCHDOG=1")

    def stopping(self) -> bool:
        """Tell that the service ends: STOPPING=1."""
        return self.send("STOPPING=1")

    def send(self, *lines: str) -> bool:
        """Send lines in one message; False when nobody listens or it could not be sent."""
        if self.address is None:
            return False
        name = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        import socket  # noqa: PLC0415 - half a megabyte that only a service needs

        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.setblocking(False)
            try:
                wire.sendto("\n".join(lines).encode(), name)
            except OSError:
                return False
        return True


def watchdog_ns(environ: Mapping[str, str] = os.environ) -> int | None:
    """Give WatchdogSec= in nanoseconds; None where there is no watchdog, or it is that of another process."""
    usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID")
    if not usec.isdecimal() or int(usec) == 0 or pid not in {None, str(os.getpid())}:
        return None
    return int(usec) * 1000


class Progress:
    """Feeds the watchdog from the loop's own progress: a loop that hangs is started again, a busy timer never hides it.

    The first beat says READY=1: the device is ready when it has judged its first moment. `period_ns` is WatchdogSec=,
    None without a watchdog.
    """

    def __init__(self, notify: Notify, period_ns: int | None) -> None:
        self._notify = notify
        self._every_ns = None if period_ns is None else period_ns // BEATS_A_PERIOD
        self._ready = False
        self._told_ns: int | None = None

    def beat(self, now_ns: int) -> None:
        """Say that one more moment is judged, at `now_ns` on CLOCK_MONOTONIC; a message only when one is due.

        `now_ns` is not the moment's own time: a film that stands in for the camera may be slower than life.
        A message that could not be sent is sent with the next beat.
        """
        if not self._ready:
            self._ready = self._notify.ready()
        if self._every_ns is None:
            return
        if (self._told_ns is None or now_ns - self._told_ns >= self._every_ns) and self._notify.watchdog():
            self._told_ns = now_ns
