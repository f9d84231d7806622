from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.bend import a_bend

from hingecue.coach.constants import PatternName
from hingecue.coach.summary import headline, say, summarise
from hingecue.coach.words import KIND_WORDS, ROLE_WORDS, counted
from hingecue.types import Kind, Reason, Role

NEVER = ("bad", "wrong", "danger", "injur", "poor", "mistake", "fail")

some_bends = st.lists(
    st.tuples(
        st.sampled_from(list(Kind)),
        st.sampled_from(list(Role)),
        st.none() | st.floats(0, 1.5),
        st.lists(st.sampled_from(list(Reason)), max_size=2),
    ),
    max_size=12,
).map(
    lambda rows: [
        a_bend(n, kind=kind, role=role, flexion_share=share, reasons=tuple(reasons))
        for n, (kind, role, share, reasons) in enumerate(rows, 1)
    ]
)


def of(*kinds, **changes):
    return [a_bend(n, kind=kind, **changes) for n, kind in enumerate(kinds, 1)]


def told(bends):
    return say(summarise(bends), bends)


@given(some_bends)
def test_the_counts_add_up(bends):
    summary = summarise(iter(bends))
    assert summary.bends == len(bends) == sum(summary.count(kind) for kind in Kind)
    assert summary.repetitions == sum(bend.role is Role.REPETITION for bend in bends)
    assert all(summary.count(kind) == sum(b.kind is kind for b in bends) for kind in Kind)


@given(some_bends)
def test_a_session_is_told_in_up_to_three_sentences_without_blame(bends):
    words = told(bends)
    assert words.startswith(headline(summarise(bends)))
    assert words.count(". ") <= 2
    assert words.endswith(".")
    assert "  " not in words
    assert not [word for word in NEVER if word in words.lower()]


def test_the_headline_counts_in_words():
    assert headline(summarise([])) == "No bends seen."
    assert headline(summarise(of(Kind.SQUAT))) == "1 bend: 1 squat."
    assert headline(summarise(of(Kind.HINGE, Kind.HINGE, *Kind))) == (
        "7 bends: 3 hip hinges, 1 squat, 1 with a rounded back, 1 in between, 1 left open."
    )


def test_the_share_told_is_that_of_the_more_frequent_kind():
    hinges = of(Kind.HINGE, flexion_share=0.30)
    assert "In the hinges your back used about 30% of its own range." in told(hinges)
    mostly_rounded = [*hinges, *of(Kind.FLEXION, Kind.FLEXION, flexion_share=0.80)]
    assert "In the rounded bends your back used about 80% of its own range." in told(mostly_rounded)


def test_a_share_that_is_not_known_is_not_told():
    assert told(of(Kind.HINGE, flexion_share=None)) == "1 bend: 1 hip hinge."


def test_rounding_gets_a_next_step_and_a_welcome():
    assert "Rounding on purpose is welcome" in told(of(Kind.HINGE, Kind.FLEXION))


def test_when_half_stayed_open_that_is_mended_first():
    dark = of(Kind.UNSURE, reasons=(Reason.LOW_LIGHT,))
    assert told([*dark, *of(Kind.FLEXION)]).endswith(Reason.LOW_LIGHT.advice)
    assert "Rounding on purpose" in told([*dark, *of(Kind.FLEXION, Kind.FLEXION)])
    assert told([*dark, *of(Kind.SQUAT, Kind.SQUAT)]).endswith(Reason.LOW_LIGHT.advice)


def test_the_commonest_reason_is_the_one_that_is_told():
    bends = [
        *of(Kind.UNSURE, reasons=(Reason.TOO_FAST,)),
        *of(Kind.UNSURE, Kind.UNSURE, reasons=(Reason.OUT_OF_FRAME,)),
    ]
    assert told(bends).endswith(Reason.OUT_OF_FRAME.advice)


def test_every_kind_role_and_reason_has_plain_words():
    assert set(KIND_WORDS) == set(Kind)
    assert set(ROLE_WORDS) == set(Role)
    spoken = [*KIND_WORDS.values(), *ROLE_WORDS.values(), *(reason.advice for reason in Reason)]
    assert not [words for words in spoken for word in NEVER if word in words.lower()]
    assert all(reason.advice.endswith(".") for reason in Reason)


@pytest.mark.parametrize(("count", "words"), [(0, "0 bends"), (1, "1 bend"), (2, "2 bends")])
def test_one_is_not_many(count, words):
    assert counted(count, "bend", "bends") == words


def test_there_are_three_patterns():
    assert [str(name) for name in PatternName] == ["early", "after", "good"]
