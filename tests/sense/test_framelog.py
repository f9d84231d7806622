from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hingecue.errors import InputFault, StoreFault
from hingecue.sense.framelog import FrameLogReader, FrameLogWriter
from hingecue.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator


def frames(count: int) -> Iterator[Frame]:
    random = np.random.default_rng(7)
    for index in range(count):
        smooth = np.kron(random.integers(0, 256, (6, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
        yield Frame(3 * index, 5 + index * 33_333_333, smooth)


def keep(folder: Path, count: int = 4) -> list[Frame]:
    with FrameLogWriter(folder) as writer:
        return [writer.write(frame) for frame in frames(count)]


def fault(folder: Path) -> InputFault:
    with pytest.raises(InputFault) as caught:
        FrameLogReader(folder)
    return caught.value


def test_a_replay_gives_what_the_loop_was_given_to_the_bit(tmp_path: Path) -> None:
    folder = tmp_path / "neu" / "Sitzung 1"
    kept = keep(folder)
    with FrameLogReader(folder) as reader:
        for _ in range(2):
            again = list(reader)
            assert [(frame.index, frame.t_ns) for frame in again] == [(frame.index, frame.t_ns) for frame in kept]
            for before, after in zip(kept, again, strict=True):
                assert np.array_equal(before.rgb, after.rgb)
        assert (reader.frames, reader.frames_analyzed, reader.warnings) == (4, 4, [])
        assert reader.info.name == "Sitzung 1"
        assert (reader.info.width, reader.info.height, reader.info.frames_total) == (64, 48, 4)
        assert reader.info.fps == pytest.approx(30)
        assert reader.duration_s == reader.info.duration_s == pytest.approx(0.1)
        reading = iter(reader)
        next(reading)
        reader.close()
        assert list(reading) == []
        assert reader.warnings == []
    assert FrameLogReader(folder, start_s=1.0).start_s == 1.0


def test_a_dark_picture_is_dark_again_and_the_others_keep_their_four_columns(tmp_path: Path) -> None:
    with FrameLogWriter(tmp_path) as writer:
        kept = [writer.write(replace(frame, dark=frame.index == 3)) for frame in frames(3)]
    assert [frame.dark for frame in kept] == [False, True, False]
    assert [frame.dark for frame in FrameLogReader(tmp_path)] == [False, True, False]
    header, *lines = (tmp_path / "camera.csv").read_text().splitlines()
    assert header == "index,t_ns,offset,length"
    assert [line.count(",") for line in lines] == [3, 4, 3]
    assert lines[1].endswith(",dark")


def test_jpeg_changes_the_picture_so_the_loop_must_see_the_changed_one(tmp_path: Path) -> None:
    (original,) = frames(1)
    (kept,) = keep(tmp_path / "a", 1)
    assert not np.array_equal(original.rgb, kept.rgb)
    assert FrameLogReader(tmp_path / "a").info.fps is None


def test_frames_are_on_the_disk_before_close(tmp_path: Path) -> None:
    writer = FrameLogWriter(tmp_path / "a")
    for frame in frames(2):
        writer.write(frame)
    assert len(list(FrameLogReader(tmp_path / "a"))) == 2
    writer.close()
    writer.close()


@pytest.mark.parametrize("lost", [1, 10])
def test_a_power_cut_leaves_a_readable_beginning(tmp_path: Path, lost: int) -> None:
    keep(tmp_path)
    table = tmp_path / "camera.csv"
    table.write_bytes(table.read_bytes()[:-lost])
    reader = FrameLogReader(tmp_path)
    assert len(list(reader)) == 3
    assert reader.warnings == ["the recording breaks off: the last line of camera.csv is not whole and was left out"]


def test_a_half_picture_ends_the_replay(tmp_path: Path) -> None:
    keep(tmp_path)
    pictures = tmp_path / "camera.mjpeg"
    pictures.write_bytes(pictures.read_bytes()[:-30])
    reader = FrameLogReader(tmp_path)
    assert len(list(reader)) == 3
    assert reader.warnings == ["the recording breaks off: 1 of 4 pictures are not whole, and left out"]


def test_a_log_without_one_whole_picture(tmp_path: Path) -> None:
    keep(tmp_path, 1)
    (tmp_path / "camera.mjpeg").write_bytes(bytes(10_000))
    assert fault(tmp_path).code == "log_no_frames"
    (tmp_path / "camera.csv").unlink()
    assert fault(tmp_path).code == "input_missing"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n", "camera.csv line 1: the first line must be index,t_ns,offset,length"),
        ("index,t_ns,offset,length\n0,0,0\n", "camera.csv line 2: this must be four whole numbers"),
        ("index,t_ns,offset,length\n0,0,0,x\n", "camera.csv line 2: this must be four whole numbers"),
        ("index,t_ns,offset,length\n0,0,0,dark\n", "camera.csv line 2: this must be four whole numbers"),
        ("index,t_ns,offset,length\n0,0,0,9,1\n", "camera.csv line 2: this must be four whole numbers"),
        (
            "index,t_ns,offset,length\n0,5,0,9\n1,5,9,9\n",
            "camera.csv line 3: the time runs back, from 5 ns to 5 ns",
        ),
    ],
)
def test_a_malformed_table(tmp_path: Path, text: str, sentence: str) -> None:
    keep(tmp_path)
    (tmp_path / "camera.csv").write_text(text)
    found = fault(tmp_path)
    assert found.code == "log_malformed"
    assert sentence in str(found)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "recording.toml").write_text("format = 1\n")
    keep(tmp_path)
    assert (tmp_path / "recording.toml").read_text() == "format = 1\n"
    with pytest.raises(StoreFault) as caught:
        FrameLogWriter(tmp_path)
    assert caught.value.code == "log_exists"


def test_times_must_grow(tmp_path: Path) -> None:
    (frame,) = frames(1)
    with FrameLogWriter(tmp_path) as writer:
        writer.write(frame)
        with pytest.raises(ValueError, match="is not after"):
            writer.write(frame)


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    first, second = frames(2)
    writer = FrameLogWriter(tmp_path)
    writer.write(first)
    writer._pictures.close()
    writer._pictures = full.open("wb")
    with pytest.raises(StoreFault) as caught:
        writer.write(second)
    assert caught.value.code == "disk_full"
    assert "the disk is full" in str(caught.value)
    writer.close()
    assert len(list(FrameLogReader(tmp_path))) == 1


def test_a_disk_that_fails_at_the_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = FrameLogWriter(tmp_path)

    def fail(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("hingecue.sense.framelog.os.fsync", fail)
    with pytest.raises(StoreFault, match=r"cannot be written \(input/output error\)") as caught:
        writer.close()
    assert caught.value.code == "log_unwritable"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFault) as caught:
        FrameLogWriter(tmp_path / "file" / "log")
    assert caught.value.code == "log_unwritable"


def test_a_log_that_cannot_be_begun_leaves_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FrameLogWriter, "_put", fail)
    with pytest.raises(StoreFault) as caught:
        FrameLogWriter(tmp_path)
    assert caught.value.code == "disk_full"
