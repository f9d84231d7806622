"""Three short sessions with breaks on the fast clock; `day.py` does the same for a day."""

from __future__ import annotations

import pytest

from hingecue.app import device
from hingecue.store.reader import SessionReader
from tests.soak.day import Day

PRACTISE_S, REST_S = 64.0, 56.0


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("day")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device, "IDLE_S", 30.0)
        hours = 3 * (PRACTISE_S + REST_S) / 3600
        day = Day(hours, model="lite", practise_s=PRACTISE_S, rest_s=REST_S, every_s=PRACTISE_S + REST_S)
        assert day.run(folder) == 0
    return day, folder


def test_every_practice_is_a_session_of_its_own_with_the_same_bends(run):
    _, folder = run
    with SessionReader(folder / "sessions.db") as reader:
        sessions = reader.sessions()
        assert all(session.finished for session in sessions)
        kinds = [[str(bend.kind) for bend in reader.bends(session.id)] for session in sessions]
    assert len(sessions) == 3
    assert 10 <= len(kinds[0]) <= 14
    # The same bends, seen at other moments of the frames and bursts.
    assert abs(len(kinds[1]) - len(kinds[2])) <= 1
    assert kinds[1][:8] == kinds[2][:8]


def test_nothing_grows_from_session_to_session(run):
    day, _ = run
    _, first, second, third = day.lines
    assert first.threads == second.threads == third.threads
    assert first.descriptors == second.descriptors == third.descriptors
    # What one session leaves behind in Python's objects: the bends that were printed are not kept.
    assert third.objects - second.objects < 200


def test_no_sample_is_lost_and_the_stamps_do_not_drift(run):
    """One chip's oscillator is 1 % fast, the other's 1 % slow: without correction a second would be lost in 100 s."""
    day, _ = run
    assert day.lines[-1].dropped_samples == day.lines[-1].overflows == 0
    assert day.lines[-1].stamp_error_ms < 5.0
