from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from hingecue.cue import lines
from hingecue.cue.lines import read_header
from hingecue.errors import DeviceFault


class ChipInfo(ctypes.Structure):
    """`struct gpiochip_info` of linux/gpio.h."""

    _fields_ = (("name", ctypes.c_char * 32), ("label", ctypes.c_char * 32), ("lines", ctypes.c_uint32))


class LineAttribute(ctypes.Structure):
    """`struct gpio_v2_line_attribute`: the union is as wide as its flags."""

    _fields_ = (("id", ctypes.c_uint32), ("padding", ctypes.c_uint32), ("flags", ctypes.c_uint64))


class LineInfo(ctypes.Structure):
    """`struct gpio_v2_line_info`."""

    _fields_ = (
        ("name", ctypes.c_char * 32),
        ("consumer", ctypes.c_char * 32),
        ("offset", ctypes.c_uint32),
        ("num_attrs", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("attrs", LineAttribute * 10),
        ("padding", ctypes.c_uint32 * 4),
    )


def request(direction, number, structure):
    """Give _IOC(direction, 0xB4, number, size) of asm-generic/ioctl.h."""
    return direction << 30 | ctypes.sizeof(structure) << 16 | 0xB4 << 8 | number


class Kernel:
    """The chips of a machine, as the kernel answers for them. `fail`: name of a chip → errno."""

    def __init__(self, dev, monkeypatch):
        self.dev = dev
        self.chips = {}
        self.fail = {}
        dev.mkdir()
        monkeypatch.setattr(lines, "fcntl", SimpleNamespace(ioctl=self._ioctl))

    def chip(self, name, label, count=54, **users):
        (self.dev / name).touch()
        self.chips[name] = (label, count, {int(line.removeprefix("line")): user for line, user in users.items()})

    def _ioctl(self, fd, number, told):
        name = Path(f"/proc/self/fd/{fd}").readlink().name
        label, count, users = self.chips[name]
        if name in self.fail:
            raise OSError(self.fail[name], os.strerror(self.fail[name]))
        if number == request(2, 1, ChipInfo):
            assert len(told) == ctypes.sizeof(ChipInfo)
            told[:] = bytes(ChipInfo(name.encode(), label.encode(), count))
        elif number == request(3, 5, LineInfo):
            info = LineInfo.from_buffer(told)
            info.name = f"GPIO{info.offset}".encode()
            info.flags = 4 | (info.offset in users)  # an input is no user
            info.consumer = users.get(info.offset, "").encode()
        else:
            raise OSError(errno.ENOTTY, "not a call of the chip")


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    return Kernel(tmp_path / "dev", monkeypatch)


@pytest.mark.parametrize("label", ["pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"])
def test_the_header_is_found_by_its_label_whatever_its_number(kernel, label) -> None:
    kernel.chip("gpiochip0", "brcmvirt-gpio", 2)
    kernel.chip("gpiochip4", label, line18="lg")
    header = read_header([17, 18], kernel.dev)
    assert header.path.name == "gpiochip4"
    assert header.label == label
    assert header.users == {18: "lg"}


def test_a_line_of_a_driver_without_a_name_is_the_kernels(kernel) -> None:
    kernel.chip("gpiochip0", "pinctrl-bcm2711", line18="")
    assert read_header([18], kernel.dev).users == {18: "the kernel"}


def test_a_machine_without_a_header_has_none(kernel) -> None:
    assert read_header([18], kernel.dev) is None
    kernel.chip("gpiochip0", "INT34C6:00", 463)
    assert read_header([18], kernel.dev) is None


def test_a_pi_of_a_later_day_is_taken_by_its_size(kernel) -> None:
    kernel.chip("gpiochip0", "raspberrypi-exp-gpio", 8)
    kernel.chip("gpiochip1", "pinctrl-rp9")
    assert read_header([18], kernel.dev, pi=True).label == "pinctrl-rp9"


def test_a_chip_that_goes_away_meanwhile_is_passed_over(kernel) -> None:
    kernel.chip("gpiochip0", "ftdi-cbus", 4)
    kernel.chip("gpiochip1", "pinctrl-rp1")
    kernel.fail["gpiochip0"] = errno.ENODEV
    assert read_header([18], kernel.dev).label == "pinctrl-rp1"


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(errno.EACCES, "gpio_denied", "usermod -aG gpio"), (errno.EIO, "gpio_error", "start the device again")],
)
def test_a_chip_that_does_not_answer_is_a_fault(kernel, number, code, word) -> None:
    kernel.chip("gpiochip0", "pinctrl-rp1")
    kernel.fail["gpiochip0"] = number
    with pytest.raises(DeviceFault, match=word) as caught:
        read_header([18], kernel.dev)
    assert (caught.value.code, caught.value.blinks) == (code, 4)
