"""An ADXL345 as a chip (data sheet rev. E): 32 samples in the FIFO, which moves on at the end of a six-byte read."""

from __future__ import annotations

from tests.fakes.i2c_bus import FakeChip, pack

PUSH_G = (0.8, -0.8, 1.2)


class Adxl345Chip(FakeChip):
    rate_hz = 100.0
    slip = 6
    entries = 32

    def __init__(self, source, *, identity=0xE5, weak=1.0, **more):
        super().__init__(source, **more)
        self.identity = identity
        self.weak = weak
        self._touched = False

    def reset_values(self):
        self.registers[0x00] = self.identity
        self.registers[0x2C] = 0x0A
        self.registers[0x30] = 0x02

    def sampling(self):
        return bool(self.registers[0x2D] & 0x08)

    def keep(self, accel, gyro, wobble):
        if self.registers[0x31] & 0x80:
            accel = [a + self.weak * push for a, push in zip(accel, PUSH_G, strict=True)]
        limit = 2 << (self.registers[0x31] & 3)
        self.now = pack("<", [max(-limit, min(limit, a)) for a in accel], 256.0, wobble)
        if self.registers[0x38] >> 6 == 2:
            self.fifo += self.now
            if len(self.fifo) > 6 * self.entries:
                self.overrun = True
                del self.fifo[:6]
        else:
            self.fifo[:] = self.now

    def store(self, register, value):
        if register not in {0x00, 0x39}:
            self.registers[register] = value
        if register == 0x38 and value >> 6 == 0:
            self.fifo.clear()
            self.overrun = False

    def fetch(self, register):
        if register == 0x39:
            return len(self.fifo) // 6
        if register == 0x30:
            return self.registers[0x30] | (1 if self.overrun else 0)
        if 0x32 <= register <= 0x37:
            self._touched = True
            return self.fifo[register - 0x32] if len(self.fifo) >= 6 else 0
        return self.registers[register]

    def read_done(self):
        if self._touched:
            del self.fifo[:6]
        self._touched = False
