"""Another program's pose on the same frames, for `hingecue bench --peer`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hingecue.errors import DeviceFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from hingecue.types import U8

COMPLEXITY = {"lite": 0, "full": 1}


def open_peer(name: str, model: str) -> Callable[[U8], Any]:
    """Open MediaPipe's own pose with mask, tracking, of the same size as our model.

    `DeviceFault` where it is not installed, or where its model file is not in the package (it would download it).
    """
    try:
        solutions = import_module("mediapipe").solutions
    except ImportError as error:
        mend = 'run `pip install "hingecue[peer]"` in an environment of its own'
        raise _fault(name, "it is not installed", mend) from error
    try:
        pose = solutions.pose.Pose(model_complexity=COMPLEXITY[model], enable_segmentation=True)
    except OSError as error:
        raise _fault(
            name,
            f"its {model} model is not in the package and could not be fetched ({error})",
            "connect to the network once, or bench with --model full",
        ) from error
    process: Callable[[U8], Any] = pose.process
    return process


def _fault(name: str, what: str, try_this: str) -> DeviceFault:
    return DeviceFault("peer_missing", where=name, what=what, try_this=try_this, blinks=0)
