from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hingecue.errors import InputFault
from hingecue.sense import video
from hingecue.sense.video import VideoSource

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeFilm

TURNED = {90: (0, 65536, 0, -65536, 0), 270: (0, -65536, 0, 65536, 0), 180: (-65536, 0, 0, 0, -65536)}


def turn(path: Path, degrees: int, size: tuple[int, int]) -> None:
    """Write a rotation flag into a film, as a phone does: the matrix of the track header."""
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 4 + 40
    a, b, c, d, e = TURNED[degrees]
    shift = {90: (size[1], 0), 180: size, 270: (0, size[0])}[degrees]
    data[at : at + 36] = struct.pack(">9i", a, b, 0, d, e, 0, shift[0] << 16, shift[1] << 16, 1 << 30)
    assert c == 0
    path.write_bytes(data)


def index_first(path: Path) -> bytes:
    """Give a film's bytes with its index before the pictures, as films for the web have it."""
    data = path.read_bytes()
    begin = data.find(b"moov") - 4
    index = bytearray(data[begin : begin + int.from_bytes(data[begin : begin + 4], "big")])
    at = index.find(b"stco") + 8
    for entry in range(at + 4, at + 4 + 4 * int.from_bytes(index[at : at + 4], "big"), 4):
        offset = int.from_bytes(index[entry : entry + 4], "big") + len(index)
        index[entry : entry + 4] = offset.to_bytes(4, "big")
    first = int.from_bytes(data[:4], "big")
    return data[:first] + bytes(index) + data[first:begin]


def is_red(pixel: np.ndarray) -> bool:
    return bool(pixel[0] > 200 and pixel[2] < 60)


def fault(path: Path) -> InputFault:
    with pytest.raises(InputFault) as caught:
        VideoSource(path)
    assert str(caught.value) == f"{caught.value.where}: {caught.value.what}; {caught.value.try_this}"
    return caught.value


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("Übung für Knie/größer.mkv", "mp4v")]
)
def test_a_film_gives_its_frames_with_their_times(make_film: MakeFilm, name: str, codec: str) -> None:
    path = make_film(name, codec=codec)
    with VideoSource(path) as source:
        frames = list(source)
    assert source.info.kind == "video"
    assert source.info.name == path.name
    assert source.info.fps == pytest.approx(30)
    assert source.info.duration_s == pytest.approx(1.0, abs=0.01)
    assert source.info.frames_total == 30
    assert source.info.thinned_from_fps is None
    assert (source.frames, source.frames_analyzed) == (30, 30)
    assert source.duration_s == pytest.approx(1.0, abs=0.01)
    assert source.warnings == []
    assert [frame.index for frame in frames] == list(range(30))
    assert frames[0].t_ns == 0
    assert frames[15].t_s == pytest.approx(0.5, abs=0.001)
    assert frames[20].rgb.shape == (240, 320, 4)
    assert int(frames[20].rgb[200, 200, 0]) == pytest.approx(80, abs=6)
    assert is_red(frames[20].rgb[20, 20])


def test_a_film_can_be_read_twice_but_not_after_close(make_film: MakeFilm) -> None:
    source = VideoSource(make_film(frames=5), start_s=2.0)
    assert [frame.t_s for frame in source] == [frame.t_s for frame in source]
    assert (source.frames, source.start_s) == (5, 2.0)
    reading = iter(source)
    assert next(reading).t_s == 2.0
    source.close()
    assert list(reading) == []
    assert list(source) == []


@pytest.mark.parametrize(
    ("fps", "frames", "analyzed", "step_s"), [(5, 20, 20, 0.2), (60, 120, 60, 1 / 30), (240, 480, 60, 1 / 30)]
)
def test_fast_films_are_thinned_by_time(
    make_film: MakeFilm, fps: int, frames: int, analyzed: int, step_s: float
) -> None:
    source = VideoSource(make_film(fps=fps, frames=frames))
    times = [frame.t_s for frame in source]
    assert (source.frames, source.frames_analyzed) == (frames, len(times))
    assert len(times) == pytest.approx(analyzed, abs=1)
    assert source.duration_s == pytest.approx(frames / fps)
    assert source.info.thinned_from_fps == (fps if fps > 30 else None)
    assert source.info.fps == min(fps, 30)
    assert sorted(after - before for before, after in pairwise(times))[len(times) // 2] == pytest.approx(step_s)


def test_one_frame_is_a_film(make_film: MakeFilm) -> None:
    source = VideoSource(make_film(frames=1))
    assert [frame.t_ns for frame in source] == [0]
    assert source.duration_s == pytest.approx(1 / 30)


def test_four_k_is_made_smaller(make_film: MakeFilm) -> None:
    source = VideoSource(make_film(frames=2, size=(3840, 2160)))
    assert [frame.rgb.shape for frame in source] == [(720, 1280, 4)] * 2
    assert (source.info.width, source.info.height) == (3840, 2160)


@pytest.mark.parametrize(("degrees", "corner"), [(90, (10, 230)), (270, (310, 10)), (180, (230, 310))])
def test_a_rotation_flag_is_honoured(make_film: MakeFilm, degrees: int, corner: tuple[int, int]) -> None:
    path = make_film(frames=3)
    turn(path, degrees, (320, 240))
    source = VideoSource(path)
    for frame in source:
        assert frame.rgb.shape == ((240, 320, 4) if degrees == 180 else (320, 240, 4))
        assert is_red(frame.rgb[corner])
    assert (source.info.width, source.info.height) == ((320, 240) if degrees == 180 else (240, 320))


def test_a_film_written_at_an_absurd_rate_is_counted_at_thirty(make_film: MakeFilm) -> None:
    source = VideoSource(make_film(fps=1000, frames=60))
    assert [frame.t_s for frame in source][30] == pytest.approx(1.0)
    assert source.info.duration_s == source.duration_s == pytest.approx(2.0)
    assert "which is assumed" in source.warnings[0]


def test_a_cut_film_gives_what_it_has_and_says_so(make_film: MakeFilm, capfd: pytest.CaptureFixture[str]) -> None:
    path = make_film(frames=60)
    whole = index_first(path)
    path.write_bytes(whole)
    source = VideoSource(path)
    assert (len(list(source)), source.warnings) == (60, [])
    path.write_bytes(whole[: len(whole) * 3 // 4])
    source = VideoSource(path)
    frames = list(source)
    assert 10 < len(frames) < 50
    assert source.info.frames_total == 60
    assert source.warnings == [f"the film is cut short: {len(frames)} of 60 frames could be read, and those were used"]
    assert capfd.readouterr().err == ""


def test_a_film_without_its_index_is_named_cut(make_film: MakeFilm, capfd: pytest.CaptureFixture[str]) -> None:
    path = make_film()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert fault(path).code == "video_cut"
    assert capfd.readouterr().err == ""


def test_a_writer_that_was_given_no_frame_leaves_no_film(make_film: MakeFilm) -> None:
    assert fault(make_film(frames=0)).code in {
        "video_cut",
        "video_no_frames",
        "input_empty",
        "video_unreadable",
    }


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.txt", b"a film of letters\n" * 200),
        ("notes.txt", "für äöü ".encode() * 1000),
        ("notes.txt", "zwei Bytes je Zeichen".encode("utf-16")),
        ("noise.mp4", bytes(np.random.default_rng(1).integers(0, 256, 4000, np.uint8))),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://example.invalid/a.mp4\n"),
    ],
)
def test_what_is_no_film_gets_one_clear_sentence(
    tmp_path: Path, name: str, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert fault(path).code == "video_unreadable"
    assert capfd.readouterr().err == ""


def test_an_old_cv2_without_the_switch_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(video.cv2.utils, "logging")
    video.hush()
    assert not hasattr(video.cv2.utils, "logging")


@pytest.mark.parametrize(
    ("name", "frames", "analyzed", "seconds"),
    [
        ("tby66_0016c_1", 1262, 631, 21.03),
        ("bichraix_good001", 117, 117, 4.88),
        ("misc_posereader_bad", 29, 29, 0.97),
    ],
)
def test_real_films(shared: Path, name: str, frames: int, analyzed: int, seconds: float) -> None:
    source = VideoSource(shared / "video" / f"{name}.mp4")
    assert sum(1 for _ in source) == analyzed
    assert (source.frames, source.frames_analyzed) == (frames, analyzed)
    assert source.duration_s == pytest.approx(seconds, abs=0.01)
    assert source.warnings == []


def test_a_film_without_pictures_behind_its_index_is_a_fault(make_film: MakeFilm) -> None:
    path = make_film(frames=60)
    whole = index_first(path)
    path.write_bytes(whole[: whole.find(b"mdat") + 4])
    assert fault(path).code in {"video_no_frames", "video_cut"}
