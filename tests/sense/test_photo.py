from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from hingecue.errors import InputFault
from hingecue.sense.photo import PhotoSource
from hingecue.sense.picture import decode_rgb, jpeg_is_whole, picture_format

if TYPE_CHECKING:
    from pathlib import Path


def encoded(rgb: np.ndarray, suffix: str) -> bytes:
    ok, data = cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    assert ok
    return data.tobytes()


def with_exif_orientation(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tiff", ".webp", ".ppm"])
def test_every_usual_format_becomes_rgb(tmp_path: Path, picture: np.ndarray, suffix: str) -> None:
    path = tmp_path / "ein schöner Größenvergleich.bin"
    path.write_bytes(encoded(picture, suffix))
    with PhotoSource(path) as source:
        (frame,) = source
        assert source.info.kind == "photo"
        assert source.info.name == path.name
        assert (source.info.width, source.info.height) == (60, 40)
        assert (source.frames, source.frames_analyzed, source.scale) == (1, 1, 1.0)
    assert (frame.index, frame.t_ns) == (0, 0)
    assert np.abs(frame.rgb[30, 10].astype(int) - (255, 0, 0)).max() < 12
    assert np.abs(frame.rgb[30, 50].astype(int) - (0, 0, 255)).max() < 12
    assert list(source) == []


def test_the_exif_orientation_is_respected(tmp_path: Path, picture: np.ndarray) -> None:
    path = tmp_path / "phone.jpg"
    path.write_bytes(with_exif_orientation(encoded(picture, ".jpg"), 6))
    (frame,) = PhotoSource(path)
    assert frame.rgb.shape == (60, 40, 3)
    assert frame.rgb[30, 38, 1] > 200  # the green line has come to the right


def test_gray_alpha_and_sixteen_bits_become_rgb_of_eight(tmp_path: Path) -> None:
    gray = np.full((8, 8), 77, np.uint8)
    deep = np.full((8, 8, 3), 0x80FF, np.uint16)
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[:, :4] = (0, 0, 200, 255)
    deep_clear = np.zeros((8, 8, 4), np.uint16)
    for name, raw, expected in [
        ("gray", gray, (77, 77, 77)),
        ("deep", deep, (128, 128, 128)),
        ("clear", clear, (200, 0, 0)),
        ("deep_clear", deep_clear, (255, 255, 255)),
    ]:
        path = tmp_path / f"{name}.png"
        path.write_bytes(cv2.imencode(".png", raw)[1].tobytes())
        (frame,) = PhotoSource(path)
        assert frame.rgb.dtype == np.uint8
        assert frame.rgb.shape == (8, 8, 3)
        assert np.abs(frame.rgb[4, 2].astype(int) - expected).max() <= 1
    path = tmp_path / "clear.png"
    (frame,) = PhotoSource(path)
    assert tuple(frame.rgb[4, 6]) == (255, 255, 255)


def test_a_huge_picture_is_made_smaller_and_tells_its_own_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(encoded(np.zeros((1000, 4096, 3), np.uint8), ".png"))
    source = PhotoSource(path)
    (frame,) = source
    assert frame.rgb.shape == (500, 2048, 3)
    assert (source.info.width, source.info.height, source.scale) == (4096, 1000, 0.5)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_cut_picture_is_named_cut(
    tmp_path: Path, picture: np.ndarray, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"cut{suffix}"
    data = with_exif_orientation(encoded(picture, ".jpg"), 1) if suffix == ".jpg" else encoded(picture, suffix)
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(InputFault) as caught:
        PhotoSource(path)
    assert caught.value.code == "picture_cut"
    assert str(caught.value).startswith(f"{path}: the {'JPEG' if suffix == '.jpg' else 'PNG'} is cut short")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"\xff\xd8\xff\xda\x00\x02rubbish\xff\xd9", "picture_unreadable", "the JPEG is damaged"),
        (b"no picture at all" * 9, "picture_unreadable", "this is not a picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(64), "picture_format", "HEIC pictures cannot be read"),
        (b"II*\x00" + bytes(20), "picture_unreadable", "the TIFF is damaged"),
        (b"", "input_empty", "the file is empty"),
    ],
)
def test_what_is_no_picture_gets_one_clear_sentence(
    tmp_path: Path, data: bytes, code: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(InputFault) as caught:
        PhotoSource(path)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_thumbnails_end_mark_is_not_the_pictures(picture: np.ndarray) -> None:
    jpeg = encoded(picture, ".jpg")
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(jpeg) + 2) + jpeg
    whole = jpeg[:2] + b"\xff\xff\x01" + thumbnail + jpeg[2:]
    assert jpeg_is_whole(jpeg)
    assert jpeg_is_whole(whole)
    assert not jpeg_is_whole(whole[:-40])
    assert not jpeg_is_whole(jpeg[:100])
    assert not jpeg_is_whole(jpeg[:2] + b"\x00\x00\x00\x00")


def test_formats_are_told_by_their_first_bytes() -> None:
    assert picture_format(b"\x00\x00\x00\x18ftypavif") == "AVIF"
    assert picture_format(b"\x00\x00\x00\x18ftypisom") is None
    assert picture_format(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "WebP"
    assert picture_format(b"RIFF\x00\x00\x00\x00AVI LIST") is None
    assert picture_format(b"GIF89a") is None


def test_a_picture_of_absurd_size_is_refused() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    assert decode_rgb(bomb) is None
    assert decode_rgb(b"") is None


def test_real_photos_are_all_read(shared: Path) -> None:
    paths = sorted((shared / "photos").glob("*.jpg"))[:20]
    assert paths
    for path in paths:
        (frame,) = PhotoSource(path)
        assert frame.rgb.ndim == 3
