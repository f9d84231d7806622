"""Bytes to pictures and back: what a picture file is, whether it is whole, and its RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from hingecue.types import U8

_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"\x00\x00\x00\x0cjP  ": "JPEG 2000",
    b"#?RADIANCE": "HDR",
    b"P2": "PGM",
    b"P3": "PPM",
    b"P5": "PGM",
    b"P6": "PPM",
}
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc"})
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # markers that stand alone: TEM, RST0…7, SOI
_START_OF_SCAN = 0xDA


def picture_format(head: bytes) -> str | None:
    """Name the picture format by a file's first 32 bytes; None when it is no picture (a GIF is a film)."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIF_BRANDS:
            return "HEIC"
        return "AVIF" if brand == b"avif" else None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def is_whole(data: bytes, kind: str) -> bool:
    """Tell whether a JPEG or PNG has its end mark; other formats are left to their decoder."""
    if kind == "JPEG":
        return jpeg_is_whole(data)
    if kind == "PNG":
        return data.rfind(b"IEND") > 0
    return True


def jpeg_is_whole(data: bytes) -> bool:
    """Tell whether a JPEG's end mark follows its picture data (a thumbnail inside has one of its own)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            return data.find(b"\xff\xd9", at) > 0
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


def decode_rgb(data: bytes) -> U8 | None:
    """Decode a picture to RGB uint8 (height, width, 3), upright by its EXIF note; None if it cannot be.

    Gray becomes RGB, 16 bits become 8, what is transparent becomes white.
    """
    buffer = np.frombuffer(data, np.uint8)
    try:
        bgr = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
        if bgr is None:
            return None
        if not data.startswith(b"\xff\xd8"):
            bgr = _on_white(bgr, cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED))
    except cv2.error:
        return None
    return cast("U8", cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def _on_white(bgr: cv2.typing.MatLike, raw: cv2.typing.MatLike | None) -> cv2.typing.MatLike:
    if raw is None or raw.ndim != 3 or raw.shape[2] != 4 or raw.shape[:2] != bgr.shape[:2]:
        return bgr
    if raw.dtype not in (np.uint8, np.uint16):
        return bgr
    opaque = raw[:, :, 3:].astype(np.float32) / (65535.0 if raw.dtype == np.uint16 else 255.0)
    return cast("U8", np.rint(bgr * opaque + 255.0 * (1.0 - opaque)).astype(np.uint8))


def fit_scale(width: int, height: int, long_side: int) -> float:
    """Give the factor, at most 1, that brings the longer side (px) to `long_side`."""
    return min(1.0, long_side / max(width, height))


def shrink(picture: cv2.typing.MatLike, width: int, height: int) -> cv2.typing.MatLike:
    """Give `picture` at `width` by `height` px, averaged over area; itself when it has that size already."""
    if picture.shape[:2] == (height, width):
        return picture
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
