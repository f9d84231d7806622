from __future__ import annotations

import os
import socket
import sys
from contextlib import contextmanager

import pytest

from hingecue.app.notify import Notify, Progress, watchdog_ns

S = 1_000_000_000


@contextmanager
def manager(address):
    """Listen as systemd does, on a real datagram socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(address)
        wire.setblocking(False)
        yield wire


def heard(wire):
    messages = []
    while True:
        try:
            messages.append(wire.recv(4096).decode())
        except BlockingIOError:
            return messages


@pytest.fixture
def wire(tmp_path):
    with manager(str(tmp_path / "notify")) as wire:
        yield wire


@pytest.fixture
def notify(wire):
    return Notify.of({"NOTIFY_SOCKET": wire.getsockname()})


def test_each_message_arrives_as_systemd_reads_it(wire, notify) -> None:
    assert notify.ready()
    assert notify.status("coaching,\n  29 frames a second – fine")
    assert notify.watchdog()
    assert notify.stopping()
    assert heard(wire) == ["READY=1", "STATUS=coaching, 29 frames a second – fine", "WATCHDOG=1", "STOPPING=1"]


def test_lines_of_one_message_stay_together(wire, notify) -> None:
    assert notify.send("READY=1", "STATUS=up")
    assert heard(wire) == ["READY=1\nSTATUS=up"]


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_an_abstract_socket_is_found_too() -> None:
    name = f"hingecue-test-{os.getpid()}"
    with manager(f"\0{name}") as wire:
        assert Notify.of({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert heard(wire) == ["READY=1"]


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_without_a_manager_nothing_is_sent(environ) -> None:
    notify = Notify.of(environ)
    assert notify.address is None
    assert not notify.ready()


def test_a_manager_that_has_gone_is_no_fault(tmp_path) -> None:
    assert not Notify(str(tmp_path / "nobody")).ready()
    assert not Notify("/" + "x" * 200).ready()


def test_a_manager_that_does_not_listen_holds_nothing_up(wire, notify) -> None:
    sent = 0
    while notify.watchdog():
        sent += 1
        assert sent < 100_000
    assert len(heard(wire)) == sent


@pytest.mark.parametrize(
    ("environ", "period_ns"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "15000000"}, 15 * S),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": str(os.getpid())}, 15 * S),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_period_is_ours_or_none(environ, period_ns) -> None:
    assert watchdog_ns(environ) == period_ns


def test_the_first_moment_is_ready_and_the_watchdog_hears_a_quarter_of_its_period(wire, notify) -> None:
    progress = Progress(notify, 16 * S)
    assert heard(wire) == []
    for tick in range(101):  # ten seconds, ten moments in each
        progress.beat(7 * S + tick * S // 10)
    assert heard(wire) == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]


def test_a_loop_that_hangs_says_nothing(wire, notify) -> None:
    progress = Progress(notify, 16 * S)
    progress.beat(0)
    heard(wire)
    assert heard(wire) == []
    progress.beat(60 * S)
    assert heard(wire) == ["WATCHDOG=1"]


def test_without_a_watchdog_only_ready_is_said(wire, notify) -> None:
    progress = Progress(notify, None)
    for second in range(100):
        progress.beat(second * S)
    assert heard(wire) == ["READY=1"]


def test_what_could_not_be_sent_is_sent_with_the_next_moment(tmp_path) -> None:
    progress = Progress(Notify(str(tmp_path / "later")), 16 * S)
    progress.beat(0)
    with manager(str(tmp_path / "later")) as wire:
        progress.beat(1)
        assert heard(wire) == ["READY=1", "WATCHDOG=1"]


def test_on_a_laptop_a_beat_does_nothing() -> None:
    laptop = Notify()
    Progress(laptop, None).beat(0)
    assert laptop.ready() is False
