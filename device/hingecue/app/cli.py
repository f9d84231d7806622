"""The command line: `hingecue …` (CONTRACT §4)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hingecue import __version__
from hingecue.app import commands
from hingecue.config import Settings
from hingecue.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give its exit status."""
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return USAGE
    try:
        status: int = options.run(options, settings_of(options))
    except Fault as fault:
        print(f"hingecue: {fault}", file=sys.stderr)  # noqa: T201 - the one sentence to the user
        return FAILED
    except KeyboardInterrupt:
        print("hingecue: stopped; what was finished is stored", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): no fault, and nothing more to say.
        sys.stderr.close()
        return DONE
    return status


def settings_of(options: argparse.Namespace) -> Settings:
    """Give the settings with what the command line says in place."""
    given: dict[str, Any] = {
        name: value
        for name in ("model", "threads", "camera", "width", "height", "fps", "database", "i2c_bus", "profile")
        if (value := getattr(options, name, None)) is not None
    }
    return Settings(**given)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="hingecue",
        description="A posture coach on the wall: tells a hip hinge from a rounded back, on the device.",
    )
    parser.add_argument("--version", action="version", version=f"hingecue {__version__}")
    sub = parser.add_subparsers(dest="command", metavar="COMMAND")

    _demo_command(sub)
    _analyze_command(sub)

    run = _command(sub, "run", "coach live from the camera", commands.run)
    _camera_options(run)
    _sensor_options(run)
    _model_options(run)

    record = _command(sub, "record", "coach live and keep what was seen in a folder", commands.record)
    record.add_argument("folder", type=Path, metavar="DIR")
    _camera_options(record)
    _sensor_options(record)
    _model_options(record)

    replay = _command(sub, "replay", "feed a recorded folder again: the same verdicts to the bit", commands.replay)
    replay.add_argument("folder", type=Path, metavar="DIR")
    replay.add_argument("--json", action="store_true", help="print the object that `analyze --json` gives")
    replay.add_argument("--speed", type=float, default=0.0, help="times the speed of life; 0: as fast as it goes")
    _model_options(replay)

    _calibrate_command(sub)
    _check_command(sub)

    bench = _command(sub, "bench", "time every stage against the bare models", commands.bench)
    bench.add_argument("--json", action="store_true")
    bench.add_argument("--frames", type=int, default=400, help="how many frames (default 400)")
    bench.add_argument("--peer", choices=["mediapipe"], help="the same frames through this too, interleaved")
    _model_options(bench)

    _shelf_commands(sub)
    return parser


def _demo_command(sub: Any) -> None:
    demo = _command(sub, "demo", "play the bundled recording through the real models", commands.demo)
    demo.add_argument("--json", action="store_true", help="print the object that `analyze --json` gives")
    demo.add_argument("--fast", action="store_true", help="not at the speed of life")
    without = demo.add_mutually_exclusive_group()
    without.add_argument("--no-camera", action="store_true", help="with the two worn sensors only")
    without.add_argument("--no-sensors", action="store_true", help="with the camera only")
    demo.add_argument(
        "--picture", type=Path, metavar="FILE", help="where to draw the session (default: in the session folder)"
    )
    _store_option(demo)
    _model_options(demo)


def _analyze_command(sub: Any) -> None:
    analyze = _command(sub, "analyze", "judge photos, films and recording folders", commands.analyze)
    analyze.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    analyze.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    analyze.add_argument(
        "--no-store", dest="store", action="store_false", help="do not keep films and recordings as sessions"
    )
    _store_option(analyze)
    analyze.add_argument("--picture", type=Path, metavar="FILE", help="draw the session into this SVG file")
    analyze.add_argument(
        "--draw", type=Path, metavar="DIR", help="draw what was seen in photos and at the bottom of bends, as PNG"
    )
    _model_options(analyze)


def _calibrate_command(sub: Any) -> None:
    calibrate = _command(sub, "calibrate", "learn a person's own range from the worn sensors", commands.calibrate)
    calibrate.add_argument(
        "recording", nargs="?", type=Path, metavar="RECORDING", help="a recording folder (default: live, guided)"
    )
    calibrate.add_argument("--profile", type=_name, help="whose range it is (default: guest)")
    calibrate.add_argument("--i2c-bus", type=int, help="number of the sensors' bus (default: 1)")
    calibrate.add_argument("--json", action="store_true", help="print the result as one JSON object")
    _store_option(calibrate)


def _check_command(sub: Any) -> None:
    check = _command(sub, "check", "look at every part: found or not, and what to do", commands.check)
    check.add_argument("--json", action="store_true", help="print what was found as one JSON object")
    more = check.add_mutually_exclusive_group()
    more.add_argument(
        "--bundle",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help="also pack it for a report, .tar.gz or .zip, without names and addresses",
    )
    more.add_argument("--self-test", action="store_true", help="move and light every part, and ask what you notice")
    check.add_argument("--i2c-bus", type=int, help="number of the sensors' bus (default: 1)")
    _camera_options(check)


def _shelf_commands(sub: Any) -> None:
    """Describe the commands that look at what was stored."""
    sessions = _command(sub, "sessions", "list the stored sessions", commands.sessions)
    sessions.add_argument("--json", action="store_true")
    _store_option(sessions)
    report = _command(sub, "report", "tell and draw one stored session", commands.report)
    report.add_argument("session", nargs="?", type=int, help="its number (default: the last)")
    report.add_argument("--picture", type=Path, metavar="FILE", help="draw it into this SVG file")
    _store_option(report)
    export = _command(sub, "export", "take the stored bends out as CSV", commands.export)
    export.add_argument("session", nargs="?", type=int, help="its number (default: all)")
    _store_option(export)


def _command(sub: Any, name: str, text: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = sub.add_parser(name, help=text, description=text.capitalize() + ".")
    command.set_defaults(run=run)
    return command


def _model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", choices=["lite", "full"], help="landmark model (default: by board)")
    command.add_argument("--threads", type=_positive, help="threads of the models (default: cores − 1)")


def _sensor_options(command: argparse.ArgumentParser) -> None:
    without = command.add_mutually_exclusive_group()
    without.add_argument("--no-camera", action="store_true", help="with the worn sensors only")
    without.add_argument("--no-sensors", action="store_true", help="with the camera only")
    command.add_argument("--i2c-bus", type=int, help="number of the sensors' bus (default: 1)")
    command.add_argument("--profile", type=_name, help="whose calibration to use (default: guest)")


def _camera_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--camera", help="auto, pi, pi:1, a V4L2 device or its number, or a film (default: auto)")
    command.add_argument("--width", type=_positive, help="px (default: what suits the board)")
    command.add_argument("--height", type=_positive, help="px (default: what suits the board)")
    command.add_argument("--fps", type=float, help="frames a second (default: by board)")
    _store_option(command)


def _store_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--database", type=Path, help="where sessions are kept")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise argparse.ArgumentTypeError("a profile needs a name")
    return name


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value
