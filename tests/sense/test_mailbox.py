from __future__ import annotations

import threading
import time

import pytest

from hingecue.clock import monotonic_ns
from hingecue.mailbox import Mailbox, MailboxClosedError


def test_the_newest_wins_and_the_loss_is_counted() -> None:
    box: Mailbox[int | None] = Mailbox()
    for item in (1, 2, 3):
        box.put(item)
    assert box.get(0.0) == 3
    assert box.drops == 2
    box.put(None)
    assert box.get(0.0) is None
    assert box.drops == 2


def test_waiting_has_an_end() -> None:
    box: Mailbox[int] = Mailbox()
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"nothing came within 0\.05 s"):
        box.get(0.05)
    assert time.monotonic() - began < 2.0


def test_an_item_wakes_the_one_who_waits() -> None:
    box: Mailbox[str] = Mailbox()
    timer = threading.Timer(0.05, box.put, ["here"])
    timer.start()
    assert box.get(5.0) == "here"
    timer.join()


def test_closing_wakes_the_one_who_waits_and_keeps_what_is_inside() -> None:
    box: Mailbox[int] = Mailbox()
    timer = threading.Timer(0.05, box.close)
    timer.start()
    with pytest.raises(MailboxClosedError):
        box.get(5.0)
    timer.join()
    assert box.closed
    box.put(1)
    assert box.drops == 1

    full: Mailbox[int] = Mailbox()
    full.put(7)
    full.close()
    assert full.get(0.0) == 7
    with pytest.raises(MailboxClosedError):
        full.get(0.0)


def test_the_clock_only_grows() -> None:
    first = monotonic_ns()
    assert monotonic_ns() >= first
