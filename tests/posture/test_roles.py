from __future__ import annotations

from dataclasses import replace

from hingecue.posture.roles import resolve
from hingecue.types import Bend, Kind, Role, SpineSource


def bend(bottom, **changes):
    base = Bend(
        index=1, role=Role.SINGLE, start_s=bottom - 1, bottom_s=bottom, end_s=bottom + 1, kind=Kind.HINGE,
        confidence=0.9, reasons=(), trunk_deg=60.0, hip_deg=90.0, knee_deg=30.0, spine_flexion_deg=15.0,
        spine_sd_deg=5.0, flexion_share=0.25, spine_source=SpineSource.CAMERA, down_s=1.0, pause_s=0.1, up_s=1.0,
    )  # fmt: skip
    return replace(base, **changes)


def roles(bends):
    return [b.role for b in resolve(bends)]


def test_close_bends_are_a_set_and_far_ones_are_not() -> None:
    assert roles([bend(2), bend(5), bend(30)]) == [Role.REPETITION, Role.REPETITION, Role.SINGLE]
    assert resolve([]) == []


def test_indices_run_from_one() -> None:
    assert [b.index for b in resolve([bend(2, index=7), bend(5, index=9)])] == [1, 2]


def test_a_crouch_at_the_end_is_a_set_down() -> None:
    crouch = bend(14, trunk_deg=35.0, knee_deg=120.0, hip_deg=130.0)
    assert roles([bend(2), bend(5), bend(8), crouch])[-1] is Role.SET_DOWN


def test_who_never_comes_up_has_set_the_load_down() -> None:
    assert roles([bend(2), bend(5), bend(8, end_s=None)])[-1] is Role.SET_DOWN


def test_a_long_odd_first_bend_is_the_setup() -> None:
    first = bend(2, knee_deg=70.0, pause_s=3.0)
    assert roles([first, bend(7), bend(10), bend(13)]) == [Role.SETUP] + [Role.REPETITION] * 3


def test_two_bends_are_never_odd_against_each_other() -> None:
    assert roles([bend(2), bend(5, knee_deg=100.0, trunk_deg=20.0)]) == [Role.REPETITION] * 2


def test_unknown_angles_are_not_odd() -> None:
    unknown = bend(8, trunk_deg=None, hip_deg=None, knee_deg=None, pause_s=None)
    assert roles([bend(2), bend(5), unknown]) == [Role.REPETITION] * 3
    assert roles([unknown, replace(unknown, bottom_s=11.0), bend(14)])[-1] is Role.REPETITION


def test_a_film_from_bottom_to_bottom_is_one_lift() -> None:
    up = bend(0.2, start_s=None, end_s=2.0, spine_flexion_deg=None)
    down = bend(3.5, start_s=2.2, end_s=None, spine_flexion_deg=50.0, kind=Kind.FLEXION)
    (lift,) = resolve([up, down])
    assert lift.start_s is None
    assert lift.end_s == 3.5
    assert lift.kind is Kind.FLEXION
    assert lift.role is Role.SINGLE


def test_half_bends_that_are_far_apart_or_without_a_top_stay_two() -> None:
    up = bend(0.2, start_s=None, end_s=2.0)
    assert len(resolve([up, bend(40, end_s=None)])) == 2
    assert len(resolve([replace(up, end_s=None), bend(4, end_s=None)])) == 2
