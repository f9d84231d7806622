"""ST's LSM6DS family as chips: LSM6DS3 and LSM6DSL (words of 16 bits), LSM6DSO and ISM330DHCX (words with a tag)."""

from __future__ import annotations

from tests.fakes.i2c_bus import FakeChip, pack

G = {0: 0.061e-3, 1: 0.488e-3, 2: 0.122e-3, 3: 0.244e-3}
DPS = {0: 8.75e-3, 1: 17.5e-3, 2: 35e-3, 3: 70e-3}
PUSH_G = (0.4, 0.5, 0.6)
PUSH_DPS = (300.0, 310.0, 320.0)


class _Lsm6Chip(FakeChip):
    rate_hz = 104.0

    def __init__(self, source, *, identity, weak=1.0, **more):
        super().__init__(source, **more)
        self.identity = identity
        self.weak = weak

    def reset_values(self):
        self.registers[0x0F] = self.identity
        self.registers[0x12] = 0x04
        self.registers[0x18] = 0xE0

    def sampling(self):
        return self.registers[0x10] >> 4 == 4 and self.registers[0x11] >> 4 == 4

    def keep(self, accel, gyro, wobble):
        if self.registers[0x14] & 0x03 == 1:
            accel = [a + self.weak * push for a, push in zip(accel, PUSH_G, strict=True)]
        if self.registers[0x14] >> 2 & 0x03 == 1:
            gyro = [g + self.weak * push for g, push in zip(gyro, PUSH_DPS, strict=True)]
        a = pack("<", accel, 1 / G[self.registers[0x10] >> 2 & 3], wobble)
        g = pack("<", gyro, 1 / DPS[self.registers[0x11] >> 2 & 3])
        self.registers[0x22:0x28], self.registers[0x28:0x2E] = g, a
        self.keep_in_fifo(a, g)

    def store(self, register, value):
        if register == 0x12 and value & 0x01:
            self.power_up()
        elif register != 0x0F:
            self.registers[register] = value
            self.stored(register)


class OldLsm6Chip(_Lsm6Chip):
    """`identity` 0x69: LSM6DS3, 8 kB; 0x6A: LSM6DSL and LSM6DS3TR-C, 4 kB."""

    slip = 2

    def __init__(self, source, *, identity=0x69, **more):
        super().__init__(source, identity=identity, **more)
        self.fifo_bytes = 8184 if identity == 0x69 else 4092
        self.pattern = 0  # which of the six words comes next
        self._half = False

    def stored(self, register):
        if register == 0x0A and self.registers[0x0A] & 0x07 == 0:
            self.fifo.clear()
            self.overrun = self._half = False
            self.pattern = 0

    def misalign(self):
        before = len(self.fifo)
        super().misalign()
        self.pattern = (self.pattern + (before - len(self.fifo)) // 2) % 6

    def keep_in_fifo(self, accel, gyro):
        if self.registers[0x0A] == 0x26 and self.registers[0x08] == 0x09:
            self.fifo += gyro + accel
            if len(self.fifo) > self.fifo_bytes:
                self.overrun = True
                del self.fifo[: len(self.fifo) - self.fifo_bytes]

    def fetch(self, register):
        words = len(self.fifo) // 2
        high_bits = 0x0F if self.identity == 0x69 else 0x07
        if register == 0x3A:
            return words & 0xFF
        if register == 0x3B:
            return words >> 8 & high_bits | (0x40 if self.overrun else 0) | (0 if words else 0x10)
        if register == 0x3C:
            return self.pattern
        if register in {0x3E, 0x3F}:
            if not self.fifo:
                return 0
            value = self.fifo.pop(0)
            self._half = not self._half
            if not self._half:
                self.pattern = (self.pattern + 1) % 6
            return value
        return self.registers[register]

    def after(self, register):
        return 0x3E if register == 0x3F else super().after(register)


class TaggedLsm6Chip(_Lsm6Chip):
    """`identity` 0x6C: LSM6DSO and DSOX; 0x6B: ISM330DHCX. 512 words of seven bytes."""

    slip = 7
    fifo_words = 512

    def __init__(self, source, *, identity=0x6C, accel_first=False, **more):
        super().__init__(source, identity=identity, **more)
        self.accel_first = accel_first
        self.counter = 0
        self.held_back = b""

    def stored(self, register):
        if register == 0x0A and self.registers[0x0A] & 0x07 == 0:
            self.fifo.clear()
            self.overrun = False

    def keep_in_fifo(self, accel, gyro):
        if self.registers[0x0A] & 0x07 != 6 or self.registers[0x09] != 0x44:
            return
        words = [self._tag(1) + gyro, self._tag(2) + accel]
        if self.accel_first:
            words.reverse()
        self.counter = (self.counter + 1) & 3
        self.fifo += b"".join(words)
        if len(self.fifo) > 7 * self.fifo_words:
            self.overrun = True
            del self.fifo[: len(self.fifo) - 7 * self.fifo_words]

    def _tag(self, kind):
        tag = kind << 3 | self.counter << 1
        return bytes((tag | tag.bit_count() & 1,))

    def fetch(self, register):
        words = len(self.fifo) // 7
        if register == 0x3A:
            return words & 0xFF
        if register == 0x3B:
            latched, self_now = (0x08, 0x40) if self.overrun else (0, 0)
            return words >> 8 & 3 | latched | self_now
        if 0x78 <= register <= 0x7E:
            if register == 0x78:
                self._word = bytes(self.fifo[:7]) or bytes(7)
                del self.fifo[:7]
            return self._word[register - 0x78]
        return self.registers[register]

    def after(self, register):
        return 0x78 if register == 0x7E else super().after(register)
