"""What each bend was for: repetitions of a set, bends on their own, the way down to a load and putting it down."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from hingecue.posture.constants import ODD_SHAPE_DEG, ODD_STAY_FACTOR, ODD_STAY_S, SET_GAP_MAX_S
from hingecue.types import Bend, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

ODD_MIN_OTHERS = 2
"""A bend is odd only against at least two others."""


def resolve(bends: Sequence[Bend]) -> list[Bend]:
    """Give the bends with their final roles and running indices.

    Bends with gaps under SET_GAP_MAX form a set and are repetitions. In a set of three or more the first may be a
    `setup` and the last a `set_down`: they differ from the others in shape, or stay
    down much longer, or (the last) never come up.
    A film that begins and ends at the bottom shows lifts that start there: the last way down belongs to the last lift.
    """
    joined = _join_bottom_first(list(bends))
    result: list[Bend] = []
    for group in _sets(joined):
        result += _roles_of(group)
    return [replace(bend, index=i) for i, bend in enumerate(result, 1)]


def _sets(bends: list[Bend]) -> list[list[Bend]]:
    groups: list[list[Bend]] = []
    for bend in bends:
        if groups and _gap(groups[-1][-1], bend) < SET_GAP_MAX_S:
            groups[-1].append(bend)
        else:
            groups.append([bend])
    return groups


def _gap(first: Bend, second: Bend) -> float:
    end = first.end_s if first.end_s is not None else first.bottom_s
    start = second.start_s if second.start_s is not None else second.bottom_s
    return start - end


def _join_bottom_first(bends: list[Bend]) -> list[Bend]:
    """Join the last half bend to the lift before it, in films that begin and end at the bottom."""
    if len(bends) < 2 or bends[0].start_s is not None or bends[-1].end_s is not None:
        return bends
    lift, lowering = bends[-2], bends[-1]
    if lift.end_s is None or _gap(lift, lowering) >= SET_GAP_MAX_S:
        return bends
    worse = max((lift, lowering), key=lambda b: b.spine_flexion_deg or float("-inf"))
    joined = replace(
        lift,
        end_s=lowering.bottom_s,
        down_s=lowering.down_s,
        kind=worse.kind,
        confidence=worse.confidence,
        reasons=worse.reasons,
        spine_flexion_deg=worse.spine_flexion_deg,
        spine_sd_deg=worse.spine_sd_deg,
        flexion_share=worse.flexion_share,
        spine_source=worse.spine_source,
        cues=lift.cues + lowering.cues,
    )
    return [*bends[:-2], joined]


def _roles_of(group: list[Bend]) -> list[Bend]:
    if len(group) == 1:
        return [replace(group[0], role=Role.SINGLE)]
    roles = [Role.REPETITION] * len(group)
    if len(group) > ODD_MIN_OTHERS:
        # Who has not come up again when the film ends has put the load down, or at least not lifted it.
        if group[-1].end_s is None or _is_odd(group[-1], group[:-1]):
            roles[-1] = Role.SET_DOWN
        rest = group[1:-1] if roles[-1] is Role.SET_DOWN else group[1:]
        if len(rest) >= ODD_MIN_OTHERS and _is_odd(group[0], rest):
            roles[0] = Role.SETUP
    return [replace(bend, role=role) for bend, role in zip(group, roles, strict=True)]


def _is_odd(bend: Bend, others: Sequence[Bend]) -> bool:
    """Tell whether a bend differs from the others in shape, or stays down much longer, or never comes up."""
    off = 0
    for name in ("trunk_deg", "hip_deg", "knee_deg"):
        value = getattr(bend, name)
        known = [v for o in others if (v := getattr(o, name)) is not None]
        if value is not None and known and abs(value - median(known)) > ODD_SHAPE_DEG:
            off += 1
    pauses = [o.pause_s for o in others if o.pause_s is not None]
    stays = (
        bend.pause_s is not None and bool(pauses) and bend.pause_s > max(ODD_STAY_S, ODD_STAY_FACTOR * median(pauses))
    )
    return off >= 2 or (off == 1 and stays)
