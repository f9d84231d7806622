"""The sensors of a recording, made ready for the engine: samples in order, calibration windows, what was odd."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Final, TypeAlias

from hingecue.posture.calibration import Refusal, calibrate, zeros
from hingecue.posture.flexwatch import FlexWatch
from hingecue.posture.rest import guess_standing
from hingecue.posture.sensed import SensedBody
from hingecue.posture.tilt import length
from hingecue.types import Frame, ImuSample, SensorRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hingecue.sense.recording import Recording
    from hingecue.sense.table import ImuTrack

Moment: TypeAlias = tuple[Sequence[ImuSample], Frame | float]
"""The samples since the last moment, and the frame or the time (s) of the tick that it is."""

TICK_S: Final = 0.05
"""Between frames the judge hears the sensors as often as the live bus brings their samples."""
UNSEEN_TICK_S: Final = 0.02
"""Without a camera, fifty times a second: as finely as a fast film."""
TOLD_LOST_S: Final = 0.5
"""A sensor that was away for longer than this is told."""


def samples_of(tracks: Mapping[str, ImuTrack]) -> list[ImuSample]:
    """Give the samples of all tracks in the order of their times."""
    samples = []
    for role, track in tracks.items():
        gyro = None if track.gyro_dps is None else track.gyro_dps.tolist()
        for i, (t_s, accel) in enumerate(zip(track.t_s.tolist(), track.accel_g.tolist(), strict=True)):
            rate = None if gyro is None else tuple(gyro[i])
            samples.append(ImuSample(SensorRole(role), round(t_s * 1e9), tuple(accel), rate))
    samples.sort(key=lambda sample: sample.t_ns)
    return samples


def prepared(recording: Recording, samples: Sequence[ImuSample]) -> tuple[SensedBody, tuple[str, ...]]:
    """Give the sensed body of a recording, calibrated by its windows, and plain sentences on what was odd."""
    stand, flex = recording.calibration.stand, recording.calibration.flex
    sensed = SensedBody()
    for role, zero in (guess_standing(samples) if stand is None else zeros(within(samples, stand))).items():
        segment = sensed.worn.segment(role)
        segment.calibrate(zero, None)
        # Who ends where they began was pushed up as much as pulled down: the mean is what the chip reads as 1 g.
        segment.filter.one_g = fmean(length(s.accel_g) for s in samples if s.role is role)
    if flex is not None:
        sensed.flex = FlexWatch(flex)
    if stand is None or flex is None or not sensed.worn.segments:
        return sensed, ()
    result = calibrate(within(samples, stand), within(samples, flex))
    if isinstance(result, Refusal):
        return sensed, (f"the calibration is not used: {result.what}; {result.try_this}",)
    sensed.apply(result)
    return sensed, result.notes


def within(samples: Iterable[ImuSample], window_s: tuple[float, float]) -> list[ImuSample]:
    """Give the samples of a stretch of time."""
    return [s for s in samples if window_s[0] <= s.t_s <= window_s[1]]


class SampleFeed:
    """Gives out samples in the order of their times, each once."""

    def __init__(self, samples: Sequence[ImuSample]) -> None:
        self._samples = samples
        self._at = 0

    def until(self, t_ns: int) -> Sequence[ImuSample]:
        """Give the samples up to this time that were not given before."""
        begin = self._at
        while self._at < len(self._samples) and self._samples[self._at].t_ns <= t_ns:
            self._at += 1
        return self._samples[begin : self._at]

    def next_ns(self, from_s: float) -> int | None:
        """Give the time of the first sample not given yet that is at `from_s` or later, None when there is none."""
        rest = range(self._at, len(self._samples))
        return next((self._samples[i].t_ns for i in rest if self._samples[i].t_s >= from_s), None)


def moments(frames: Iterable[Frame] | None, samples: Sequence[ImuSample]) -> Iterator[Moment]:
    """Give what comes in the order of its time: the samples since the last moment, and a frame or the time of a tick.

    Without samples there are no ticks; without `frames` (None) there is nothing else.
    """
    feed = SampleFeed(samples)
    last_s = float("-inf")
    for frame in frames or ():
        while (tick_ns := feed.next_ns(last_s + TICK_S)) is not None and tick_ns < frame.t_ns:
            last_s = tick_ns / 1e9
            yield feed.until(tick_ns), last_s
        yield feed.until(frame.t_ns), frame
        last_s = frame.t_s
    period_s = UNSEEN_TICK_S if frames is None else TICK_S
    while (tick_ns := feed.next_ns(last_s + period_s)) is not None:
        last_s = tick_ns / 1e9
        yield feed.until(tick_ns), last_s


def lost_notes(sensed: SensedBody) -> tuple[str, ...]:
    """Tell which sensors were away, and for how long."""
    return tuple(
        f"the {role} sensor was away for {lost:.1f} s; check its cable and plug"
        for role, lost in sensed.lost_s.items()
        if lost > TOLD_LOST_S
    )
