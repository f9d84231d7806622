"""The live loop: the device, `record` and `replay` are the same loop on different sources."""

from __future__ import annotations

import gc
import json
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hingecue.app.answer import film_object
from hingecue.app.calibrating import load
from hingecue.app.engine import LIVE_OUTLINE_S, Engine
from hingecue.app.film import FilmResult, analyse_film
from hingecue.app.keeping import Keeper
from hingecue.app.live import LiveView
from hingecue.app.output import answers, put_json, tell
from hingecue.app.pace import Pace
from hingecue.app.panel import Panel, open_panel
from hingecue.app.worn_sensors import ABSENT, LiveFlow, open_sensors
from hingecue.coach.summary import say, summarise
from hingecue.cue.console import ConsoleCue
from hingecue.errors import DeviceFault, InputFault, StoreFault
from hingecue.pose.spine import open_spine
from hingecue.pose.tracker import PoseTracker
from hingecue.posture.sensed import SensedBody
from hingecue.sense.framelog import LOG_FILE, PLAN_FILE, FrameLogReader, FrameLogWriter
from hingecue.sense.momentlog import MomentLogWriter, read_moments
from hingecue.sense.open_camera import open_camera
from hingecue.store.calibrations import as_record, of_record

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from rich.console import Console

    from hingecue.app.engine import Step
    from hingecue.app.sensors import Moment
    from hingecue.config import Settings
    from hingecue.pose.spine import SpineEstimator
    from hingecue.sense.base import FrameStream
    from hingecue.sense.imu.reader import ImuReader
    from hingecue.sense.live import LiveCamera

VERDICTS: Final = "verdicts.json"
"""Beside a recorded camera: the models used and the bends that came out."""
COLLECT_AFTER: Final = 20_000
"""So many more things made than freed start a collection: thirty times Python's own 700, some MB at the most."""
VOLATILE: Final = ("rate_fps", "input", "notes", "type", "frames", "duration_s", "thinned_from_fps")
"""What may differ between a recording and its replay: speeds, names, and how the source counts."""


@dataclass(frozen=True, slots=True)
class Show:
    """Where a loop shows itself and keeps its session."""

    console: Console
    keeper: Keeper
    latency_ms: Callable[[], float | None]
    pace: Pace
    panel: Panel = field(default_factory=Panel)
    beat: Callable[[float, Step], None] = lambda _t_s, _step: None
    """Called for every judged moment, with its time in seconds."""


def run_loop(
    source: FrameStream | None, flow: Iterable[Moment], engine: Engine, show: Show, *, name: str, kind: str
) -> FilmResult:
    """Run a flow of moments through the engine with a live view, cues and storage, until it ends or is interrupted.

    `source`: where its frames come from, None without a camera.
    """
    sink = ConsoleCue(show.console, bell=True)
    with LiveView(show.console) as view:

        def on_step(t_s: float, step: Step) -> None:
            show.pace.wait_for(t_s)
            for cue in step.cues:
                show.panel.play(cue)
                sink.play(cue)
                view.cue(cue)
            show.beat(t_s, step)
            show.panel.see(step.posture, bending=engine.judge.under_way)
            view.show(step.posture)
            if step.bend is not None:
                view.bend(step.bend)
                show.keeper.bend(step.bend)

        engine.latency_ms = show.latency_ms
        result = analyse_film(source, engine, name=name, kind=kind, on_step=on_step, flow=flow, keep_series=False)
    show.keeper.finish(result.bends, result.view)
    show.console.print(say(summarise(result.bends), result.bends), soft_wrap=True)
    return result


@dataclass(frozen=True, slots=True)
class Models:
    """What is loaded once and serves every session; without a camera nothing is."""

    tracker: PoseTracker | None = None
    spine: SpineEstimator | None = None


def load_models(settings: Settings, *, camera: bool = True) -> Models:
    """Load the models that a camera needs, and keep what is there now from Python's collector."""
    models = Models(PoseTracker(settings.model, settings.threads), open_spine()) if camera else Models()
    spare_the_collector()
    return models


def make_engine(settings: Settings, models: Models) -> Engine:
    """Chain the rooms for one session, calibrated for the profile where it is."""
    sensed = SensedBody()
    try:
        known = load(settings, settings.profile) if settings.database.exists() else None
    except StoreFault as fault:  # the session can do without; who opens the store to write says what becomes of it
        tell(f"{fault}; until then nobody is calibrated")
        known = None
    if known is not None:
        sensed.apply(known)
    return Engine(tracker=models.tracker, spine=models.spine, outline_period_s=LIVE_OUTLINE_S, sensed=sensed)


def spare_the_collector() -> None:
    """Take all that is loaded out of Python's garbage collector, and let it look at the rest less often.

    The loop frees what it makes by itself. Looking through modules and models for what it did not would hold up a frame
    for some ms now and then, and one in hundreds for tens of ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


def record(options: Namespace, settings: Settings) -> int:
    """Coach live and keep in a folder what the loop consumed, with the verdicts."""
    folder: Path = options.folder
    engine = make_engine(settings, load_models(settings, camera=not options.no_camera))
    with ExitStack() as stack:
        panel = stack.enter_context(open_panel(tell))
        camera, reader = open_parts(stack, options, settings)
        panel.show_camera(on=camera is not None)
        frames = None if camera is None else stack.enter_context(FrameLogWriter(folder))
        if frames is None:
            _make_folder(folder)
        moments = None if reader is None else stack.enter_context(MomentLogWriter(folder))
        flow = LiveFlow(camera, reader, frames, moments)
        name = "sensors" if camera is None else camera.info.name
        with Keeper(settings.database, tell, source=name) as keeper:
            show = Show(answers(), keeper, flow.latency_ms, Pace(0.0), panel)
            result = run_loop(camera, flow, engine, show, name=name, kind="video")
    verdicts = {"format": 1, "model": settings.model, "result": film_object(result), "sensed": _sensed(engine)}
    try:
        (folder / VERDICTS).write_text(json.dumps(verdicts, indent=1), "utf-8")
        film = "" if camera is None else '\n[camera]\nfile = "camera.mjpeg"\n'
        (folder / PLAN_FILE).write_text(f'format = 1\ntitle = "recorded by hingecue"\n{film}', "utf-8")
    except OSError as error:
        raise _not_written(folder, "verdicts", error) from error
    tell(f"kept in {folder}; `hingecue replay {folder}` gives the same verdicts")
    return status_of(result, keeper)


def replay(options: Namespace, settings: Settings) -> int:
    """Feed a recorded folder again and compare the verdicts to the bit; 1 when they differ."""
    folder: Path = options.folder
    kept = _verdicts(folder)
    console = answers()
    console.quiet = options.json
    with ExitStack() as stack:
        reader = stack.enter_context(FrameLogReader(folder)) if (folder / LOG_FILE).exists() else None
        settings = replace(settings, model=options.model or kept["model"], database=folder / "none")
        engine = make_engine(settings, load_models(settings, camera=reader is not None))
        if (calibration := kept.get("sensed")) is not None:
            engine.judge.sensed.apply(of_record(calibration, folder / VERDICTS))
        show = Show(console, Keeper(None, tell, source=""), lambda: None, Pace(options.speed))
        flow = read_moments(folder, reader)
        result = run_loop(reader, flow, engine, show, name=str(folder), kind="recording")
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


def open_parts(
    stack: ExitStack, options: Namespace, settings: Settings, say: Callable[[str], None] = tell
) -> tuple[LiveCamera | None, ImuReader | None]:
    """Open the camera and the sensors that are there; without a camera the sensors must be."""
    camera = None
    if not options.no_camera:
        camera = stack.enter_context(open_camera(settings, say))
    if options.no_sensors:
        return camera, None
    try:
        reader = stack.enter_context(open_sensors(settings, None if camera is None else camera.poke))
    except DeviceFault as fault:
        if camera is None or fault.code not in ABSENT:
            raise
        return camera, None
    say(f"{len(reader.sensors)} motion sensors: {', '.join(sensor.role for sensor in reader.sensors)}")
    return camera, reader


def _sensed(engine: Engine) -> dict[str, Any] | None:
    """Give the calibration that was used, for a replay; None where there was none."""
    used = engine.judge.sensed.applied
    return None if used is None else as_record(used)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(folder, "folder", error) from error


def _not_written(folder: Path, part: str, error: OSError) -> InputFault:
    return InputFault(
        "record_not_written",
        where=str(folder),
        what=f"the {part} could not be written ({error.strerror})",
        try_this="free some space or name another folder",
    )


def status_of(result: FilmResult, keeper: Keeper) -> int:
    """Give the exit status of a live session: stopped before anything was seen, it is that of Ctrl-C."""
    if keeper.failed:
        return 1
    return 0 if result.complete or result.moments else 130


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
