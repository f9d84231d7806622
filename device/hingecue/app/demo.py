"""`hingecue demo`: the bundled recording through the real models, at the speed of life."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hingecue.app.analyze import write_picture
from hingecue.app.answer import film_object
from hingecue.app.engine import Engine
from hingecue.app.film import analyse_film
from hingecue.app.keeping import Keeper
from hingecue.app.live import LiveView
from hingecue.app.output import answers, put_json, tell
from hingecue.app.pace import Pace
from hingecue.app.sensors import moments, prepared, samples_of
from hingecue.coach.summary import say, summarise
from hingecue.cue.console import ConsoleCue
from hingecue.pose.spine import open_spine
from hingecue.pose.tracker import PoseTracker
from hingecue.sense.recording import open_recording

if TYPE_CHECKING:
    from argparse import Namespace

    from hingecue.app.engine import Step
    from hingecue.config import Settings

FOLDER = Path(__file__).resolve().parents[1] / "demo_recording"


def demo(options: Namespace, settings: Settings) -> int:
    """Play the bundled recording: a live view, cues, the summary and its picture; with `--json` only the object."""
    pace = Pace(0.0 if options.fast or options.json else 1.0)
    console = answers()
    console.quiet = options.json
    cue_sink = ConsoleCue(console)
    with (
        open_recording(FOLDER) as recording,
        Keeper(None if options.json else settings.database, tell, source="demo") as keeper,
        LiveView(console) as view,
    ):
        film = None if options.no_camera else recording.video
        samples = samples_of({} if options.no_sensors else recording.imu)
        sensed, _ = prepared(recording, samples)
        engine = Engine(
            tracker=None if film is None else PoseTracker(settings.model, settings.threads),
            spine=None if film is None else open_spine(),
            sensed=sensed,
        )

        def on_step(t_s: float, step: Step) -> None:
            pace.wait_for(t_s)
            view.show(step.posture)
            for cue in step.cues:
                cue_sink.play(cue)
                view.cue(cue)
            if step.bend is not None:
                view.bend(step.bend)
                keeper.bend(step.bend)

        result = analyse_film(
            film,
            engine,
            name="demo",
            kind="recording",
            flow=moments(film, samples),
            duration_s=recording.duration_s,
            on_step=on_step,
        )
        title = recording.title
        keeper.finish(result.bends, result.view)
    if options.json:
        put_json(film_object(result))
    else:
        picture = options.picture or settings.database.parent / "demo.svg"
        write_picture(picture, result, title)
        console.print(say(summarise(result.bends), result.bends), soft_wrap=True)
        console.print(f"The picture of this session: {picture}", soft_wrap=True)
    if not result.complete:
        tell("stopped; what was finished is kept")
        return 130
    return 1 if keeper.failed else 0
