"""What every source of frames has in common: where it comes from, how many frames it gave, and its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from hingecue.types import Frame

SourceKind: TypeAlias = Literal["photo", "video", "recording", "camera"]


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source before its frames are read; what is not known is None.

    `fps` is the rate of the frames that are given out, `thinned_from_fps` that of the film when it is faster.
    `frames_total` and `duration_s` are what the container says: a promise, not a measurement.
    `width` and `height` are the picture's own, upright, in pixels, before any reduction.
    """

    kind: SourceKind
    name: str
    duration_s: float | None
    frames_total: int | None
    fps: float | None
    width: int
    height: int
    thinned_from_fps: float | None = None


class FrameStream(Protocol):
    """Anything that gives frames in the order of their times, each carrying its own time, and counts them."""

    @property
    def info(self) -> SourceInfo:
        """What is known before reading."""

    @property
    def warnings(self) -> list[str]:
        """Plain sentences on what was odd so far; complete when the iteration has ended."""

    @property
    def frames(self) -> int:
        """How many frames were read so far."""

    @property
    def frames_analyzed(self) -> int:
        """How many of them were given out."""

    @property
    def duration_s(self) -> float | None:
        """Length in seconds: as read once something was read, as the container says before."""

    def __iter__(self) -> Iterator[Frame]: ...


class FrameSource(FrameStream, Protocol):
    """A stream that holds files, devices or threads until it is closed."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """Let go of files, devices and threads; twice does no harm."""


class CountedSource(ABC):
    """The counting half of a `FrameSource`. Iterating a file again starts it and its counts again."""

    def __init__(self, info: SourceInfo, warnings: list[str] | None = None) -> None:
        self._info = info
        self._opening_warnings = tuple(warnings or ())
        self._warnings = list(self._opening_warnings)
        self._frames = 0
        self._frames_analyzed = 0
        self._length_s: float | None = None

    @property
    def info(self) -> SourceInfo:
        """What is known before reading."""
        return self._info

    @property
    def warnings(self) -> list[str]:
        """Plain sentences on what was odd so far; complete when the iteration has ended."""
        return list(self._warnings)

    @property
    def frames(self) -> int:
        """How many frames were read so far."""
        return self._frames

    @property
    def frames_analyzed(self) -> int:
        """How many of them were given out."""
        return self._frames_analyzed

    @property
    def duration_s(self) -> float | None:
        """Length in seconds: as read once something was read, as the container says before."""
        return self._info.duration_s if self._length_s is None else self._length_s

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in the order of their times."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files, devices and threads; twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _restart(self) -> None:
        self._warnings = list(self._opening_warnings)
        self._frames = 0
        self._frames_analyzed = 0
        self._length_s = None
