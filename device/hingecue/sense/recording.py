"""A recording folder: the film, the sensors, the truth and the calibration windows (CONTRACT §5)."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from hingecue.errors import InputFault
from hingecue.sense.files import check_readable, read_bytes
from hingecue.sense.framelog import LOG_FILE, PLAN_FILE, FrameLogReader
from hingecue.sense.table import ImuTrack, TruthTable, read_imu, read_truth
from hingecue.sense.video import VideoSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

FORMAT = 1
ROLES = ("pelvis", "thorax", "mount")
_CAMERA_FILES = ("camera.mp4", LOG_FILE)
_TRUTH_FILE = "truth.csv"


@dataclass(frozen=True, slots=True)
class Calibration:
    """When the person stood still, and when they bent as far as they can: (from, to) in s."""

    stand: tuple[float, float] | None = None
    flex: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """Which file is the film, and the time of its first frame in s on the recording's clock."""

    file: str
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What recording.toml says, and the usual file names that it may leave out. `imu`: role → file."""

    title: str
    calibration: Calibration
    camera: CameraEntry | None
    imu: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Everything that was recorded, on one clock in s, to which the frames of `video` are set too."""

    path: Path
    title: str
    calibration: Calibration
    video: VideoSource | FrameLogReader | None
    imu: Mapping[str, ImuTrack]
    truth: TruthTable | None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name or self.path.resolve().name

    @property
    def warnings(self) -> list[str]:
        """What was odd about the film; complete when it was read to its end."""
        return [] if self.video is None else self.video.warnings

    @property
    def duration_s(self) -> float:
        """The end of the longest part, in s."""
        ends = [float(track.t_s[-1]) for track in self.imu.values()]
        if self.video is not None:
            ends.append(self.video.start_s + (self.video.duration_s or 0.0))
        return max(ends)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the film; twice does no harm."""
        if self.video is not None:
            self.video.close()


def open_recording(folder: Path) -> Recording:
    """Open a recording folder and read its tables.

    Raises `InputFault`: `recording_toml`, `recording_key`, `recording_value`, `recording_empty`, those of the
    tables (`csv_…`) and those of the film.
    """
    plan = read_plan(folder)
    imu = {role: read_imu(_inside(folder, file), role) for role, file in plan.imu.items()}
    truth = folder / _TRUTH_FILE
    video = _open_camera(folder, plan.camera)
    if video is None and not imu:
        raise InputFault(
            "recording_empty",
            where=str(folder),
            what="the recording holds neither a film nor a sensor's track",
            try_this="add camera.mp4 or imu-pelvis.csv",
        )
    return Recording(
        path=folder,
        title=plan.title,
        calibration=plan.calibration,
        video=video,
        imu=imu,
        truth=read_truth(truth) if truth.exists() else None,
    )


def read_plan(folder: Path) -> Plan:
    """Read recording.toml and find the files with the usual names. Raises `InputFault`."""
    path = folder / PLAN_FILE
    check_readable(path)
    try:
        raw = tomllib.loads(read_bytes(path).decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"this is not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}"
        raise InputFault("recording_toml", where=PLAN_FILE, what=what, try_this="mend that place") from error
    top = Section(raw, "", ("format", "title", "calibration", "camera", "imu"))
    if raw.get("format") != FORMAT:
        told = f"the format is {raw['format']!r}" if "format" in raw else "the format is not told"
        raise top.fault(told, f"this program reads format = {FORMAT}")
    return Plan(
        title=top.text("title", folder.resolve().name),
        calibration=_calibration(top),
        camera=_camera(folder, top),
        imu=_imu(folder, top),
    )


class Section:
    """One table of recording.toml whose keys are known; each misfit is an `InputFault` naming the key."""

    def __init__(self, raw: object, name: str, keys: Sequence[str]) -> None:
        self._where = f"{PLAN_FILE} {name}".strip()
        if not isinstance(raw, dict):
            raise self.fault("this must be a table", f"write {name} on a line of its own, its keys below")
        self.raw: dict[str, object] = raw
        for key in raw:
            if key not in keys:
                raise self._unknown(key, keys)

    def fault(self, what: str, try_this: str, code: str = "recording_value") -> InputFault:
        """Give the fault for this table."""
        return InputFault(code, where=self._where, what=what, try_this=try_this)

    def text(self, key: str, default: str) -> str:
        """Give a text that is not empty."""
        value = self.raw.get(key, default)
        if isinstance(value, str) and value:
            return value
        raise self.fault(f'"{key}" must be a text', f'write {key} = "…"')

    def seconds(self, key: str, default: float) -> float:
        """Give a time in s, 0 or later."""
        value = _seconds(self.raw.get(key, default))
        if value is None:
            raise self.fault(f'"{key}" must be a number of seconds, 0 or more', f"write {key} = {default}")
        return value

    def window(self, key: str) -> tuple[float, float] | None:
        """Give a stretch of time (from, to) in s; None when it is not told."""
        value = self.raw.get(key)
        if value is None:
            return None
        ends = [_seconds(end) for end in value] if isinstance(value, list) else []
        match ends:
            case [float(begin), float(end)] if begin < end:
                return begin, end
        raise self.fault(f'"{key}" must be two numbers of seconds, the earlier first', f"write {key} = [0.0, 3.0]")

    def _unknown(self, key: str, keys: Sequence[str]) -> InputFault:
        near = close_matches(key, keys)
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        return self.fault(f'unknown key "{key}"{hint}', f"the keys here are: {', '.join(keys)}", "recording_key")


def close_matches(word: str, known: Sequence[str]) -> list[str]:
    """Give the known word that is nearest to one that is not, if any comes near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a slip of the pen needs it

    return get_close_matches(word, known, n=1)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _calibration(top: Section) -> Calibration:
    section = Section(top.raw.get("calibration", {}), "[calibration]", ("stand", "flex"))
    return Calibration(section.window("stand"), section.window("flex"))


def _camera(folder: Path, top: Section) -> CameraEntry | None:
    usual = next((name for name in _CAMERA_FILES if (folder / name).exists()), None)
    if "camera" not in top.raw:
        return None if usual is None else CameraEntry(usual)
    section = Section(top.raw["camera"], "[camera]", ("file", "start_s"))
    return CameraEntry(section.text("file", usual or _CAMERA_FILES[0]), section.seconds("start_s", 0.0))


def _imu(folder: Path, top: Section) -> dict[str, str]:
    found = {role: f"imu-{role}.csv" for role in ROLES if (folder / f"imu-{role}.csv").exists()}
    entries = top.raw.get("imu", [])
    if not isinstance(entries, list):
        raise top.fault('"imu" must be a list of tables', "write [[imu]] with two brackets")
    named: dict[str, str] = {}
    for entry in entries:
        section = Section(entry, "[[imu]]", ("role", "file"))
        role = section.text("role", "?")
        if role not in ROLES:
            near = close_matches(role, ROLES)
            hint = f' (did you mean "{near[0]}"?)' if near else ""
            raise section.fault(f'unknown role "{role}"{hint}', f"the roles are: {', '.join(ROLES)}")
        if role in named:
            raise section.fault(f'the role "{role}" stands there twice', "keep one of the two")
        named[role] = section.text("file", f"imu-{role}.csv")
    return found | named


def _open_camera(folder: Path, entry: CameraEntry | None) -> VideoSource | FrameLogReader | None:
    if entry is None:
        return None
    path = _inside(folder, entry.file)
    if path.name == LOG_FILE:
        return FrameLogReader(path.parent, start_s=entry.start_s)
    return VideoSource(path, start_s=entry.start_s, where=entry.file)


def _inside(folder: Path, file: str) -> Path:
    path = folder / file
    if folder.resolve() not in path.resolve().parents:
        raise InputFault(
            "recording_value",
            where=PLAN_FILE,
            what=f'the file "{file}" lies outside the recording\'s folder',
            try_this="copy it into the folder and give its name alone",
        )
    return path
