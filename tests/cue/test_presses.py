from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecue.cue.button import PressTeller
from hingecue.cue.presses import CALIBRATE_S, DOUBLE_S, POWER_OFF_S, Action, Press, Presses

LATER_S = 1e6


def run(*held, looks=()):
    """Presses as (down, up) in seconds; `looks`: when somebody calls `at` in between."""
    machine = Presses()
    events = sorted(
        [(down, 2, machine.down) for down, _ in held]
        + [(up, 1, machine.up) for _, up in held]
        + [(look, 0, machine.at) for look in looks],
        key=lambda event: event[:2],
    )
    presses = [press for t_s, _, take in events for press in take(t_s)]
    presses += machine.at(LATER_S)
    assert machine.due_s is None
    return presses


def reference(held):
    """The same in hindsight: all presses are known."""
    presses, first = [], None
    for down, up in held:
        if first is not None and down - first >= DOUBLE_S:
            presses.append(Action.START_STOP)
            first = None
        if up - down >= CALIBRATE_S:
            presses += [Action.START_STOP] * (first is not None)
            presses.append(Action.POWER_OFF if up - down >= POWER_OFF_S else Action.CALIBRATE)
            first = None
        elif first is not None:
            presses.append(Action.MUTE)
            first = None
        else:
            first = up
    return presses + [Action.START_STOP] * (first is not None)


# Whole sixteenths of a second: their sums are exact, so that both ways of reckoning see the same edge of a window.
SPAN = st.integers(1, 16 * 8).map(lambda n: n / 16)
HELD = st.lists(st.tuples(SPAN, SPAN), max_size=12).map(
    lambda spans: [
        (sum(map(sum, spans[:i])) + gap, sum(map(sum, spans[:i])) + gap + hold) for i, (gap, hold) in enumerate(spans)
    ]
)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([(1.0, 1.125)], [Press(1.125 + DOUBLE_S, Action.START_STOP)]),
        ([(1.0, 1.125), (1.25, 1.375)], [Press(1.375, Action.MUTE)]),
        ([(1.0, 2.9)], [Press(2.9 + DOUBLE_S, Action.START_STOP)]),
        ([(1.0, 3.0)], [Press(3.0, Action.CALIBRATE)]),
        ([(1.0, 6.9)], [Press(6.9, Action.CALIBRATE)]),
        ([(1.0, 9.0)], [Press(7.0, Action.POWER_OFF)]),
        ([(1.0, 1.5), (1.75, 4.0)], [Press(3.75, Action.START_STOP), Press(4.0, Action.CALIBRATE)]),
        ([(1.0, 1.5), (1.75, 9.0)], [Press(3.75, Action.START_STOP), Press(7.75, Action.POWER_OFF)]),
        ([], []),
    ],
)
def test_what_a_press_means(held, expected):
    assert run(*held) == expected


def test_power_off_does_not_wait_for_the_hand():
    machine = Presses()
    machine.down(0.0)
    assert machine.due_s == POWER_OFF_S
    assert machine.at(POWER_OFF_S) == [Press(POWER_OFF_S, Action.POWER_OFF)]
    assert machine.due_s is None
    assert machine.at(POWER_OFF_S + 60) == machine.up(POWER_OFF_S + 61) == machine.at(LATER_S) == []


def test_edges_that_cannot_be_mean_nothing():
    machine = Presses()
    assert machine.up(1.0) == []
    assert machine.due_s is None
    machine.down(2.0)
    machine.down(7.0)
    assert machine.at(8.0) == [Press(8.0, Action.POWER_OFF)]


def test_time_does_not_go_back():
    machine = Presses()
    machine.at(10.0)
    machine.down(9.0)
    machine.up(8.0)
    assert machine.due_s == 10.0 + DOUBLE_S


@given(HELD)
def test_no_press_is_lost_and_none_counts_twice(held):
    presses = run(*held)
    counts = Counter(press.action for press in presses)
    assert counts.total() + counts[Action.MUTE] == len(held)
    assert [press.action for press in presses] == reference(held)
    assert [press.t_s for press in presses] == sorted(press.t_s for press in presses)


@given(HELD, st.lists(st.integers(0, 16 * 60).map(lambda n: n / 16), max_size=40))
def test_it_does_not_matter_when_somebody_looks(held, looks):
    assert run(*held, looks=looks) == run(*held)


@given(st.lists(st.tuples(st.sampled_from(["down", "up", "at"]), st.floats(-5, 50))))
def test_nonsense_gives_at_most_one_action_an_edge_and_in_order(calls):
    machine = Presses()
    presses = [press for name, t_s in calls for press in getattr(machine, name)(t_s)]
    presses += machine.at(LATER_S)
    assert len(presses) <= sum(name == "down" for name, _ in calls)
    assert [press.t_s for press in presses] == sorted(press.t_s for press in presses)


class HandClock:
    """A clock that stands still until it is turned."""

    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_the_teller_tells_every_action_once_and_the_certain_ones_when_it_closes():
    clock, told, busy = HandClock(), [], threading.Event()

    def act(press):
        told.append(press.action)
        assert busy.wait(5)

    teller = PressTeller(act, clock)
    for edge, clock.now_s in (
        *((teller.down, 0.0), (teller.up, 0.125), (teller.down, 0.25), (teller.up, 0.375)),
        *((teller.down, 1.0), (teller.up, 3.5), (teller.down, 10.0), (teller.up, 10.125)),
    ):
        edge()
    clock.now_s = 11.0
    busy.set()
    teller.close()
    teller.close()
    assert told == [Action.MUTE, Action.CALIBRATE, Action.START_STOP]


def test_the_teller_keeps_the_deadlines_by_itself():
    told, news = [], threading.Event()
    teller = PressTeller(lambda press: (told.append(press.action), news.set()))
    teller.down()
    teller.up()
    assert news.wait(5)
    teller.close()
    assert told == [Action.START_STOP]


def test_the_teller_may_be_closed_by_what_it_tells():
    closed = threading.Event()
    clock = HandClock()
    teller = PressTeller(lambda _: (teller.close(), closed.set()), clock)
    teller.down()
    clock.now_s = 3.0
    teller.up()
    assert closed.wait(5)
    teller._thread.join(5)
    assert not teller._thread.is_alive()
