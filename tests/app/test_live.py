from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console
from tests.fakes.bend import a_bend

from hingecue.app.live import LiveView, bend_line, progress
from hingecue.types import Cue, Facing, Kind, Posture, Reason, Role, SpineReading, View

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def a_console(*, terminal, width=100):
    return Console(file=StringIO(), force_terminal=terminal, width=width, height=40, _environ={"TERM": "xterm"})


def plain(console):
    return CONTROL.sub("", console.file.getvalue())


def a_posture(t_s=2.0, **changes):
    values = {
        "view": View.SIDE,
        "facing": Facing.LEFT,
        "trunk_deg": 45.0,
        "spine": SpineReading(12.0, 6.0, 4.0),
    }
    return Posture(t_s, **(values | changes))


def shown(*postures, cue=None, bends=()):
    """Give what the last painting shows."""
    clock = Clock()
    console = a_console(terminal=True)
    with LiveView(console, clock=clock) as view:
        for bend in bends:
            view.bend(bend)
        if cue is not None:
            view.cue(cue)
        console.file.truncate(0)
        for posture in postures:
            clock.now_s += 1
            view.show(posture)
        return plain(console)


def test_without_a_terminal_there_are_lines_and_no_control_codes():
    console = a_console(terminal=False, width=30)
    with LiveView(console) as view:
        view.show(a_posture())
        view.cue(Cue(2.0, "early"))
        view.bend(a_bend(1))
        view.bend(a_bend(2, kind=Kind.SQUAT))
    text = console.file.getvalue()
    assert "\x1b" not in text
    assert [line.split()[:4] for line in text.splitlines()] == [["1", "┐", "hip", "hinge"], ["2", "ʟ", "squat", "92%"]]


def test_a_terminal_shows_the_angles_the_view_and_the_tally():
    text = shown(a_posture(), bends=[a_bend(1), a_bend(2), a_bend(3, kind=Kind.SQUAT)])
    for words in ("45°", "12 ± 6°", "from the side, facing left", "2 hip hinge  1 squat", "2.0 s"):
        assert words in text


def test_what_is_not_known_is_said():
    text = shown(Posture(0.0))
    assert text.count("not known") == 2
    assert "nobody yet" in text
    assert text.count("none yet") == 2
    assert "0°" not in text


def test_a_view_at_a_slant_and_a_spine_without_sd():
    text = shown(a_posture(view=View.OBLIQUE, facing=None, spine=SpineReading(12.0, None, None)))
    assert "at a slant" in text
    assert "12°" in text


def test_bars_end_at_their_ends():
    over = shown(a_posture(trunk_deg=500.0))
    under = shown(a_posture(trunk_deg=-20.0))
    assert "━" * 36 + "  500°" in over
    assert "─" * 36 + "  -20°" in under


@pytest.mark.parametrize(
    "posture",
    [
        a_posture(reasons=(Reason.OUT_OF_FRAME,)),
        a_posture(spine=SpineReading(None, None, None, (Reason.OUT_OF_FRAME,))),
    ],
)
def test_a_reason_is_told_as_advice(posture):
    assert Reason.OUT_OF_FRAME.advice[:40] in shown(posture)


def test_a_cue_is_shown_while_it_is_fresh():
    cue = Cue(2.0, "early")
    assert "send the hips back" in shown(a_posture(3.4), cue=cue)
    assert "send the hips back" not in shown(a_posture(3.6), cue=cue)
    assert "send the hips back" not in shown(a_posture(1.0), cue=cue)


def test_it_paints_at_most_eight_times_a_second():
    clock = Clock()
    console = a_console(terminal=True)
    with LiveView(console, clock=clock) as view:
        for n in range(31):
            clock.now_s = 100.0 + n / 30
            view.show(a_posture(float(n)))
        painted = plain(console).count("trunk")
    assert 8 <= painted <= 11


def test_closing_takes_the_view_away_and_keeps_the_lines():
    console = a_console(terminal=True)
    view = LiveView(console, clock=Clock())
    view.bend(a_bend(1))
    view.close()
    view.close()
    view.cue(Cue(1.0, "good"))
    assert "hip hinge" in plain(console)


def test_a_bend_in_one_line():
    bend = a_bend(7, role=Role.SETUP, kind=Kind.FLEXION, cues=(Cue(1.0, "early"),))
    assert bend_line(bend).plain == "  7  ╮ rounded back  92%  trunk 72°, spine 21 ± 6°, setup, cue early"


def test_an_unsure_bend_leaves_out_what_is_not_known_and_says_what_to_do():
    bend = a_bend(1, kind=Kind.UNSURE, reasons=(Reason.LOW_LIGHT,), trunk_deg=None, spine_flexion_deg=None)
    assert bend_line(bend).plain == f"  1  ? not sure      {Reason.LOW_LIGHT.advice}"
    bare = a_bend(1, kind=Kind.UNSURE, trunk_deg=None, spine_flexion_deg=None)
    assert bend_line(bare).plain.strip() == "1  ? not sure"


def test_progress_of_a_long_film_is_told_in_tenths_without_a_terminal():
    console = a_console(terminal=False)
    with progress(100.0, "a [b].mp4", console) as advance:
        for done_s in range(131):
            advance(float(done_s))
    assert console.file.getvalue().splitlines() == [f"a [b].mp4: {n} %" for n in range(10, 101, 10)]


@pytest.mark.parametrize("total_s", [None, 59.0])
def test_short_films_and_those_of_unknown_length_stay_silent(total_s):
    console = a_console(terminal=False)
    with progress(total_s, "film", console) as advance:
        advance(30.0)
    assert console.file.getvalue() == ""


@pytest.mark.parametrize("total_s", [None, 100.0])
def test_progress_on_a_terminal_is_a_bar_that_goes_away(total_s):
    console = a_console(terminal=True)
    with progress(total_s, "a [b].mp4", console) as advance:
        advance(50.0)
    assert "a [b].mp4" in plain(console)
    assert console.file.getvalue().endswith("\x1b[2K")


def test_progress_goes_to_stderr(capsys):
    with progress(100.0, "film") as advance:
        advance(50.0)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "film: 50 %" in captured.err
