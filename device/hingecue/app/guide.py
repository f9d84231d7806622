"""Leads a person through a calibration, sample by sample: standing still, touching the toes, done or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hingecue.posture.calibration import Refusal, by_role, calibrate, restless, zeros
from hingecue.posture.excursion import ExcursionTracker
from hingecue.posture.touches import gyro_bias_dps, without_bias
from hingecue.posture.worn import ZERO_NEAR_DEG, WornSensors
from hingecue.types import SensorRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hingecue.posture.calibration import Calibration
    from hingecue.posture.tilt import Vector
    from hingecue.types import ImuSample

READY_S: Final = 3.0
"""Who has just typed the command needs so long to stand up from the keyboard (our judgement)."""
STAND_S: Final = 3.0
"""So long the person stands still (CONTRACT, the advice of `not_calibrated`)."""
STAND_PATIENCE_S: Final = 60.0
"""Who has not stood still by then is told why, and can begin again."""
NO_SENSOR_S: Final = 5.0
"""A bus is found and a chip started within a second; a sensor that gave nothing for so long will not."""
TOUCHES: Final = 3
DONE_SO_FAR: Final = (
    "One is done; two more, at your own pace.",
    "Two are done; one more.",
    "That was the last one; stand up as before.",
)
ENOUGH_TOUCHES: Final = 2
ENOUGH_AFTER_S: Final = 6.0
"""Who has touched their toes twice and stands for so long has finished: a breath between two takes 2 to 4 s."""
TOUCH_PATIENCE_S: Final = 60.0
"""Three slow touches take 20 to 30 s."""


class Step(StrEnum):
    """Where in a calibration the person is."""

    STAND = "stand"
    TOUCH = "touch"
    DONE = "done"
    REFUSED = "refused"


@dataclass(slots=True)
class _Touching:
    """What is followed while the person touches their toes. `upright_s`: since when they stand, None while bent."""

    began_s: float
    worn: WornSensors
    bias_dps: Mapping[SensorRole, Vector]
    samples: list[ImuSample] = field(default_factory=list)
    tracker: ExcursionTracker = field(default_factory=ExcursionTracker)
    touches: int = 0
    upright_s: float | None = None


class Guide:
    """Fed samples, knows the step and what to say; it has no clock.

    `step`, `sentence`: what to do now, for the person; it changes when there is something new to say.
    `result`: the calibration or why it is not taken, None until the end. `history_deg`, `before`: as `calibrate`.
    """

    def __init__(self, *, history_deg: Sequence[float] = (), before: Mapping[SensorRole, Vector] | None = None) -> None:
        self.step = Step.STAND
        self.sentence = "Stand as you usually do, let your arms hang, and keep still for three seconds."
        self.result: Calibration | Refusal | None = None
        self._history_deg = history_deg
        self._before = before
        self._waiting_s: float | None = None
        self._began_s: float | None = None
        self._still_s = 0.0
        self._heard: set[SensorRole] = set()
        self._stand: list[ImuSample] = []
        self._moved: Refusal | None = None
        self._touching: _Touching | None = None

    def feed(self, samples: Iterable[ImuSample], t_s: float) -> None:
        """Take what came since the last call, at the time `t_s` on the samples' clock. After the end nothing is."""
        worn = sorted((s for s in samples if s.role is not SensorRole.MOUNT), key=lambda s: s.t_ns)
        if self.result is not None:
            return
        if self._touching is not None:
            self._touch(self._touching, worn, t_s)
        elif self._began_s is not None:
            self._standing(worn, t_s, self._began_s)
        elif worn:
            self._began_s, self._still_s, self._heard = t_s, t_s + READY_S, {s.role for s in worn}
        else:
            self._waiting_s = t_s if self._waiting_s is None else self._waiting_s
            if t_s - self._waiting_s >= NO_SENSOR_S:
                self._end(restless(()))

    def _standing(self, worn: Sequence[ImuSample], t_s: float, began_s: float) -> None:
        self._heard |= {s.role for s in worn}
        self._stand = [s for s in (*self._stand, *worn) if s.t_s >= max(self._still_s, t_s - STAND_S)]
        if t_s <= self._still_s:
            return
        problem = restless(self._stand, self._heard)
        code = None if problem is None else problem.code
        if code == "not_one_g" or (code == "stand_short" and t_s - self._still_s >= STAND_S + NO_SENSOR_S):
            self._end(problem)
        elif t_s - began_s >= STAND_PATIENCE_S:
            self._end(self._moved or problem or restless(()))
        elif code == "moving":
            self._stand, self._still_s, self._moved = [], t_s, problem
            self.sentence = "That was a little movement; once more, keep still for three seconds."
        elif code is None and t_s - self._still_s >= STAND_S:
            self._begin_touching(t_s)

    def _begin_touching(self, t_s: float) -> None:
        body = WornSensors()
        for role, zero in zeros(self._stand).items():
            body.segment(role).calibrate(zero, None)
        bias = {role: gyro_bias_dps(samples) for role, samples in by_role(self._stand).items()}
        self._touching = _Touching(t_s, body, bias)
        self.step = Step.TOUCH
        self.sentence = "Now slowly down to your toes, let your back go round, and come up again: three times."

    def _touch(self, now: _Touching, worn: Sequence[ImuSample], t_s: float) -> None:
        for sample in worn:
            now.samples.append(sample)
            if sample.role in now.bias_dps:  # a sensor that did not stand has no zero
                now.worn.add(without_bias(sample, now.bias_dps[sample.role]))
            live = [s.tilt_deg for s in now.worn.segments.values() if s.usable(sample.t_s) and s.tilt_deg is not None]
            if not live:
                continue
            tilt = max(live)
            if now.tracker.update(sample.t_s, tilt) is not None:
                now.touches += 1
                self.sentence = DONE_SO_FAR[min(now.touches, TOUCHES) - 1]
            if tilt > ZERO_NEAR_DEG:
                now.upright_s = None
            elif now.upright_s is None:
                now.upright_s = sample.t_s
        stood_s = 0.0 if now.upright_s is None else t_s - now.upright_s
        finished = (now.touches >= TOUCHES and now.upright_s is not None) or (
            now.touches >= ENOUGH_TOUCHES and stood_s >= ENOUGH_AFTER_S
        )
        if finished or t_s - now.began_s >= TOUCH_PATIENCE_S:
            self._end(calibrate(self._stand, now.samples, history_deg=self._history_deg, before=self._before))

    def _end(self, result: Calibration | Refusal | None) -> None:
        self.result = result
        self.step = Step.REFUSED if isinstance(result, Refusal) else Step.DONE
        self.sentence = (
            f"This one is not kept: {result.what}; {result.try_this}."
            if isinstance(result, Refusal)
            else "Thank you, that is your range."
        )
