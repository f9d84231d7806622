from __future__ import annotations

import statistics
from collections import defaultdict
from pathlib import Path

import pytest

from tests.service.box import CHECKOUT, Box, missing
from tests.service.coach import Coach

FILM = CHECKOUT / "device/hingecue/demo_recording/camera.mp4"
FIGURES = pytest.StashKey[dict]()


def pytest_addoption(parser) -> None:
    parser.addoption("--times", type=int, default=0, help="let every fault befall the service so often (minutes)")
    parser.addoption("--checkout", type=Path, default=CHECKOUT, help="the checkout that runs in the box")


def pytest_configure(config) -> None:
    config.stash[FIGURES] = defaultdict(list)


def pytest_terminal_summary(terminalreporter, config) -> None:
    """Say how the service came back from each fault."""
    for fault, rounds in config.stash[FIGURES].items():
        back_s = [r["back_s"] for r in rounds] or [float("nan")]
        terminalreporter.write_line(
            f"{fault}: {len(rounds)} of {config.getoption('--times')} times up again, after"
            f" {statistics.median(back_s):.2f} s (median), {max(back_s):.2f} s (longest);"
            f" lost {sum(r['lost'] for r in rounds)} of {sum(r['stored'] for r in rounds)} stored bends"
        )


@pytest.fixture(scope="session")
def times(request):
    return request.config.getoption("--times", default=0)


@pytest.fixture(scope="module")
def coach(request, tmp_path_factory):
    """The service, installed in a box of this module's own, with a camera."""
    if sentence := missing():
        pytest.skip(sentence)
    checkout = request.config.getoption("--checkout", default=CHECKOUT)
    with Box(tmp_path_factory.mktemp("box"), FILM, checkout) as box:
        coach = Coach(box)
        coach.install()
        yield coach


@pytest.fixture
def figures(request):
    """Where a fault's rounds are counted for the summary."""
    return request.config.stash[FIGURES]
