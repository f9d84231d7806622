"""Analyse one film or recording offline, as fast as the machine can."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from hingecue.app.sensors import Moment, lost_notes, moments
from hingecue.posture.fusion import WornScale
from hingecue.types import Bend, Facing, Frame, Posture, SensorRole, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hingecue.app.engine import Engine, Step
    from hingecue.posture.kind import Bands
    from hingecue.sense.base import FrameStream

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FilmResult:
    """What a film showed. `series` holds the posture of every analysed frame, for the picture; a live one keeps none.

    `moments`: how many were judged.
    """

    name: str
    kind: str
    duration_s: float | None
    frames: int
    frames_analyzed: int
    frames_with_person: int
    view: View
    facing: Facing | None
    bends: list[Bend]
    series: list[Posture]
    bands: Bands
    rate_fps: float | None
    thinned_from_fps: float | None
    notes: tuple[str, ...] = ()
    complete: bool = True
    scale: WornScale = field(default_factory=WornScale)
    sensors: tuple[SensorRole, ...] = ()
    moments: int = 0


@dataclass(slots=True)
class _Tally:
    """What is counted while the film runs; `keep`: whether every posture is kept, which grows with the time."""

    keep: bool = True
    moments: int = 0
    series: list[Posture] = field(default_factory=list)
    with_person: int = 0
    views: Counter[View] = field(default_factory=Counter)
    facings: Counter[Facing] = field(default_factory=Counter)

    def add(self, posture: Posture) -> None:
        if self.keep:
            self.series.append(posture)
        if posture.facing is None:
            return
        self.with_person += 1
        self.facings[posture.facing] += 1
        if posture.view is not View.UNKNOWN:
            self.views[posture.view] += 1


def analyse_film(
    source: FrameStream | None,
    engine: Engine,
    *,
    name: str,
    kind: str,
    flow: Iterable[Moment] | None = None,
    duration_s: float | None = None,
    on_step: Callable[[float, Step], None] | None = None,
    keep_series: bool = True,
) -> FilmResult:
    """Run a film, or sensors without a camera, through the engine; `on_step` hears every step with its time in seconds.

    `flow`: the moments, with the sensors' samples; without it they are the frames of `source`, None without a camera.
    `duration_s`: the length where there is no film. `keep_series` False: hours of them take no more memory. A
    KeyboardInterrupt ends it early: what was seen until then is the result, marked `complete=False`.
    """
    tally = _Tally(keep_series)
    began = time.perf_counter()
    last_s = 0.0
    complete = True
    try:
        for felt, moment in moments(source, ()) if flow is None else flow:
            tally.moments += 1
            engine.feel(felt)
            if isinstance(moment, Frame):
                last_s, step = moment.t_s, engine.step(moment)
            else:
                last_s, step = moment, engine.tick(moment)
            if source is None or isinstance(moment, Frame):
                tally.add(step.posture)
            if on_step is not None:
                on_step(last_s, step)
    except KeyboardInterrupt:
        complete = False
    cut = engine.finish(last_s)
    if cut is not None and on_step is not None:
        on_step(last_s, cut)
    spent = time.perf_counter() - began
    frames = 0 if source is None else source.frames_analyzed
    return FilmResult(
        name=name,
        kind=kind,
        duration_s=(last_s if duration_s is None else duration_s) if source is None else source.duration_s,
        frames=0 if source is None else source.frames,
        frames_analyzed=frames,
        frames_with_person=tally.with_person,
        view=_commonest(tally.views) or View.UNKNOWN,
        facing=_commonest(tally.facings),
        bends=engine.bends,
        series=tally.series,
        bands=engine.judge.bands,
        rate_fps=frames / spent if frames and spent > 0 else None,
        thinned_from_fps=None if source is None else source.info.thinned_from_fps,
        notes=(*_film_notes(source), *lost_notes(engine.judge.sensed)),
        complete=complete,
        scale=engine.judge.sensed.scale,
        sensors=sensor_names(engine),
        moments=tally.moments,
    )


def sensor_names(engine: Engine) -> tuple[SensorRole, ...]:
    """Name the sensors that were felt."""
    sensed = engine.judge.sensed
    felt = [role for role, segment in sensed.worn.segments.items() if segment.felt]
    return (*felt, SensorRole.MOUNT) if sensed.mount.known else tuple(felt)


def _film_notes(source: FrameStream | None) -> list[str]:
    """Tell what was odd about a film, and that a fast one was thinned."""
    if source is None:
        return []
    fps, kept = source.info.thinned_from_fps, source.info.fps
    if fps is None or kept is None:
        return source.warnings
    return [*source.warnings, f"{fps:.0f} frames a second are more than is useful; {kept:.0f} of them were judged"]


def _commonest(counts: Counter[T]) -> T | None:
    return counts.most_common(1)[0][0] if counts else None
