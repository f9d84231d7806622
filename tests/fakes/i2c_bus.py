"""An I2C bus below the library: smbus2 runs unmodified, only its ioctl and its open of /dev/i2c-* are ours.

Chips are register files that live in the time of the test. Transfers take the time they would take on the wire, and
the adapter can do what that of a Pi can: one message each way, the read last.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import time
from types import SimpleNamespace

import numpy as np
import smbus2.smbus2 as library

BITS_A_BYTE = 9
FAST_HZ = 400_000
MAX_MESSAGE = 8192  # i2c-dev.c


class StreamTime:
    """A clock that moves when somebody sleeps or the wire is busy; `real` follows the machine's."""

    def __init__(self, start_s=100.0, *, real=False):
        self._ns = round(start_s * 1e9)
        self._real = real

    def __call__(self):
        return time.monotonic_ns() if self._real else self._ns

    def sleep(self, seconds):
        if self._real:
            time.sleep(seconds)
        else:
            self._ns += round(seconds * 1e9)

    def busy(self, seconds):
        if not self._real:
            self._ns += round(seconds * 1e9)


def oserror(number):
    return OSError(number, os.strerror(number))


class FakeBus:
    """The adapter behind /dev/i2c-1. Faults: `open_errno`, `hang` (seconds a transfer then takes), `missing`."""

    def __init__(self, clock, *, numbers=(1,), clock_hz=FAST_HZ):
        self.clock = clock
        self.clock_hz = clock_hz
        self.numbers = numbers
        self.chips = {}
        self.open_errno = None
        self.hang = None
        self.transfers = []  # (address, bytes written, bytes read)
        self.opened = 0

    def put(self, address, chip):
        self.chips[address] = chip
        chip.attach(self.clock)
        return chip

    def install(self, monkeypatch):
        monkeypatch.setattr(library, "ioctl", self._ioctl)
        monkeypatch.setattr(library, "os", SimpleNamespace(open=self._open, close=os.close, O_RDWR=os.O_RDWR))
        return self

    def _open(self, path, flags):
        if self.open_errno is not None:
            raise oserror(self.open_errno)
        if path not in {f"/dev/i2c-{number}" for number in self.numbers}:
            raise oserror(errno.ENOENT)
        self.opened += 1
        return os.open("/dev/null", flags)

    def _ioctl(self, fd, request, argument=0):
        if request == library.I2C_FUNCS:
            argument.value = 0x0EFF0009
            return 0
        if request == library.I2C_RDWR:
            return self._combined([argument.msgs[i] for i in range(argument.nmsgs)])
        raise oserror(errno.ENOTTY)

    def _combined(self, messages):
        reads = [bool(m.flags & library.I2C_M_RD) for m in messages]
        if any(reads[:-1]):  # i2c-bcm2835.c: "only one read message supported, has to be last"
            raise oserror(errno.EOPNOTSUPP)
        if any(m.len > MAX_MESSAGE for m in messages):
            raise oserror(errno.EINVAL)
        if self.hang is not None:
            self.clock.busy(self.hang)
            raise oserror(errno.ETIMEDOUT)
        for message, read in zip(messages, reads, strict=True):
            chip = self.chips.get(message.addr)
            self.clock.busy(BITS_A_BYTE / self.clock_hz)
            if chip is None or chip.vanished:
                raise oserror(errno.EREMOTEIO)
            chip.meet_faults(read=read, length=message.len)
            self.clock.busy(BITS_A_BYTE * message.len / self.clock_hz)
            if read:
                ctypes.memmove(message.buf, chip.read(message.len), message.len)
            else:
                chip.write(bytes(message))
        address = messages[0].addr
        written = sum(m.len for m, read in zip(messages, reads, strict=True) if not read)
        self.transfers.append((address, written, sum(m.len for m in messages) - written))
        return len(messages)


class FakeChip:
    """A register file that samples `source` in the stream's time.

    `source`: t_s → ((x, y, z) g, (x, y, z) °/s). `clock_error`: 0.01 is a chip that is 1 % too fast. `dither` moves
    the lowest bit of one axis at every other sample, as noise does; without it a still source looks frozen.
    `taken` holds the true time in ns of every sample since power-up.
    """

    rate_hz = 100.0
    delay_s = 0.0

    def __init__(self, source, *, clock_error=0.0, phase=0.37, dither=True):
        self.source = source
        self.clock_error = clock_error
        self.phase = phase  # of the first sample, in periods
        self.dither = dither
        self.taken = []
        self.vanished = False
        self.silent = False  # the oscillator stands
        self._frozen = None
        self._fail = []  # errno for each of the next transfers, None lets one pass
        self._break_read = None
        self._noise = None
        self.registers = bytearray(256)
        self.pointer = 0
        self.fifo = bytearray()
        self.overrun = False

    def attach(self, clock):
        self.clock = clock
        self.power_up()

    # what the hardware does

    def power_up(self):
        """Brown-out: all registers back, the FIFO empty, nothing measured until it is set up."""
        self.registers[:] = bytes(256)
        self.fifo.clear()
        self.overrun = False
        self._next_ns = None
        self.reset_values()

    def period_ns(self):
        return 1e9 / self.rate_hz / (1.0 + self.clock_error)

    def live(self):
        """Bring the chip to the present: sample until now."""
        if not self.sampling() or self.silent:
            self._next_ns = None
            return
        now = self.clock()
        if self._next_ns is None:
            self._next_ns = now + self.phase * self.period_ns()
        while self._next_ns <= now:
            self._sample(self._next_ns)
            self._next_ns += self.period_ns()

    def _sample(self, t_ns):
        values = self.source(t_ns / 1e9 - self.delay_s) if self._frozen is None else self._frozen
        self._last = values
        self.taken.append(t_ns - self.delay_s * 1e9)
        wobble = len(self.taken) & 1 if self.dither and self._frozen is None else 0
        self.keep(*values, wobble)

    def write(self, data):
        self.live()
        self.pointer = data[0]
        for value in data[1:]:
            self.store(self.pointer, value)
            self.pointer = self.after(self.pointer)

    def read(self, length):
        self.live()
        out = bytearray()
        for _ in range(length):
            out.append(self.fetch(self.pointer))
            self.pointer = self.after(self.pointer)
        self.read_done()
        if self._noise is not None and self._noise.random() < 0.3 and out:
            out[self._noise.integers(len(out))] ^= 1 << int(self._noise.integers(8))
        return bytes(out)

    def after(self, register):
        return (register + 1) & 0xFF

    def read_done(self):
        pass

    def store(self, register, value):
        self.registers[register] = value

    def fetch(self, register):
        return self.registers[register]

    # faults on demand

    def fail(self, number, transfers=1, *, after=0):
        """The next `transfers` transfers end with errno `number`, once `after` more have passed."""
        self._fail = [None] * after + [number] * transfers

    def break_next_burst(self, number=errno.EIO, keep=7):
        """The next read of more than ten bytes stops after `keep` bytes, which are gone from the FIFO."""
        self._break_read = (number, keep)

    def freeze(self, *, on=True):
        """The same values to the last bit from now on."""
        self._frozen = self.source(self.clock() / 1e9) if on else None

    def noise(self, seed=None):
        """Bits of three reads in ten flip; None ends it."""
        self._noise = None if seed is None else np.random.default_rng(seed)

    def misalign(self):
        """A byte or word slips out of the FIFO."""
        self.live()
        del self.fifo[: min(self.slip, len(self.fifo))]

    def heal(self):
        self.vanished = self.silent = False
        self._fail = []
        self._break_read = None
        self._noise = None
        self._frozen = None

    def meet_faults(self, *, read, length):
        if self._fail:
            number = self._fail.pop(0)
            if number is not None:
                raise oserror(number)
        if self._break_read is not None and read and length > 10:
            number, keep = self._break_read
            self._break_read = None
            self.read(keep)
            raise oserror(number)


def pack(order, values, lsb_per_unit, wobble=0):
    """Raw values as a chip has them: rounded and clipped to 16 bits."""
    raw = [max(-32768, min(32767, round(v * lsb_per_unit))) for v in values]
    raw[0] = max(-32768, min(32767, raw[0] + wobble))
    return struct.pack(f"{order}3h", *raw)


def from_track(track, start_s):
    """A source that plays a recorded `ImuTrack`, held between its samples, from `start_s` on the stream's clock."""
    accel, gyro, rate = track.accel_g.tolist(), None, track.rate_hz
    if track.gyro_dps is not None:
        gyro = track.gyro_dps.tolist()
    last = len(accel) - 1

    def source(t_s):
        at = max(0, min(last, int((t_s - start_s) * rate + 0.5)))
        return accel[at], gyro[at] if gyro else (0.0, 0.0, 0.0)

    return source
