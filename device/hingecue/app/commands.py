"""The commands, loaded when they are called: `--help` needs no models."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hingecue.app.coldstart import COLD_START

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from hingecue.config import Settings


def _late(module: str, name: str) -> Callable[[Namespace, Settings], int]:
    def late(options: Namespace, settings: Settings) -> int:
        command: Callable[[Namespace, Settings], int] = getattr(import_module(f"hingecue.app.{module}"), name)
        COLD_START.reached("imports")
        return command(options, settings)

    return late


demo = _late("demo", "demo")
analyze = _late("analyze", "analyze")
run = _late("device", "run")
record = _late("loop", "record")
replay = _late("loop", "replay")
calibrate = _late("calibrating", "calibrate_command")
check = _late("check", "check")
bench = _late("bench", "bench")
sessions = _late("shelf", "sessions")
report = _late("shelf", "report")
export = _late("shelf", "export")
