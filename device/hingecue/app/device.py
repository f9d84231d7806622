"""The running device, `hingecue run`: one session after the other until somebody ends it, whatever fails meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from hingecue.app.calibrating import calibrate_live, sentences
from hingecue.app.coldstart import COLD_START
from hingecue.app.keeping import Keeper
from hingecue.app.loop import Show, load_models, make_engine, open_parts, run_loop, status_of
from hingecue.app.output import answers, tell
from hingecue.app.pace import Pace
from hingecue.app.panel import open_panel
from hingecue.app.pulse import Pulse
from hingecue.app.wallclock import known_utc
from hingecue.app.watch import Watch, blinks_of
from hingecue.app.worn_sensors import LiveFlow
from hingecue.coach.constants import PatternName
from hingecue.cue.lights import Light
from hingecue.cue.presses import Action
from hingecue.errors import DeviceFault, Fault, StoreFault
from hingecue.posture.calibration import Refusal
from hingecue.sense.libcamera import left_behind
from hingecue.store.session import SessionStore
from hingecue.types import Cue

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from pathlib import Path

    from hingecue.app.engine import Engine, Step
    from hingecue.app.loop import Models
    from hingecue.app.panel import Panel
    from hingecue.app.sensors import Moment
    from hingecue.config import Settings
    from hingecue.sense.imu.reader import ImuReader
    from hingecue.sense.live import LiveCamera

IDLE_S: Final = 600.0
"""So long without a bend ends a session, s: the longest rests between heavy sets are five minutes (our judgement)."""
AGAIN_S: Final = 3.0
"""A part that is missing is looked for again so often, s: as long as a person looks at a plug that they have just put
in (our judgement)."""
WAIT_S: Final = 1.0
"""How long the stopped device sleeps between two signs of life, s."""
SHOWN_S: Final = 4.0
"""How long the lights show how a calibration ended, s: long enough to stand up and look (our judgement)."""
POWER_OFF: Final = ("systemctl", "poweroff", "--no-ask-password")
POWER_OFF_S: Final = 10.0
"""systemd answers at once; a bus that does not answer within so many seconds will not."""


class CalibrationEndedError(Exception):
    """The button was pressed while a calibration was guided."""


def run(options: Namespace, settings: Settings) -> int:
    """Coach live until Ctrl-C, SIGTERM, or the button is held for six seconds.

    A camera's driver that hangs cannot be closed, and Python might wait for it for ever: then the process ends here,
    with everything stored and told.
    """
    try:
        status = _run(options, settings)
    except DeviceFault as fault:
        if not left_behind():
            raise
        tell(str(fault))
        status = 1
    if left_behind():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _run(options: Namespace, settings: Settings) -> int:
    try:
        with sigterm_as_ctrl_c():
            models = load_models(settings, camera=not options.no_camera)
            COLD_START.reached("models")
            with open_panel(tell) as panel, Pulse(settings.database.parent, tell) as pulse:
                return Device(options, settings, models, panel, pulse).live()
    except DeviceFault as fault:
        keep_fault(settings.database, fault)
        raise


class Device:
    """What the button and the service manager deal with; the sessions themselves are `run_loop`'s."""

    def __init__(self, options: Namespace, settings: Settings, models: Models, panel: Panel, pulse: Pulse) -> None:
        self._options = options
        self._settings = settings
        self._models = models
        self._panel = panel
        self._pulse = pulse
        self._status = 0
        # Who moves how is for the person in front of it and for the store, not for the journal.
        self._console = answers()
        self._console.quiet = pulse.served
        self._missing: DeviceFault | None = None

    def live(self) -> int:
        """Do what is asked for, practice first; give the exit status. Raises `DeviceFault` where a part went away."""
        stopped = False
        while True:
            asked = self._rest() if stopped else self._practise()
            if asked is None:
                return self._status
            if asked is Action.POWER_OFF:
                if power_off():
                    return self._status
                stopped = True
            elif asked is Action.CALIBRATE:
                self._calibrate()
                stopped = False
            else:
                stopped = not stopped

    def _rest(self) -> Action:
        """Wait, with everything closed, until the button says what is next."""
        tell("stopped; press the button to go on")
        self._panel.show_fault(0)
        self._panel.show(Light.STOPPED)
        while True:
            self._panel.look()
            if self._panel.lost is not None:  # nobody could press the button any more
                raise self._panel.lost
            self._pulse.idle("stopped by the button")
            if (asked := self._panel.wait(WAIT_S)) is not None:
                return asked

    def _practise(self) -> Action | None:
        """Open the parts, run sessions, and give what was asked for; None when the source has ended."""
        said: set[str] = set()

        def once(sentence: str) -> None:
            if sentence not in said:
                said.add(sentence)
                tell(sentence)

        while True:
            with ExitStack() as stack:
                try:
                    camera, reader = open_parts(stack, self._options, self._settings, once)
                except DeviceFault as fault:
                    if not self._pulse.served or left_behind():  # a camera that hangs opens in a new process only
                        raise
                    missing = fault
                else:
                    return self._sessions(stack, camera, reader)
            if (asked := self._wait_for(missing)) is not None:
                return asked

    def _wait_for(self, fault: DeviceFault) -> Action | None:
        """Tell what is missing, and wait a moment: nobody is there to start the service again."""
        if self._missing is None or self._missing.code != fault.code:
            tell(str(fault))
            keep_fault(self._settings.database, fault)
        self._missing = fault
        self._panel.look()
        self._panel.show_fault(blinks_of([fault]))
        self._pulse.idle("waiting", [fault])
        return self._panel.wait(AGAIN_S)

    def _sessions(self, stack: ExitStack, camera: LiveCamera | None, reader: ImuReader | None) -> Action | None:
        """Run one session after the other with these parts until something is asked for."""
        if self._missing is not None:
            tell(f"{self._missing.where}: it is there again")
            self._missing = None
        self._panel.show_fault(0)
        self._panel.show_camera(on=camera is not None)
        stack.callback(self._panel.show_camera, on=False)
        stack.callback(self._pulse.watch, None)
        self._pulse.watch(camera, () if reader is None else reader.sensors)
        while True:
            idle = self._session(camera, reader)
            if (asked := self._panel.asked()) is not None or not idle:
                return asked

    def _session(self, camera: LiveCamera | None, reader: ImuReader | None) -> bool:
        """Run one session; True when nobody practised for so long that it was ended."""
        engine = make_engine(self._settings, self._models)
        flow = LiveFlow(camera, reader)
        name = "sensors" if camera is None else camera.info.name
        with Keeper(self._settings.database, tell, source=name, late=True) as keeper:
            watch = Watch(self._panel, keeper, () if reader is None else reader.sensors, tell)
            bounds = Bounds(self._panel, engine)

            def beat(t_s: float, step: Step) -> None:
                bounds.beat(t_s, step)
                watch.look()
                self._pulse.beat(watch.faults)

            show = Show(self._console, keeper, flow.latency_ms, Pace(0.0), self._panel, beat)
            result = run_loop(camera, bounds.within(flow), engine, show, name=name, kind="video")
        self._status = status_of(result, keeper)
        if bounds.fault is not None:
            raise bounds.fault
        return result.complete and bounds.idle

    def _calibrate(self) -> None:
        """Guide a calibration by the lights; a new press ends it."""
        self._panel.show_fault(0)
        self._panel.show(Light.GUIDED)
        try:
            result = calibrate_live(self._settings, self._say, self._sleep)
        except CalibrationEndedError:
            tell("the calibration was ended by the button; nothing is changed")
            return
        except (DeviceFault, StoreFault) as fault:
            tell(str(fault))
            self._panel.show_fault(blinks_of([fault]))
        else:
            for sentence in sentences(self._settings.profile, result):
                tell(sentence)
            self._panel.show(Light.UNSURE if isinstance(result, Refusal) else Light.SEEN)
        self._pulse.idle("calibrating")
        self._panel.pause(SHOWN_S)
        self._panel.show_fault(0)

    def _say(self, sentence: str) -> None:
        """Say what is next: a person who wears the device feels that something is."""
        tell(sentence)
        self._panel.play(Cue(0.0, PatternName.GOOD))

    def _sleep(self, seconds: float) -> None:
        self._pulse.idle("calibrating")
        if self._panel.wait(seconds) is not None:
            raise CalibrationEndedError


class Bounds:
    """Ends a session: when something is asked for, when nobody bends any more, or when a part is gone."""

    def __init__(self, panel: Panel, engine: Engine) -> None:
        self._panel = panel
        self._engine = engine
        self._bent_s = 0.0
        self.idle = False
        self.fault: DeviceFault | None = None

    def beat(self, t_s: float, step: Step) -> None:
        """Take a judged moment at `t_s` on the session's clock."""
        if step.bend is not None or self._engine.judge.under_way:
            self._bent_s = t_s
        self.idle = t_s - self._bent_s > IDLE_S

    def within(self, flow: LiveFlow) -> Iterator[Moment]:
        """Give the flow's moments up to the end; a part that goes away ends it too, so that the session is stored."""
        try:
            for moment in flow:
                self.fault = self._panel.lost
                if self._panel.waiting or self.idle or self.fault is not None:
                    return
                yield moment
        except DeviceFault as fault:
            self.fault = fault


def power_off() -> bool:
    """Ask systemd to switch the box off; False, and told, when it will not."""
    tell("switching off")
    try:
        done = subprocess.run(POWER_OFF, timeout=POWER_OFF_S, capture_output=True, text=True, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        tell(f"the box cannot be switched off ({error}); unplug it when the lights have stopped")
        return False
    if done.returncode != 0:
        tell(f"the box cannot be switched off ({done.stderr.strip()}); install systemd/polkit/50-hingecue.rules")
    return done.returncode == 0


def keep_fault(path: Path, fault: Fault) -> None:
    """Count a fault in the session store; a store that fails has told it already, or will."""
    try:
        with SessionStore(path) as store:
            store.add_fault(fault, known_utc())
    except StoreFault as own:
        tell(str(own))


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let `kill` end a practice as Ctrl-C does: counted, stored, closed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
