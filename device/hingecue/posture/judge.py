"""The judge: one frame after the other in, postures and bends out. It remembers, but reads no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import takewhile
from statistics import median
from typing import TYPE_CHECKING, Final

from hingecue.posture.angles import Angles, NearSide, measure
from hingecue.posture.bottom import Sample, at_bottom, common_view, find_bottom, pause_s, spine_peak
from hingecue.posture.constants import DURATION_MIN_S, FLEXION_WINDOW_S, HISTORY_MAX_S, START_RISE_DEG
from hingecue.posture.excursion import Excursion, ExcursionTracker, Phase
from hingecue.posture.fusion import worn_trunk_deg
from hingecue.posture.kind import Bands, flexion_probabilities, judge_kind
from hingecue.posture.sensed import SensedBody, levelled
from hingecue.posture.standing import SpineZero, StandingZero
from hingecue.posture.view import faces_camera, name_view
from hingecue.types import Bend, Pose, Posture, Reason, Role, SpineReading, View

if TYPE_CHECKING:
    from hingecue.posture.worn import WornState

HIP_SHARE: Final = 0.5
"""A squat moves the hips far and the trunk little: half the hip's flexion counts as much as the trunk's."""
LEGS_MEMORY: Final = 0.9
LEGS_SEEN_SHARE: Final = 0.6
"""A hip angle counts for the bend signal only where the knee was seen in so much of the last ten frames or so: behind
plates it is guessed now and then, and every guess would be a bend of half its angle."""
HELD_S: Final = 0.12
"""What the camera saw stands for so long beside newer samples of the sensors: three frames at 30 a second."""
PELVIS_GAIN: Final = 1.7
"""Trunk ÷ pelvis over a whole bend of 60°: 1.8 in a usual one, 1.2 in a lifter's hinge (biomechanics A2)."""
DROP_DEG_M: Final = 120.0
"""A squat of 0.4 m counts as much as a bend of 48°."""
LOST_S: Final = 2.0
"""A person unseen for longer than this ends what was under way."""
SMOOTH_FRAMES: Final = 3
"""The bend signal is the median of so many frames: one jump of the landmarks is not a bend."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How the bend under way stands: which it will be, whether it still goes down, and then how probable flexion is."""

    bend_index: int
    going_down: bool
    p_flexion: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one frame brought: its posture, the bend under way, and the bend that it completed."""

    posture: Posture
    progress: Progress | None
    bend: Bend | None


class Judge:
    """Turns poses, spine readings and motion sensors into postures and bends.

    Bends come out with the role they seem to have at that moment; `roles.resolve` says the last word when the set
    is over.
    """

    def __init__(self, bands: Bands | None = None, sensed: SensedBody | None = None) -> None:
        self.bands = bands or Bands()
        self.sensed = sensed or SensedBody()
        self._near = NearSide()
        self._zero = StandingZero()
        self._spine_zero = SpineZero()
        self._excursions = ExcursionTracker()
        self._recent: deque[float] = deque(maxlen=SMOOTH_FRAMES)
        self._samples: deque[Sample] = deque()
        self._bends = 0
        self._legs_seen = 1.0
        self._seen_s: float | None = None
        self._framed_s = float("-inf")
        self._spine_seen: tuple[float, SpineReading] | None = None
        self._knocks = 0
        self._moved = False
        self.last_posture = Posture(0.0, reasons=(Reason.PERSON_LOST,))

    @property
    def bending(self) -> bool:
        """Tell whether the trunk is off standing, so that the outline of the back is wanted."""
        return self._excursions.phase is not Phase.TOP or bool(self._recent and self._recent[-1] > 10.0)

    @property
    def under_way(self) -> bool:
        """Tell whether somebody is in the middle of a bend, so far as is known."""
        return self._excursions.phase in {Phase.DOWN, Phase.UP}

    def update(self, t_s: float, pose: Pose | None, spine: SpineReading | None) -> Judgement:
        """Judge one frame; `pose` is None when nobody is seen, `spine` when the mask was not read.

        Sensors' samples up to `t_s` have been given to `sensed` before.
        """
        angles = self._see(t_s, pose, spine) if pose is not None else None
        return self._judge(t_s, pose, angles)

    def tick(self, t_s: float) -> Judgement:
        """Judge what the sensors have felt since the last frame; what the camera saw last stands for a moment."""
        if t_s - self._framed_s > HELD_S:
            return self._judge(t_s, None, None)
        trunk = self.last_posture.trunk_deg
        worn = self.sensed.state(t_s)
        posture = replace(self.last_posture, t_s=t_s, spine=self._spine(t_s, trunk, worn))
        if trunk is not None and self._recent:
            self._remember(Sample(posture, self._recent[-1]))
        return Judgement(posture, self._progress(t_s), None)

    def _see(self, t_s: float, pose: Pose, spine: SpineReading | None) -> Angles:
        """Take what the camera saw."""
        self._framed_s = t_s
        if self.sensed.mount.knocks != self._knocks:
            self._knocks = self.sensed.mount.knocks
            self._zero, self._moved = StandingZero(), True
        angles = levelled(measure(pose, self._near.update(pose.landmarks)), pose.facing, self.sensed.mount)
        standing = self._zero.update(t_s, angles)
        if standing:
            self._moved = self._moved and not self._zero.settled
            if spine is not None:
                self._spine_zero.learn(spine)
        if spine is not None:
            self._spine_seen = t_s, self._spine_zero.corrected(spine)
        trunk = None if angles.trunk_deg is None else angles.trunk_deg - self._zero.zero_deg
        self.sensed.see(t_s, trunk, standing=standing, people=pose.people)
        return angles

    def _watch_flex(self, t_s: float, trunk_deg: float | None, worn: WornState | None) -> None:
        """Learn the person's range by the camera while they touch their toes."""
        flex = self.sensed.flex
        if flex is None:
            return
        flex.add(t_s, trunk_deg, worn, self._spine_seen[1] if self._spine_seen and self._read_at(t_s) else None)
        if not flex.over(t_s):
            return
        self.sensed.flex = None
        if flex.camera_max_deg is not None:
            self.bands = replace(self.bands, flexion_max_deg=flex.camera_max_deg, calibrated=True)
        if flex.chord_share is not None:
            self.sensed.scale = replace(self.sensed.scale, chord_share=flex.chord_share)

    def _judge(self, t_s: float, pose: Pose | None, angles: Angles | None) -> Judgement:
        cut = self._lost(t_s)
        posture = self._posture(t_s, pose, angles)
        if pose is not None or known(posture):
            self._seen_s = t_s
            self.last_posture = posture
        if not known(posture):
            return Judgement(posture, None, cut)
        self._legs_seen = LEGS_MEMORY * self._legs_seen + (1.0 - LEGS_MEMORY) * (posture.hip_deg is not None)
        raw = bend_signal(posture, legs=self._legs_seen >= LEGS_SEEN_SHARE)
        self._recent.append(raw)
        self._remember(Sample(posture, raw))
        done = self._excursions.update(t_s, median(self._recent))
        bend = self._bend(done) if done is not None else None
        if bend is not None and self.sensed.present:
            self.sensed.align.learn()
        return Judgement(posture, self._progress(t_s), cut or bend)

    def finish(self) -> Bend | None:
        """End the film: give the bend that it cut off, if any."""
        done = self._excursions.finish()
        self._excursions = ExcursionTracker()
        return self._bend(done) if done is not None else None

    def _lost(self, t_s: float) -> Bend | None:
        """Give the bend that was under way when the person went out of all sight."""
        if self._seen_s is None or t_s - self._seen_s < LOST_S:
            return None
        self._seen_s = None
        bend = self.finish()
        self._recent.clear()
        self._samples.clear()
        return bend

    def _posture(self, t_s: float, pose: Pose | None, angles: Angles | None) -> Posture:
        zero = self._zero.zero_deg
        trunk = None if angles is None or angles.trunk_deg is None else angles.trunk_deg - zero
        worn = self.sensed.state(t_s)
        self._watch_flex(t_s, trunk, worn)
        spine = self._spine(t_s, trunk, worn) if pose is None or self._read_at(t_s) or worn is not None else None
        if trunk is None and worn is not None:
            trunk = worn_trunk_deg(worn, self.sensed.scale)
        if pose is None or angles is None:
            lost = (Reason.PERSON_LOST,) if worn is None else worn.reasons
            pelvis = None if worn is None else worn.pelvis_deg
            felt = trunk is not None or pelvis is not None
            return Posture(
                t_s,
                trunk_deg=trunk,
                spine=spine,
                reasons=() if felt else lost,
                pelvis_deg=pelvis,
                drop_m=None if worn is None else worn.drop_m,
            )
        hip = None if angles.hip_deg is None else angles.hip_deg - zero
        seen = self._spine_seen[1] if self._spine_seen is not None and self._read_at(t_s) else None
        view = View.UNKNOWN if seen is None else name_view(seen.view_deg, front_side=faces_camera(pose))
        reasons = (Reason.OUT_OF_FRAME,) if trunk is None else (Reason.SENSOR_MOVED,) if self._moved else ()
        pelvis = None if worn is None else worn.pelvis_deg
        return Posture(t_s, view, pose.facing, trunk, hip, angles.knee_deg, spine, reasons, pelvis)

    def _read_at(self, t_s: float) -> bool:
        """Tell whether the outline was read in this very frame."""
        return self._spine_seen is not None and self._spine_seen[0] == t_s

    def _spine(self, t_s: float, trunk_deg: float | None, worn: WornState | None) -> SpineReading | None:
        """Give the one spinal flexion; the outline's last reading has a say in it for a moment."""
        camera = None
        if self._spine_seen is not None and t_s - self._spine_seen[0] <= (0.0 if worn is None else HELD_S):
            camera = self._spine_seen[1]
        return self.sensed.fused(camera, trunk_deg, worn, self.bands)

    def _remember(self, sample: Sample) -> None:
        self._samples.append(sample)
        while sample.posture.t_s - self._samples[0].posture.t_s > HISTORY_MAX_S:
            self._samples.popleft()

    def _progress(self, t_s: float) -> Progress | None:
        phase = self._excursions.phase
        if phase not in (Phase.DOWN, Phase.UP):
            return None
        if phase is Phase.UP:
            return Progress(self._bends + 1, going_down=False, p_flexion=None)
        recent = takewhile(lambda s: t_s - s.posture.t_s <= FLEXION_WINDOW_S, reversed(self._samples))
        peak = spine_peak(list(recent)[::-1], t_s)
        p = None
        if peak.flexion_deg is not None and peak.sd_deg is not None and not peak.doubts:
            bands = self.bands if peak.max_deg is None else replace(self.bands, flexion_max_deg=peak.max_deg)
            p = flexion_probabilities(peak.flexion_deg, peak.sd_deg, bands)[2]
        return Progress(self._bends + 1, going_down=True, p_flexion=p)

    def _bend(self, done: Excursion) -> Bend | None:
        start = done.start_s if done.start_s is not None else float("-inf")
        end = done.end_s if done.end_s is not None else float("inf")
        samples = [s for s in self._samples if start <= s.posture.t_s <= end]
        while self._samples and self._samples[0].posture.t_s < end and done.end_s is not None:
            self._samples.popleft()
        bent = [s.posture.t_s for s in samples if s.signal_deg >= START_RISE_DEG]
        if not bent or bent[-1] - bent[0] < DURATION_MIN_S:
            return None
        self._bends += 1
        return self._describe(done, samples)

    def _describe(self, done: Excursion, samples: list[Sample]) -> Bend:
        bottom = find_bottom(samples, done.bottom_s)
        trunk = at_bottom(samples, bottom, lambda p: p.trunk_deg)
        knee = at_bottom(samples, bottom, lambda p: p.knee_deg)
        peak = spine_peak(samples, bottom)
        bands = self.bands if peak.max_deg is None else replace(self.bands, flexion_max_deg=peak.max_deg)
        verdict = judge_kind(
            trunk_deg=trunk if trunk is not None else 0.0,
            knee_deg=knee,
            flexion_deg=peak.flexion_deg,
            sd_deg=peak.sd_deg,
            bands=bands,
            doubts=peak.doubts,
            seen=any(s.posture.facing is not None for s in samples),
        )
        view, facing = common_view(samples)
        pause = pause_s(samples, bottom)
        half = (pause or 0.0) / 2
        return Bend(
            index=self._bends,
            role=Role.SINGLE,
            start_s=done.start_s,
            bottom_s=bottom,
            end_s=done.end_s,
            kind=verdict.kind,
            confidence=verdict.confidence,
            reasons=verdict.reasons,
            trunk_deg=trunk,
            hip_deg=at_bottom(samples, bottom, lambda p: p.hip_deg),
            knee_deg=knee,
            spine_flexion_deg=peak.flexion_deg,
            spine_sd_deg=peak.sd_deg,
            flexion_share=None if peak.flexion_deg is None else peak.flexion_deg / bands.flexion_max_deg,
            spine_source=peak.source,
            down_s=None if done.start_s is None else max(0.0, bottom - half - done.start_s),
            pause_s=pause,
            up_s=None if done.end_s is None else max(0.0, done.end_s - bottom - half),
            view=view,
            facing=facing,
        )


def known(posture: Posture) -> bool:
    """Tell whether anything is known that a bend could be found in."""
    return posture.trunk_deg is not None or posture.pelvis_deg is not None


def bend_signal(posture: Posture, *, legs: bool = True) -> float:
    """Give the one signal that bends are found in: the trunk's inclination, or half the hip's flexion in a squat.

    Where the pelvis is all that is known, its tilt stands for the trunk's, or the way down that it goes.

    `legs`: whether the hip's angle may be believed.
    """
    if posture.trunk_deg is None and posture.pelvis_deg is not None:
        return max(PELVIS_GAIN * posture.pelvis_deg, DROP_DEG_M * (posture.drop_m or 0.0))
    trunk = posture.trunk_deg or 0.0
    hip = posture.hip_deg if legs else None
    return trunk if hip is None else max(trunk, HIP_SHARE * hip)
