from __future__ import annotations

import threading

from tests.fakes.pins import until

from hingecue.coach.constants import PatternName
from hingecue.cue.lights import BLINK_PAUSE_MS, DARK, LIGHTS, MOTOR_DUTY, RED, Light, cue_track, fault_blinks
from hingecue.cue.patterns import PATTERNS
from hingecue.cue.player import Player, Step, Track


def steps_of(name):
    return [(step.levels, step.ms) for step in cue_track(PATTERNS[name]).steps]


def test_tracks_have_the_exact_times_of_the_patterns():
    assert steps_of(PatternName.EARLY) == [
        *(((1.0, 1.0), 40), ((MOTOR_DUTY, 1.0), 110), ((0.0, 0.0), 100)),
        *(((1.0, 1.0), 40), ((MOTOR_DUTY, 1.0), 110)),
    ]
    assert steps_of(PatternName.GOOD) == [((1.0, 0.0), 40), ((MOTOR_DUTY, 0.0), 20)]
    for name, pattern in PATTERNS.items():
        assert sum(ms for _, ms in steps_of(name)) == pattern.length_ms


def test_every_state_has_a_rhythm_of_its_own():
    assert set(LIGHTS) == set(Light)
    rhythms = [tuple((any(s.levels), s.ms) for s in track.steps) for track in LIGHTS.values()]
    assert len(set(rhythms)) == len(rhythms)


def test_a_fault_blinks_its_number_and_pauses():
    track = fault_blinks(4)
    assert [step.levels for step in track.steps] == [RED, DARK] * 4 + [DARK]
    assert track.steps[-1].ms == BLINK_PAUSE_MS
    assert track.repeat
    assert fault_blinks(0) == Track()


def test_the_newest_track_replaces_the_one_that_plays():
    written, rested = [], threading.Event()

    def write(levels):
        written.append(levels)
        if written[-2:] == [(0.3,), (0.0,)]:
            rested.set()

    player = Player("test", write, (0.0,))
    player.play(Track((Step((0.1,), None), Step((0.2,), 1))))
    until(lambda: written == [(0.1,)])
    player.play(Track((Step((0.3,), 1),)))
    assert rested.wait(5)
    assert player.close()
    assert written == [(0.1,), (0.0,), (0.3,), (0.0,)]
    player.play(Track((Step((0.4,), 1),)))
    assert (0.4,) not in written
