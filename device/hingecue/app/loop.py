"""The live loop: `run`, `record` and `replay` are the same loop on different sources."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hingecue.app.answer import film_object
from hingecue.app.demo import Pace
from hingecue.app.engine import LIVE_OUTLINE_S, Engine
from hingecue.app.film import FilmResult, analyse_film
from hingecue.app.keeping import Keeper
from hingecue.app.live import LiveView
from hingecue.app.output import answers, put_json, tell
from hingecue.clock import monotonic_ns
from hingecue.coach.summary import say, summarise
from hingecue.cue.console import ConsoleCue
from hingecue.errors import InputFault
from hingecue.pose.spine import open_spine
from hingecue.pose.tracker import PoseTracker
from hingecue.sense.camera import CameraSource
from hingecue.sense.framelog import FrameLogReader, FrameLogWriter
from hingecue.types import Frame

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.console import Console

    from hingecue.app.engine import Step
    from hingecue.config import Settings
    from hingecue.sense.base import FrameStream, SourceInfo

VERDICTS: Final = "verdicts.json"
"""Beside a recorded camera: the models used and the bends that came out."""
VOLATILE: Final = ("rate_fps", "input", "notes", "type", "frames", "duration_s", "thinned_from_fps")
"""What may differ between a recording and its replay: speeds, names, and how the source counts."""


class Rebased:
    """A live stream on a clock that starts at 0, optionally written down as it is consumed."""

    def __init__(self, source: FrameStream, writer: FrameLogWriter | None = None) -> None:
        self._source = source
        self._writer = writer
        self._first_ns: int | None = None
        self.taken_ns = 0

    @property
    def info(self) -> SourceInfo:
        """What is known of the source."""
        return self._source.info

    @property
    def warnings(self) -> list[str]:
        """What was odd about the source."""
        return self._source.warnings

    @property
    def frames(self) -> int:
        """How many frames the source read."""
        return self._source.frames

    @property
    def frames_analyzed(self) -> int:
        """How many it gave out."""
        return self._source.frames_analyzed

    @property
    def duration_s(self) -> float | None:
        """From the first frame to the last, s."""
        return None if self._first_ns is None else (self.taken_ns - self._first_ns) / 1e9

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames, rebased; with a writer, what a replay will read."""
        for index, frame in enumerate(self._source):
            if self._first_ns is None:
                self._first_ns = frame.t_ns
            self.taken_ns = frame.t_ns
            rebased = Frame(index, frame.t_ns - self._first_ns, frame.rgb)
            yield rebased if self._writer is None else self._writer.write(rebased)


@dataclass(frozen=True, slots=True)
class Show:
    """Where a loop shows itself and keeps its session."""

    console: Console
    keeper: Keeper
    latency_ms: Callable[[], float | None]
    pace: Pace


def run_loop(source: FrameStream, engine: Engine, show: Show, *, name: str, kind: str) -> FilmResult:
    """Run a source through the engine with a live view, cues and storage, until it ends or is interrupted."""
    sink = ConsoleCue(show.console, bell=True)
    with LiveView(show.console) as view:

        def on_step(t_s: float, step: Step) -> None:
            show.pace.wait_for(t_s)
            view.show(step.posture)
            for cue in step.cues:
                sink.play(cue)
                view.cue(cue)
            if step.bend is not None:
                view.bend(step.bend)
                show.keeper.bend(step.bend)

        engine.latency_ms = show.latency_ms
        result = analyse_film(source, engine, name=name, kind=kind, on_step=on_step)
    show.keeper.finish(result.bends, result.view)
    show.console.print(say(summarise(result.bends), result.bends), soft_wrap=True)
    return result


def make_engine(settings: Settings) -> Engine:
    """Load the models and chain the rooms."""
    tracker = PoseTracker(settings.model, settings.threads)
    return Engine(tracker=tracker, spine=open_spine(), outline_period_s=LIVE_OUTLINE_S)


def run(_options: Namespace, settings: Settings) -> int:
    """Coach live until Ctrl-C."""
    engine = make_engine(settings)
    with _camera(settings) as camera:
        result, keeper = _live(Rebased(camera), engine, settings)
    return _status(result, keeper)


def record(options: Namespace, settings: Settings) -> int:
    """Coach live and keep in a folder what the loop consumed, with the verdicts."""
    folder: Path = options.folder
    engine = make_engine(settings)
    with _camera(settings) as camera, FrameLogWriter(folder) as writer:
        result, keeper = _live(Rebased(camera, writer), engine, settings)
    verdicts = {"format": 1, "model": settings.model, "result": film_object(result)}
    try:
        (folder / VERDICTS).write_text(json.dumps(verdicts, indent=1), "utf-8")
        (folder / "recording.toml").write_text(
            'format = 1\ntitle = "recorded by hingecue"\n\n[camera]\nfile = "camera.mjpeg"\n', "utf-8"
        )
    except OSError as error:
        raise InputFault(
            "record_not_written",
            where=str(folder),
            what=f"the verdicts could not be written ({error.strerror})",
            try_this="free some space or name another folder",
        ) from error
    tell(f"kept in {folder}; `hingecue replay {folder}` gives the same verdicts")
    return _status(result, keeper)


def replay(options: Namespace, settings: Settings) -> int:
    """Feed a recorded folder again and compare the verdicts to the bit; 1 when they differ."""
    folder: Path = options.folder
    kept = _verdicts(folder)
    engine = make_engine(replace(settings, model=options.model or kept["model"]))
    console = answers()
    console.quiet = options.json
    with FrameLogReader(folder) as reader:
        show = Show(console, Keeper(None, tell, source=""), lambda: None, Pace(options.speed))
        result = run_loop(reader, engine, show, name=str(folder), kind="recording")
    again = film_object(result)
    if options.json:
        put_json(again)
    differing = different_keys(kept["result"], again)
    if differing:
        tell(f"{folder}: the verdicts differ from the recorded ones in {', '.join(differing)}")
        return 1
    tell(f"{folder}: the same verdicts, to the bit")
    return 0


def different_keys(kept: dict[str, Any], again: dict[str, Any]) -> list[str]:
    """Name the keys in which a replay differs; times of cues count, their latency does not."""
    return [key for key in kept if key not in VOLATILE and _plain(kept[key]) != _plain(again.get(key))]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k != "latency_ms"}
    return value


def _camera(settings: Settings) -> CameraSource:
    device: str | int = int(settings.camera) if settings.camera.isdigit() else settings.camera
    return CameraSource(device, settings.width, settings.height, settings.fps)


def _live(source: Rebased, engine: Engine, settings: Settings) -> tuple[FilmResult, Keeper]:
    with Keeper(settings.database, tell, source=settings.camera) as keeper:
        show = Show(answers(), keeper, lambda: (monotonic_ns() - source.taken_ns) / 1e6, Pace(0.0))
        return run_loop(source, engine, show, name=settings.camera, kind="video"), keeper


def _status(result: FilmResult, keeper: Keeper) -> int:
    if keeper.failed:
        return 1
    return 0 if result.complete or result.frames_analyzed else 130


def _verdicts(folder: Path) -> dict[str, Any]:
    path = folder / VERDICTS
    try:
        kept = json.loads(path.read_text("utf-8"))
        if not isinstance(kept, dict) or "result" not in kept or "model" not in kept:
            raise ValueError  # noqa: TRY301 - the same sentence for everything that is not ours
    except FileNotFoundError as error:
        raise InputFault(
            "replay_no_record",
            where=str(path),
            what="there is no such file",
            try_this="name a folder that `hingecue record` has written",
        ) from error
    except (OSError, ValueError) as error:
        raise InputFault(
            "replay_malformed",
            where=str(path),
            what="this is not what `hingecue record` writes",
            try_this="record again, or `hingecue analyze` the folder",
        ) from error
    return kept
