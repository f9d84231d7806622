from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from hingecue.coach.constants import PatternName
from hingecue.cue.console import CUE_STYLES, ConsoleCue, marks
from hingecue.cue.patterns import PATTERNS
from hingecue.types import Cue


def played(*cues, terminal=False, bell=False):
    file = StringIO()
    sink = ConsoleCue(Console(file=file, force_terminal=terminal, width=40), bell=bell)
    for cue in cues:
        sink.play(cue)
    sink.close()
    sink.close()
    return file.getvalue()


def test_every_pattern_has_pulses_a_meaning_and_a_colour():
    assert set(PATTERNS) == set(CUE_STYLES) == set(PatternName)
    assert len({pattern.pulses for pattern in PATTERNS.values()}) == len(PATTERNS)
    for name, pattern in PATTERNS.items():
        assert pattern.name is name
        assert 0 < pattern.length_ms <= 500
        assert pattern.pulses[-1].off_ms == 0
        assert pattern.meaning.endswith(".")


def test_marks_look_the_way_the_cue_feels():
    assert [marks(PATTERNS[name]) for name in PatternName] == ["▮▮ ▮▮", "▮▮▮▮", "▮"]


def test_a_cue_is_one_line_however_narrow_the_terminal():
    text = played(Cue(2.31, "early"), Cue(12.0, "good"))
    assert text == ("▮▮ ▮▮    2.3 s  Your back is rounding: send the hips back.\n▮       12.0 s  Hip hinge.\n")


def test_only_a_terminal_gets_colours():
    assert "\x1b[" in played(Cue(1.0, "after"), terminal=True)
    assert "\x1b" not in played(Cue(1.0, "after"))


@pytest.mark.parametrize(("pattern", "rings"), [("early", True), ("after", True), ("good", False)])
def test_the_bell_rings_for_the_corrective_ones_when_wanted(pattern, rings):
    assert ("\a" in played(Cue(1.0, pattern), terminal=True, bell=True)) == rings
    assert "\a" not in played(Cue(1.0, pattern), terminal=True)


def test_a_pattern_that_nobody_knows_is_an_error():
    with pytest.raises(ValueError, match="loud"):
        played(Cue(1.0, "loud"))
