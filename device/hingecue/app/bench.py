"""`hingecue bench`: what every stage takes, beside the bare models in the same run.

After each step the networks that it ran are run once more, bare, on the same input: machines are shared and noisy,
and only what stands side by side can be compared.
"""

from __future__ import annotations

import resource
import statistics
import time
from array import array
from collections import defaultdict
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hingecue.app.demo import FOLDER
from hingecue.app.loop import load_models, make_engine
from hingecue.app.output import answers, put_json
from hingecue.app.peer import open_peer
from hingecue.pose.runtime import Network, runtime
from hingecue.sense.video import VideoSource
from hingecue.types import Frame

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence

    from hingecue.app.engine import Engine
    from hingecue.config import Settings

WARM_UP: Final = 20
"""Frames that are run but not counted: caches fill, the detector finds the person."""


class Stopwatch:
    """Collects durations by name, in ns."""

    def __init__(self) -> None:
        # Plain numbers in one block each: over a long run the watch must not be what grows.
        self.taken: dict[str, array[int]] = defaultdict(lambda: array("q"))
        self.ran: list[Network] = []

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function so that each of its calls is timed under this name."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter_ns()
            try:
                return function(*args, **kwargs)
            finally:
                self.taken[name].append(time.perf_counter_ns() - began)

        return wrapped

    def clear(self) -> None:
        """Forget everything: the warm-up is over."""
        self.taken.clear()


@contextmanager
def watched_networks(watch: Stopwatch) -> Iterator[Callable[[Network], Any]]:
    """Time every `Network.run` while inside; give the bare run."""
    bare = Network.run

    def run(network: Network) -> Any:
        watch.ran.append(network)
        began = time.perf_counter_ns()
        outputs = bare(network)
        watch.taken[f"invoke {network.spec.name}"].append(time.perf_counter_ns() - began)
        return outputs

    Network.run = run  # type: ignore[method-assign, assignment]
    try:
        yield bare
    finally:
        Network.run = bare  # type: ignore[method-assign]


def bench(options: Namespace, settings: Settings) -> int:
    """Time the engine on the bundled recording; answer as a table or as JSON."""
    result = measure(options.frames, settings, options.peer)
    if options.json:
        put_json(result)
    else:
        print_table(result)
    return 0


def measure(count: int, settings: Settings, peer_name: str | None = None) -> dict[str, Any]:
    """Run `count` frames through the engine and give all figures (ms, MB, frames a second)."""
    frames = bundled_frames()
    engine = make_engine(settings, load_models(settings))
    peer = open_peer(peer_name, settings.model) if peer_name else None
    if engine.spine is None or engine.tracker is None:  # pragma: no cover - `make_engine` loads both
        raise AssertionError
    watch = Stopwatch()
    engine.spine.read = watch.timed("outline and spine", engine.spine.read)  # type: ignore[method-assign]
    engine.judge.update = watch.timed("judgement", engine.judge.update)  # type: ignore[method-assign]
    engine.tracker.step = watch.timed("pose", engine.tracker.step)  # type: ignore[method-assign]
    rss_before = 0.0
    with watched_networks(watch) as bare:
        for number, frame in enumerate(islice(frames, WARM_UP + count)):
            if number == WARM_UP:
                watch.clear()
                rss_before = resident_mb()
            _one(engine, Frame(number, number * 33_333_333, frame.rgb), watch, bare)
            if peer is not None:
                watch.timed("peer", peer)(np.ascontiguousarray(frame.rgb[..., :3]))
    return _figures(watch, settings, rss_before, peer_name)


def _one(engine: Engine, frame: Frame, watch: Stopwatch, bare: Callable[[Network], Any]) -> None:
    watch.ran.clear()
    began = time.perf_counter_ns()
    engine.step(frame)
    whole = time.perf_counter_ns() - began
    began = time.perf_counter_ns()
    for network in watch.ran:
        bare(network)
    alone = time.perf_counter_ns() - began
    names = {network.spec.name for network in watch.ran}
    phase = "detecting" if "pose_detector" in names else "standing" if names_only_plain(names) else "bending"
    for name, taken in (("whole", whole), ("bare", alone)):
        watch.taken[name].append(taken)
        watch.taken[f"{name} {phase}"].append(taken)


def names_only_plain(names: set[str]) -> bool:
    """Tell whether only models without a mask ran."""
    return all(name.endswith("_nomask") for name in names)


def bundled_frames() -> Iterator[Frame]:
    """Give the frames of the bundled recording, round and round; decoding them is not timed and they are not kept."""
    with VideoSource(FOLDER / "camera.mp4") as film:
        while True:
            yield from film


def resident_mb() -> float:
    """Give the memory that the process holds now, MB."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - not a path of the user's
        return int(statm.read().split()[1]) * resource.getpagesize() / 1e6


def _figures(watch: Stopwatch, settings: Settings, rss_before: float, peer_name: str | None) -> dict[str, Any]:
    stages = {name: spread(values) for name, values in sorted(watch.taken.items())}
    ratio = {
        phase: stages[f"whole{phase}"]["median_ms"] / stages[f"bare{phase}"]["median_ms"]
        for phase in ("", " standing", " bending")
        if f"bare{phase}" in stages
    }
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # before anything is imported for the answer
    whole, bare = sum(watch.taken["whole"]), sum(watch.taken["bare"])
    result: dict[str, Any] = {
        "runtime": str(runtime()),
        "model": settings.model,
        "threads": settings.threads,
        "frames": len(watch.taken["whole"]),
        "stages": stages,
        "whole_to_bare": {phase.strip() or "median": round(value, 3) for phase, value in ratio.items()}
        | {"total": round(whole / bare, 3)},
        "frames_per_s": round(len(watch.taken["whole"]) / (whole / 1e9), 1),
        "p99_to_median": {
            phase.strip(): round(stages[f"whole{phase}"]["p99_ms"] / stages[f"whole{phase}"]["median_ms"], 2)
            for phase in ratio
            if phase
        },
        "memory_peak_mb": round(peak_kb * 1024 / 1e6, 1),
        "memory_growth_mb": round(resident_mb() - rss_before, 1),
    }
    if peer_name:
        peer = sum(watch.taken["peer"])
        result["peer"] = {"name": peer_name, "frames_per_s": round(len(watch.taken["peer"]) / (peer / 1e9), 1)}
        result["peer"]["times_as_fast"] = round(peer / whole, 2)
    return result


def spread(values_ns: Sequence[int]) -> dict[str, float]:
    """Give median, p95 and p99 in ms, and how many there were."""
    ordered = sorted(values_ns)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6, 3)

    return {
        "median_ms": round(statistics.median(ordered) / 1e6, 3),
        "p95_ms": at(0.95),
        "p99_ms": at(0.99),
        "count": len(ordered),
    }


def print_table(result: dict[str, Any]) -> None:
    """Print the figures for a person."""
    say = answers().print
    say(f"{result['runtime']}, model {result['model']}, {result['threads']} thread(s), {result['frames']} frames")
    say(f"{'stage':<28}{'median':>9}{'p95':>9}{'p99':>9}  ms{'count':>8}")
    for name, row in result["stages"].items():
        say(f"{name:<28}{row['median_ms']:>9.2f}{row['p95_ms']:>9.2f}{row['p99_ms']:>9.2f}{row['count']:>12}")
    parts = ", ".join(f"{name} {value:.2f}" for name, value in result["whole_to_bare"].items())
    say(f"whole step ÷ bare models: {parts}")
    tails = ", ".join(f"{name} {value:.2f}" for name, value in result["p99_to_median"].items())
    say(f"p99 ÷ median: {tails}")
    say(f"{result['frames_per_s']} frames a second")
    say(f"memory: peak {result['memory_peak_mb']} MB, growth over the run {result['memory_growth_mb']} MB")
    if "peer" in result:
        peer = result["peer"]
        say(f"{peer['name']}: {peer['frames_per_s']} frames a second; we are {peer['times_as_fast']} × as fast")
