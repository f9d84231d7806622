"""What the engine adds to the rooms it chains."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tests.fakes import skeleton

from hingecue.app.engine import Engine
from hingecue.app.worn_sensors import LiveFlow
from hingecue.types import Frame, Kind, Reason

FPS = 30.0
PICTURE = np.zeros((4, 4, 3), np.uint8)


def trunk_deg(t_s: float) -> float:
    """Stand for two seconds, bend to 70 degrees and up again within three, stand."""
    return 70.0 * float(np.sin(np.pi * np.clip((t_s - 2.0) / 3.0, 0.0, 1.0)) ** 2)


def bend_of(*, dark: bool, reasons: tuple[Reason, ...] = ()):
    """Give the one bend of a clean hinge, whose camera calls it dark or not."""

    def see(frame: Frame, *, want_mask: bool):
        trunk = trunk_deg(frame.t_s)
        mask = np.ones((2, 2), np.float32) if want_mask else None
        return replace(skeleton.pose(trunk, 1.3 * trunk, 10), mask=mask)

    spine = SimpleNamespace(read=lambda _: skeleton.reading(2.0, 4.0, 5.0, *reasons))
    engine = Engine(tracker=SimpleNamespace(step=see), spine=spine)
    for number in range(int(7 * FPS)):
        t_ns = round(number / FPS * 1e9)
        engine.step(Frame(number, t_ns, PICTURE, dark=dark and 2.0 < t_ns / 1e9 < 5.0))
    (bend,) = engine.bends
    return bend


def test_a_bend_in_the_light_is_judged() -> None:
    bend = bend_of(dark=False)
    assert bend.kind is Kind.HINGE
    assert Reason.LOW_LIGHT not in bend.reasons


def test_a_bend_that_the_camera_calls_dark_is_unsure_and_says_why() -> None:
    bend = bend_of(dark=True)
    assert bend.kind is Kind.UNSURE
    assert Reason.LOW_LIGHT in bend.reasons


def test_what_the_picture_says_by_itself_is_not_said_twice() -> None:
    bend = bend_of(dark=True, reasons=(Reason.LOW_LIGHT,))
    assert bend.reasons.count(Reason.LOW_LIGHT) == 1


@pytest.mark.parametrize("dark", [False, True])
def test_dark_reaches_the_engine_through_the_live_flow(dark: bool) -> None:
    frame = Frame(40, 9_000_000_000, PICTURE, dark=dark)
    camera = SimpleNamespace(frames_and_pokes=lambda: iter([frame]))
    ((samples, moment),) = LiveFlow(camera, None)
    assert samples == []
    assert (moment.index, moment.t_ns, moment.dark) == (0, 0, dark)
    assert moment.rgb is PICTURE
