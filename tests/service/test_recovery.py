"""Each fault befalls the running service `--times` times: it comes back without a hand, and no stored bend is lost."""

from __future__ import annotations

import random
import time

import pytest

from tests.service.coach import STATE
from tests.service.faults import (
    CameraPulled,
    CardStalls,
    Damaged,
    DiskFull,
    Hung,
    Killed,
    Locked,
    OutOfMemory,
    ReadOnly,
)

pytestmark = pytest.mark.service
EVERY = (Killed, Hung, OutOfMemory, CameraPulled, DiskFull, ReadOnly, Locked, Damaged, CardStalls)
SINCE = "+%Y-%m-%d %H:%M:%S.%6N"
"""How `date` gives a moment that `journalctl --since` takes."""
TWO_BENDS_S = 14.0
"""By when the film's second bend is over, s: after 10, and the service reads it as fast as life."""
FRESH_S = 3.0
"""How old the status file is at most while the loop goes on, s: it is written once a second."""
STALL_S = 8.0
"""How long a card stalls, s: longer than SQLite waits for another program."""


@pytest.fixture
def fault(request, times):
    if not times:
        pytest.skip("the faults take minutes; `make service-test` lets each befall the service")
    coach = request.getfixturevalue("coach")
    fault = request.param(coach)
    coach.stop()
    fault.prepare()
    coach.start()
    yield fault
    coach.stop()


def one_round(coach, fault, chance):
    """Let it happen once; give how long the service was away, and what became of the bends stored before."""
    coach.wait_for_bend()
    time.sleep(chance.uniform(0.0, 2.0))  # anywhere in a movement
    pid, stored = coach.ready(), coach.kept().bends
    cursor = coach.box.ask("date", SINCE)
    began_s = time.monotonic()
    fault.cause()
    if fault.restarts:
        coach.until("it is up again", lambda: coach.ready() not in {0, pid})
        ready_s = int(coach.show("ActiveEnterTimestampMonotonic")) / 1e6
    elif fault.code:
        coach.until("the status tells it", lambda: fault.code in [f["code"] for f in coach.status()["faults"]])
    else:
        time.sleep(STALL_S)
    fault.heal()
    coach.until("it coaches again", coach.coaching)
    if not fault.restarts:
        assert coach.ready() == pid
        ready_s = time.monotonic()
    coach.wait_for_bend()
    now = coach.kept()
    assert now.whole == "ok"
    assert fault.told in coach.journal(*(("--since", cursor) if fault.restarts else ()))
    lost = set() if fault.loses else stored - now.bends
    assert lost == set()
    return {"back_s": ready_s - began_s, "stored": len(stored), "lost": len(lost)}


def test_a_card_that_stalls_at_the_first_bend_holds_up_no_practice(request, times) -> None:
    if not times:
        pytest.skip("it takes half a minute; `make service-test` does it")
    coach = request.getfixturevalue("coach")
    stall = CardStalls(coach)
    coach.stop()
    coach.start()
    pid, stored = coach.ready(), coach.kept().bends
    cursor = coach.box.ask("date", SINCE)
    stall.cause()
    try:
        time.sleep(TWO_BENDS_S)
        status = coach.status()
        assert status["state"] == "coaching"
        assert status["fps"] > 0
        assert time.monotonic() - status["monotonic_s"] < FRESH_S
    finally:
        stall.heal()
    coach.until("both are stored", lambda: len(coach.kept().bends - stored) >= 2)
    assert "hingecue:" not in coach.journal("--since", cursor)  # no fault was told
    assert coach.ready() == pid


@pytest.mark.parametrize("fault", EVERY, indirect=True, ids=lambda kind: kind.__name__)
def test_the_service_comes_back(fault, times, figures) -> None:
    coach = fault.coach
    chance = random.Random(7)  # noqa: S311 - moments, no secrets
    for _ in range(times):
        figures[type(fault).__name__].append(one_round(coach, fault, chance))
    if fault.loses:
        aside = coach.box.ask("sh", "-c", f"ls {STATE}/*.corrupt-*").split()
        assert len([path for path in aside if path.rsplit("-", 1)[-1].isdecimal()]) == times
