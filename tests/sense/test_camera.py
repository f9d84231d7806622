from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hingecue.errors import DeviceFault
from hingecue.sense import camera, live
from hingecue.sense.camera import CameraSource

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeFilm


def fault(device: str | Path | int) -> DeviceFault:
    with pytest.raises(DeviceFault) as caught:
        CameraSource(device)
    assert caught.value.blinks == 2
    return caught.value


def test_a_camera_gives_newer_and_newer_frames_on_the_monotonic_clock(make_film: MakeFilm) -> None:
    before = time.monotonic_ns()
    with CameraSource(make_film(frames=200)) as source:
        assert source.info.kind == "camera"
        assert (source.info.width, source.info.height) == (320, 240)
        assert source.info.fps == pytest.approx(30)
        frames = []
        for frame in source:
            frames.append(frame)
            if len(frames) == 3:
                break
        assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
        assert before < frames[0].t_ns < frames[1].t_ns < frames[2].t_ns < time.monotonic_ns()
        assert frames[0].rgb.shape == (240, 320, 4)
        assert source.frames_analyzed == 3
        assert source.frames == frames[2].index + 1
        assert source.duration_s == (frames[2].t_ns - frames[0].t_ns) / 1e9
    assert source.warnings == []
    assert not any(thread.name.startswith("camera ") for thread in threading.enumerate())


@pytest.fixture
def as_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a film be read as a camera is: as fast as it gives, and not ended by a failed read."""
    monkeypatch.setattr(camera, "_is_film", lambda _path: False)


def test_a_film_that_stands_in_is_played_at_its_rate_and_ends(make_film: MakeFilm) -> None:
    began = time.monotonic()
    with CameraSource(make_film(frames=9)) as source:
        frames = list(source)
    assert time.monotonic() - began > 8 / 30
    assert frames[-1].index == 8
    assert source.drops + source.frames_analyzed == 9


@pytest.mark.usefixtures("as_live")
def test_a_camera_that_falls_silent_is_a_fault_in_time(make_film: MakeFilm) -> None:
    source = CameraSource(make_film(frames=8), silent_after_s=0.3)
    began = time.monotonic()
    with source, pytest.raises(DeviceFault) as caught:
        list(source)
    assert caught.value.code == "camera_silent"
    assert caught.value.blinks == 2
    assert "no picture came for 0.3 s" in str(caught.value)
    assert time.monotonic() - began < 5.0
    assert source.drops + source.frames_analyzed == 8


@pytest.mark.usefixtures("as_live")
def test_a_slow_reader_gets_the_newest_frame(make_film: MakeFilm) -> None:
    with CameraSource(make_film(frames=8), silent_after_s=5.0) as source:
        while source.drops < 7:
            time.sleep(0.01)
        assert next(iter(source)).index == 7


@pytest.mark.usefixtures("as_live")
def test_closing_ends_the_iteration(make_film: MakeFilm) -> None:
    source = CameraSource(make_film(frames=2))
    timer = threading.Timer(0.2, source.close)
    timer.start()
    assert 1 <= len(list(source)) <= 2
    timer.join()
    source.close()


@pytest.mark.usefixtures("as_live")
def test_a_thread_that_hangs_in_the_driver_is_named(make_film: MakeFilm, monkeypatch: pytest.MonkeyPatch) -> None:
    source = CameraSource(make_film(frames=2))
    hang = threading.Event()
    monkeypatch.setattr(live, "JOIN_S", 0.05)
    monkeypatch.setattr(source._stop, "is_set", hang.is_set)
    monkeypatch.setattr(source._stop, "wait", hang.wait)
    source.close()
    assert source.warnings == [f'the thread "{source._thread.name}" would not stop']
    hang.set()
    source._thread.join(5.0)
    assert not source._thread.is_alive()


def test_no_such_camera_names_those_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_DEV", tmp_path)
    found = fault(7)
    assert found.code == "camera_missing"
    assert str(found) == (
        f"camera {tmp_path}/video7: there is no such camera; plug in a camera; none is seen as /dev/video*"
    )
    for number in (1, 0):
        (tmp_path / f"video{number}").touch()
    assert fault(7).try_this == f"name one of these: {tmp_path}/video0, {tmp_path}/video1"


def test_a_camera_that_another_program_uses(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.write_bytes(b"busy")
    found = fault(path)
    assert found.code == "camera_busy"
    assert f"fuser {path}" in found.try_this


def test_a_camera_that_may_not_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "video0"
    path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = fault(str(path))
    assert found.code == "camera_denied"
    assert "usermod -aG video" in found.try_this
