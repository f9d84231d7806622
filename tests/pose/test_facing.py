"""Which way a person faces, and when that changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecue.pose.facing import TURNED_NS, FacingWatch, facing_terms, facing_vote

TICK = 100_000_000


def figure() -> np.ndarray:
    """A stick man from the side, bent a little, facing right."""
    lm = np.zeros((33, 4), np.float32)
    lm[:, 3] = 1
    spots = {0: (150, 50), 7: (138, 48), 11: (130, 80), 13: (132, 110), 15: (145, 135), 23: (120, 140), 25: (135, 185)}
    spots |= {27: (120, 230), 29: (115, 238), 31: (140, 240)}
    for i, (x, y) in spots.items():
        for k in (0, 1) if i else (0,):
            lm[i + k, :2] = x, y
            lm[i + k, 2] = -20 if k else 20
    return lm


def mirrored(lm: np.ndarray) -> np.ndarray:
    """The same man in the mirror: the sides change names with the picture."""
    twin = lm.copy()
    for left in (7, 11, 13, 15, 23, 25, 27, 29, 31):
        twin[[left, left + 1]] = lm[[left + 1, left]]
    twin[:, 0] = 255 - twin[:, 0]
    return twin


def test_every_term_sees_the_front_to_the_right() -> None:
    terms = facing_terms(figure())
    assert set(terms) == {"depth", "head", "hip", "knee", "foot", "elbow"}
    assert all(vote > 0 and 0 <= weight <= 1 for vote, weight in terms.values()), terms
    assert facing_vote(figure()) > 0.7


@given(st.integers(0, 2**32 - 1))
def test_the_vote_changes_its_sign_in_the_mirror(seed: int) -> None:
    lm = figure()
    lm[:, :3] += np.random.default_rng(seed).normal(0, 15, (33, 3))
    lm[:, 3] = np.random.default_rng(seed + 1).uniform(0, 1, 33)
    assert facing_vote(mirrored(lm)) == pytest.approx(-facing_vote(lm), abs=1e-4)
    assert -1 <= facing_vote(lm) <= 1


def test_a_turned_picture_changes_nothing() -> None:
    lm = figure()
    turned = lm.copy()
    turned[:, 0], turned[:, 1] = 255 - lm[:, 1], lm[:, 0]
    assert facing_vote(turned) == pytest.approx(facing_vote(lm), abs=1e-5)


def test_one_bad_vote_turns_nobody() -> None:
    watch = FacingWatch()
    watch.decide(0.9)
    assert not watch.watch(-1, 0.1, TICK)
    assert not any(watch.watch(0.9, 0.1, (2 + i) * TICK) for i in range(20))
    assert watch.confidence == pytest.approx(0.9, abs=0.01)


def test_half_a_second_of_turned_votes_asks_for_a_decision() -> None:
    watch = FacingWatch()
    watch.decide(0.9)
    answers = [watch.watch(-0.9, 0.1, i * TICK) for i in range(1, 15)]
    first = answers.index(True)
    assert first * TICK >= TURNED_NS
    assert all(answers[first:])
    watch.decide(-0.8)
    assert watch.mirrored
    assert watch.confidence == 0.8
    assert not watch.watch(0.8, 0.1, 16 * TICK)
