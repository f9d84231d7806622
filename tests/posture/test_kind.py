from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecue.posture.kind import Bands, flexion_probabilities, judge_kind, normal_cdf, squat_probability
from hingecue.types import Kind, Reason

BANDS = Bands()


def kind(flexion, sd=3.0, *, trunk=70.0, knee=20.0, doubts=()):
    return judge_kind(trunk_deg=trunk, knee_deg=knee, flexion_deg=flexion, sd_deg=sd, bands=BANDS, doubts=doubts)


@pytest.mark.parametrize(
    ("flexion", "sd", "expected"),
    [(15, 4, Kind.HINGE), (60, 4, Kind.FLEXION), (37.5, 1.5, Kind.MIXED), (37.5, 12, Kind.UNSURE)],
)
def test_the_bands_name_the_kind(flexion, sd, expected) -> None:
    assert kind(flexion, sd).kind is expected


def test_deep_knees_under_an_upright_trunk_are_a_squat() -> None:
    assert kind(10, trunk=38, knee=115).kind is Kind.SQUAT
    assert kind(10, trunk=50, knee=90).kind is Kind.HINGE
    assert kind(60, trunk=38, knee=115).kind is Kind.FLEXION


def test_a_squat_needs_a_knee() -> None:
    assert squat_probability(30, None) == 0
    assert squat_probability(30, 120) > 0.95


def test_a_shallow_bend_does_not_show_a_hinge() -> None:
    verdict = kind(5, trunk=28, knee=10)
    assert verdict.kind is Kind.UNSURE
    assert verdict.reasons == (Reason.TOO_SHALLOW,)


def test_doubts_forbid_an_answer_and_are_the_reasons() -> None:
    verdict = kind(5, doubts=(Reason.VIEW_NOT_SIDE,))
    assert verdict.kind is Kind.UNSURE
    assert verdict.reasons == (Reason.VIEW_NOT_SIDE,)


def test_without_a_reading_there_is_no_kind() -> None:
    assert kind(None, None).reasons == (Reason.PERSON_LOST,)


def test_between_the_bands_with_a_poor_estimate_says_near_threshold() -> None:
    assert kind(37.5, 12).reasons == (Reason.NEAR_THRESHOLD,)


@given(st.floats(-40, 120), st.floats(0.5, 30))
def test_probabilities_add_up(flexion, sd) -> None:
    p = flexion_probabilities(flexion, sd, BANDS)
    assert sum(p) == pytest.approx(1, abs=1e-6)
    assert min(p) >= 0


@given(st.floats(-40, 100), st.floats(0.5, 30), st.floats(0.1, 40))
def test_more_flexion_never_makes_flexion_less_probable(flexion, sd, more) -> None:
    assert flexion_probabilities(flexion + more, sd, BANDS)[2] >= flexion_probabilities(flexion, sd, BANDS)[2] - 1e-12


def test_the_normal_distribution() -> None:
    assert normal_cdf(0) == 0.5
    assert normal_cdf(1.96) == pytest.approx(0.975, abs=1e-3)
