"""Somebody who touches their toes with two sensors on, live: the samples, and what gives them out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hingecue.app.guide import READY_S, STAND_S
from hingecue.types import SensorRole
from tests.fakes.segments import Lift, simulate

P, T = SensorRole.PELVIS, SensorRole.THORAX
LEAD_S = READY_S + STAND_S + 1.0
TOUCH = Lift(
    period_s=4.0,
    trunk_deg=110.0,
    spine_share=0.5,
    repetitions=3,
    pause_s=1.0,
    stand_s=LEAD_S,
    shocks=False,
    rate_hz=50.0,
)
UNKIND = ("bad", "wrong", "danger", "injur", "fail", "error")
"""Words of blame or fear (CONTRACT §3)."""


def samples_of(lift=TOUCH, from_s=1000.0):
    """What live sensors give: their clock began long ago."""
    samples = simulate(lift, np.random.default_rng(0)).samples()
    return [replace(s, t_ns=s.t_ns + round(from_s * 1e9)) for s in samples]


def later(samples, by_s):
    return [replace(s, t_ns=s.t_ns + round(by_s * 1e9)) for s in samples]


class Worn:
    """Gives the samples at the speed of life, by a clock that only sleep moves."""

    def __init__(self, samples, quiet_s=0.0):
        self.samples = sorted(samples, key=lambda s: s.t_ns)
        self.now_s = (self.samples[0].t_s if samples else 0.0) - quiet_s

    def take(self):
        due = [s for s in self.samples[:400] if s.t_s <= self.now_s]
        del self.samples[: len(due)]
        return due[::-1] if len(due) == 2 else due

    def sleep(self, seconds):
        self.now_s += seconds
