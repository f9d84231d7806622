"""Films, pictures and recordings made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import pytest

from hingecue.sense import video

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


class MakeFilm(Protocol):
    def __call__(
        self,
        name: str = ...,
        *,
        fps: float = ...,
        frames: int = ...,
        size: tuple[int, int] = ...,
        codec: str = ...,
    ) -> Path: ...


@pytest.fixture
def make_film(tmp_path: Path) -> MakeFilm:
    """Film whose frame i is gray 4·i (mod 256), with a red patch in its top left corner."""

    def make(
        name: str = "film.mp4",
        *,
        fps: float = 30.0,
        frames: int = 30,
        size: tuple[int, int] = (320, 240),
        codec: str = "mp4v",
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size)
        assert writer.isOpened()
        for index in range(frames):
            picture = np.full((size[1], size[0], 3), 4 * index % 256, np.uint8)
            picture[: size[1] // 4, : size[0] // 4] = (0, 0, 255)
            writer.write(picture)
        writer.release()
        return path

    return make


@pytest.fixture
def picture() -> np.ndarray:
    """RGB 40 by 60, left half red, right half blue, a green line on top."""
    rgb = np.zeros((40, 60, 3), np.uint8)
    rgb[:, :30, 0] = 255
    rgb[:, 30:, 2] = 255
    rgb[:5] = (0, 255, 0)
    return rgb


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared measurements are not on this machine")
    return SHARED


class OddCapture:
    """The real reader, whose properties or pictures can be made odd."""

    props: dict[int, Any] = {}  # noqa: RUF012 - set by monkeypatch, one test at a time
    lame: frozenset[int] = frozenset()

    def __init__(self, path: str, backend: int) -> None:
        self._real = REAL_CAPTURE(path, backend)
        self._at = -1

    def grab(self) -> bool:
        self._at += 1
        return self._real.grab()

    def retrieve(self) -> tuple[bool, Any]:
        return (False, None) if self._at in self.lame else self._real.retrieve()

    def get(self, prop: int) -> float:
        odd = self.props.get(prop)
        if odd is None:
            return self._real.get(prop)
        return odd(self._at) if callable(odd) else odd

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


REAL_CAPTURE = cv2.VideoCapture


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> type[OddCapture]:
    monkeypatch.setattr(video.cv2, "VideoCapture", OddCapture)
    monkeypatch.setattr(OddCapture, "props", {})
    return OddCapture
