"""`hingecue analyze`: photos, films and recording folders, one after the other."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from hingecue.app.answer import fault_object, film_object, photo_object
from hingecue.app.drawing import DeepestFrame, bend_lines, photo_lines
from hingecue.app.engine import Engine
from hingecue.app.film import FilmResult, analyse_film
from hingecue.app.keeping import Keeper
from hingecue.app.live import bend_line, progress
from hingecue.app.output import answers, put_json, put_picture, tell
from hingecue.app.photo import PhotoResult, judge_photo
from hingecue.app.sensors import moments, prepared, samples_of
from hingecue.coach.summary import say, summarise
from hingecue.errors import Fault
from hingecue.pose.drawing import as_png, draw_sight
from hingecue.pose.spine import open_spine
from hingecue.pose.tracker import PoseTracker
from hingecue.sense.photo import PhotoSource
from hingecue.sense.recording import Recording
from hingecue.sense.source import open_input
from hingecue.store.picture import draw_session

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from hingecue.app.engine import Step
    from hingecue.config import Settings
    from hingecue.pose.spine import SpineEstimator
    from hingecue.posture.sensed import SensedBody
    from hingecue.sense.base import FrameSource
    from hingecue.types import U8, Bend, ImuSample, Pose


class Analyzer:
    """Judges inputs one by one with models that are loaded once."""

    def __init__(self, options: Namespace, settings: Settings) -> None:
        self.options = options
        self.settings = settings
        self._tracker: PoseTracker | None = None
        self._spine: SpineEstimator | None = None
        self._named: dict[str, list[Path]] = {}
        self.failed = False
        self.interrupted = False

    def one(self, path: Path) -> None:
        """Judge one input and answer; a fault is told and remembered, and the next input can go on."""
        try:
            with ExitStack() as stack:
                source = open_input(path)
                stack.callback(source.close)
                if isinstance(source, PhotoSource):
                    self._photo(path, source)
                elif isinstance(source, Recording):
                    self._recording(path, source)
                else:
                    self._film(path, source, "video")
        except Fault as fault:
            self.failed = True
            tell(str(fault))
            if self.options.json:
                put_json(fault_object(str(path), fault))

    def _models(self) -> tuple[PoseTracker, SpineEstimator]:
        if self._tracker is None or self._spine is None:
            self._tracker = PoseTracker(self.settings.model, self.settings.threads)
            self._spine = open_spine()
        self._tracker.reset()
        return self._tracker, self._spine

    def _photo(self, path: Path, source: PhotoSource) -> None:
        tracker, spine = self._models()
        frame = next(iter(source))
        result = judge_photo(frame, tracker, spine, name=str(path))
        if self.options.draw is not None and result.pose is not None:
            drawn = draw_sight(frame.rgb, result.pose, photo_lines(result))
            self._put_drawing(path, "", drawn)
        if self.options.json:
            put_json(photo_object(result))
        else:
            answers().print(f"{path}: {photo_sentence(result)}", soft_wrap=True, markup=False)

    def _recording(self, path: Path, recording: Recording) -> None:
        samples = samples_of(recording.imu)
        sensed, odd = prepared(recording, samples)
        for sentence in odd:
            tell(f"{path}: {sentence}")
        self._film(path, recording.video, "recording", sensed, samples, recording.duration_s)

    def _film(
        self,
        path: Path,
        film: FrameSource | None,
        kind: str,
        sensed: SensedBody | None = None,
        samples: Sequence[ImuSample] = (),
        duration_s: float | None = None,
    ) -> None:
        tracker, spine = (None, None) if film is None else self._models()
        engine = Engine(tracker=tracker, spine=spine, sensed=sensed)
        length_s = duration_s if film is None else film.duration_s
        database = self.settings.database if self.options.store else None
        deepest = DeepestFrame()
        with Keeper(database, tell, source=str(path)) as keeper, progress(length_s, path.name) as advance:

            def on_step(t_s: float, step: Step) -> None:
                advance(t_s)
                if self.options.draw is not None:
                    deepest.see(step)
                if step.bend is not None:
                    keeper.bend(step.bend)
                    self._draw(path, step.bend, deepest.take())

            result = analyse_film(
                film,
                engine,
                name=str(path),
                kind=kind,
                flow=moments(film, samples),
                duration_s=duration_s,
                on_step=on_step,
            )
            keeper.finish(result.bends, result.view)
        self.failed = self.failed or keeper.failed
        self.interrupted = not result.complete
        for note in result.notes:
            tell(f"{path}: {note}")
        self._answer(result)

    def _draw(self, path: Path, bend: Bend, seen: tuple[U8, Pose] | None) -> None:
        if seen is not None:
            drawn = draw_sight(*seen, bend_lines(bend))
            self._put_drawing(path, f"-bend-{bend.index:02d}", drawn)

    def _put_drawing(self, path: Path, what: str, drawn: U8) -> None:
        """Write a drawing; inputs of one name from two folders get a number, so that none hides another."""
        mates = self._named.setdefault(path.stem, [])
        if path not in mates:
            mates.append(path)
        number = mates.index(path)
        name = path.stem if number == 0 else f"{path.stem}-{number + 1}"
        put_picture(self.options.draw / f"{name}{what}.png", as_png(drawn))

    def _answer(self, result: FilmResult) -> None:
        if self.options.json:
            put_json(film_object(result))
        else:
            print_film(result)
        if self.options.picture is not None:
            write_picture(self.options.picture, result, Path(result.name).stem)


def analyze(options: Namespace, settings: Settings) -> int:
    """Judge every path of the command line; 1 when an input or a part failed, 130 when stopped."""
    analyzer = Analyzer(options, settings)
    for path in options.paths:
        analyzer.one(path)
        if analyzer.interrupted:
            tell("stopped; what was finished is kept")
            return 130
    return 1 if analyzer.failed else 0


def print_film(result: FilmResult) -> None:
    """Tell a film to a person: a line a bend, then the summary in sentences."""
    console = answers()
    for bend in result.bends:
        console.print(bend_line(bend), soft_wrap=True)
    console.print(say(summarise(result.bends), result.bends), soft_wrap=True)
    if result.frames_analyzed and not result.frames_with_person:
        console.print("Nobody was seen in it.")


def photo_sentence(result: PhotoResult) -> str:
    """Tell a photo to a person in one sentence."""
    if not result.person:
        return "nobody is seen in it."
    if result.reasons:
        return f"unsure. {result.reasons[0].advice}"
    flexion = (
        ""
        if result.spine_flexion_deg is None
        else (f", spinal flexion {result.spine_flexion_deg:.0f}° ± {result.spine_sd_deg or 0:.0f}°")
    )
    return f"the back is {result.back}{flexion} ({result.confidence:.0%} sure)."


def write_picture(path: Path, result: FilmResult, title: str) -> None:
    """Draw a film into an SVG file; `InputFault` when it cannot be written."""
    put_picture(path, draw_session(result.series, result.bends, title))
