from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from hingecue.errors import InputFault
from hingecue.sense.files import check_readable, looks_like_text, read_bytes
from hingecue.sense.photo import PhotoSource
from hingecue.sense.recording import Recording
from hingecue.sense.source import FrameSource, open_input
from hingecue.sense.video import VideoSource

if TYPE_CHECKING:
    from conftest import MakeFilm


def fault(path: Path) -> InputFault:
    with pytest.raises(InputFault) as caught:
        open_input(path)
    assert caught.value.where == str(path)
    return caught.value


def test_the_content_tells_what_it_is_not_the_name(tmp_path: Path, make_film: MakeFilm) -> None:
    photo = tmp_path / "foto mit Lücke.mp4"
    photo.write_bytes(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes())
    film = make_film().rename(tmp_path / "film.jpg")
    folder = tmp_path / "recording"
    folder.mkdir()
    (folder / "recording.toml").write_text("format = 1\n")
    (folder / "imu-pelvis.csv").write_text("t_s,ax_g,ay_g,az_g\n0,0,0,1\n")
    assert isinstance(open_input(photo), PhotoSource)
    assert isinstance(open_input(film), VideoSource)
    assert isinstance(open_input(folder), Recording)
    source: FrameSource
    for source in (PhotoSource(photo), VideoSource(film)):
        assert len(list(source)) == source.frames > 0


def test_a_film_of_jpegs_is_a_film(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    path = tmp_path / "camera.MJPEG"
    path.write_bytes(jpeg * 4)
    source = open_input(path)
    assert isinstance(source, VideoSource)
    assert len(list(source)) == 4


def test_the_current_folder_can_be_a_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recording.toml").write_text("format = 1\n")
    (tmp_path / "imu-pelvis.csv").write_text("t_s,ax_g,ay_g,az_g\n0,0,0,1\n")
    monkeypatch.chdir(tmp_path)
    recording = open_input(Path())
    assert isinstance(recording, Recording)
    assert recording.name == tmp_path.name


def test_folders_that_are_no_recording(tmp_path: Path) -> None:
    empty = tmp_path / "leer und öde"
    empty.mkdir()
    assert fault(empty).code == "folder_empty"
    (empty / "a.jpg").write_bytes(b"x")
    found = fault(empty)
    assert found.code == "folder_no_recording"
    assert "the folder holds no recording.toml" in str(found)


def test_files_that_are_not_there_or_not_files(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.mp4").code == "input_missing"
    (tmp_path / "file").write_bytes(b"")
    assert fault(tmp_path / "file").code == "input_empty"
    assert fault(tmp_path / "file" / "a.mp4").code == "input_missing"
    os.mkfifo(tmp_path / "pipe")
    assert fault(tmp_path / "pipe").code == "input_not_a_file"
    with pytest.raises(InputFault) as caught:
        check_readable(tmp_path)
    assert caught.value.code == "input_is_folder"
    with pytest.raises(InputFault, match="file name too long"):
        check_readable(tmp_path / ("x" * 300))


def test_what_may_not_be_read(tmp_path: Path, make_film: MakeFilm, monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_film()
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = fault(film)
    assert found.code == "input_denied"
    assert "no permission to read it" in str(found)
    assert "chmod u+r" in found.try_this
    assert fault(folder).code == "input_denied"


def test_permission_may_also_be_refused_later(
    tmp_path: Path, make_film: MakeFilm, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film()
    folder = tmp_path / "folder"
    folder.mkdir()

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert fault(film).code == "input_denied"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)
        assert fault(folder).code == "input_denied"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_dir", refuse)
        assert fault(film).code == "input_denied"


def test_a_card_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(InputFault, match=r"it cannot be read \(input/output error\)") as caught:
        read_bytes(tmp_path / "a")
    assert caught.value.code == "input_unreadable"


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"hello\n", True),
        ("grün".encode()[:-2], True),
        ("grün".encode("utf-16"), True),
        (b"\x00\x00\x00\x18ftyp", False),
        (b"\xff\xd8", False),
        (b"abc\xe9def", False),
    ],
)
def test_text_is_told_from_bytes(head: bytes, text: bool) -> None:
    assert looks_like_text(head) is text
