"""Which lines of the header are free, and who has the others: the kernel's own answer. Only reads; claims nothing.

The structures are those of `linux/gpio.h` (its second version, since Linux 5.10), the same on every 64-bit system.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue.cue.pins import BLINKS
from hingecue.errors import DeviceFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADER_CHIPS: Final = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""Labels of the chip behind the 40 pins: Pi 5, Pi 4, all before. Numbers change with the kernel, labels stay."""

_CHIP_INFO: Final = 0x8044B401
"""GPIO_GET_CHIPINFO_IOCTL, `struct gpiochip_info`: name, label, number of lines."""
_CHIP: Final = struct.Struct("32s32sI")
_LINE_INFO: Final = 0xC100B405
"""GPIO_V2_GET_LINEINFO_IOCTL, `struct gpio_v2_line_info`: name, consumer, offset, attributes, flags, …"""
_LINE: Final = struct.Struct("32s32sIIQ176x")
_LINES: Final = 28
"""The header has BCM 0 to 27."""
_USED: Final = 1
"""GPIO_V2_LINE_FLAG_USED."""
_NO_CHIP: Final = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO})


@dataclass(frozen=True, slots=True)
class Header:
    """The chip of the header, such as /dev/gpiochip0 and pinctrl-rp1. `users`: BCM number → who has that line."""

    path: Path
    label: str
    users: dict[int, str]


def read_header(pins: Iterable[int], dev: Path = Path("/dev"), *, pi: bool = False) -> Header | None:
    """Ask who has the lines of these BCM numbers; None where this machine has no header.

    `pi`: on a Raspberry Pi whose chip has a label that nobody knew yet, the first chip that is large enough is taken.
    Raises `DeviceFault` (4 blinks): `gpio_denied`, `gpio_error`.
    """
    for path in sorted(dev.glob("gpiochip*")):
        try:
            with _opened(path) as fd:
                label, count = _chip(fd)
                if label in HEADER_CHIPS or (pi and count >= _LINES):
                    return Header(path, label, {pin: user for pin in pins if (user := _user(fd, pin)) is not None})
        except PermissionError as error:
            raise DeviceFault(
                "gpio_denied",
                where=str(path),
                what="no permission to use these pins",
                try_this='join the group "gpio" with: sudo usermod -aG gpio $USER, and log in again',
                blinks=BLINKS,
            ) from error
        except OSError as error:
            if error.errno in _NO_CHIP:  # it went away just now
                continue
            raise DeviceFault(
                "gpio_error",
                where=str(path),
                what=f"the chip does not tell about its pins ({error.strerror})",
                try_this="start the device again",
                blinks=BLINKS,
            ) from error
    return None


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def _chip(fd: int) -> tuple[str, int]:
    told = bytearray(_CHIP.size)
    fcntl.ioctl(fd, _CHIP_INFO, told)
    _, label, count = _CHIP.unpack(told)
    return _text(label), count


def _user(fd: int, pin: int) -> str | None:
    told = bytearray(_LINE.pack(b"", b"", pin, 0, 0))
    fcntl.ioctl(fd, _LINE_INFO, told)
    _, consumer, _, _, flags = _LINE.unpack(told)
    return (_text(consumer) or "the kernel") if flags & _USED else None


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")
