"""One frame in, everything judged out: the same chain for films, recordings, the live camera and worn sensors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hingecue.coach.rules import CueRule
from hingecue.posture.judge import Judge
from hingecue.posture.roles import resolve
from hingecue.types import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hingecue.pose.spine import SpineEstimator
    from hingecue.pose.tracker import PoseTracker
    from hingecue.posture.judge import Judgement
    from hingecue.posture.kind import Bands
    from hingecue.posture.sensed import SensedBody
    from hingecue.types import Bend, Cue, Frame, ImuSample, Pose, Posture

LIVE_OUTLINE_S: Final = 0.05
"""Live, while somebody bends, the outline is read when the last reading is so old: at 30 frames a second in every other
one. The back moves slower than that, and the mask is half of the landmark model's time. Offline it is read in each."""
STANDING_MASK_S: Final = 0.33
"""While nobody bends it is read three times a second all the same: the standing back is the spine's zero."""
ROUNDING_S: Final = 0.002
"""Frames come a little early or late."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame brought; `frame` and `pose` are what it was judged from, for who draws it before the next."""

    posture: Posture
    bend: Bend | None
    cues: tuple[Cue, ...]
    frame: Frame | None = field(default=None, compare=False, repr=False)
    pose: Pose | None = field(default=None, compare=False, repr=False)


class Engine:
    """The main job: pose, spine, judgement and cues for streams of frames and samples that carry their own time.

    `tracker` and `spine` are None where there is no camera.
    """

    def __init__(
        self,
        *,
        tracker: PoseTracker | None,
        spine: SpineEstimator | None,
        bands: Bands | None = None,
        outline_period_s: float = 0.0,
        sensed: SensedBody | None = None,
    ) -> None:
        self.tracker = tracker
        self._outline_period_s = outline_period_s
        self.spine = spine
        self.judge = Judge(bands, sensed)
        self._rule = CueRule()
        self._cues: dict[int, list[Cue]] = {}
        self._bends: list[Bend] = []
        self._mask_s = float("-inf")
        self.latency_ms: Callable[[], float | None] = lambda: None

    @property
    def bends(self) -> list[Bend]:
        """The bends so far, with the roles as they stand now and their cues."""
        return resolve(self._bends)

    def feel(self, samples: Iterable[ImuSample]) -> None:
        """Take samples of the sensors, in the order of their times, up to the next step's or tick's."""
        for sample in samples:
            self.judge.sensed.feel(sample)

    def tick(self, t_s: float) -> Step:
        """Judge what the sensors have felt until `t_s`: between frames, or without a camera."""
        return self._done(self.judge.tick(t_s), t_s)

    def step(self, frame: Frame) -> Step:
        """Judge one frame."""
        if self.tracker is None or self.spine is None:
            return self.tick(frame.t_s)
        period = self._outline_period_s if self.judge.bending else STANDING_MASK_S
        want = not 0.0 <= frame.t_s - self._mask_s < period - ROUNDING_S
        if want:
            self._mask_s = frame.t_s
        pose = self.tracker.step(frame, want_mask=want)
        reading = None if pose is None or pose.mask is None else self.spine.read(pose)
        if frame.dark and reading is not None and Reason.LOW_LIGHT not in reading.reasons:
            reading = replace(reading, reasons=(*reading.reasons, Reason.LOW_LIGHT))
        step = self._done(self.judge.update(frame.t_s, pose, reading), frame.t_s)
        if self.judge.sensed.stranger:
            # The sensors are on somebody else in this picture.
            self.tracker.another()
            self.judge.sensed.align.restart()
        return replace(step, frame=frame, pose=pose)

    def _done(self, judged: Judgement, t_s: float) -> Step:
        """Decide on cues."""
        cues: list[Cue] = []
        if judged.progress is not None:
            progress = judged.progress
            early = self._rule.on_progress(progress.bend_index, t_s, progress.going_down, progress.p_flexion)
            self._note(progress.bend_index, early, cues)
        bend = self._finished(judged.bend, t_s, cues)
        return Step(judged.posture, bend, tuple(cues))

    def finish(self, t_s: float) -> Step | None:
        """End the stream; give the bend that it cut off, if any."""
        cut = self.judge.finish()
        if cut is None:
            return None
        cues: list[Cue] = []
        bend = self._finished(cut, t_s, cues)
        return Step(self.judge.last_posture, bend, tuple(cues))

    def _finished(self, bend: Bend | None, t_s: float, cues: list[Cue]) -> Bend | None:
        if bend is None:
            return None
        self._note(bend.index, self._rule.on_bend(bend, t_s), cues)
        bend = replace(bend, cues=tuple(self._cues.pop(bend.index, ())))
        self._bends.append(bend)
        return bend

    def _note(self, index: int, cue: Cue | None, cues: list[Cue]) -> None:
        if cue is not None:
            cue = replace(cue, latency_ms=self.latency_ms())
            cues.append(cue)
            self._cues.setdefault(index, []).append(cue)
