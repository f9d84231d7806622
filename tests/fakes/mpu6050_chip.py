"""An MPU-6050 as a chip: RM-MPU-6000A-00 rev. 4.2. It sleeps after reset; its FIFO holds bytes."""

from __future__ import annotations

from tests.fakes.i2c_bus import FakeChip, pack

FIFO_R_W = 0x74


class Mpu6050Chip(FakeChip):
    rate_hz = 100.0
    delay_s = 0.0049
    slip = 5

    def __init__(self, source, *, identity=0x68, fifo_bytes=1024, trim=True, weak=1.0, **more):
        super().__init__(source, **more)
        self.identity = identity
        self.fifo_bytes = fifo_bytes
        self.trim = trim
        self.weak = weak  # how much of the self-test's answer comes

    def reset_values(self):
        self.registers[0x6B] = 0x40
        self.registers[0x75] = self.identity
        if self.trim:
            # codes 16, 17, 18 for the acceleration, 10, 11, 12 for the gyroscope
            for i, (accel, gyro) in enumerate(((16, 10), (17, 11), (18, 12))):
                self.registers[0x0D + i] = (accel >> 2) << 5 | gyro
                self.registers[0x10] |= (accel & 3) << (4 - 2 * i)

    def sampling(self):
        return not self.registers[0x6B] & 0x40

    def keep(self, accel, gyro, wobble):
        accel_range, gyro_range = self.registers[0x1C] >> 3 & 3, self.registers[0x1B] >> 3 & 3
        a, g = 16384 / (1 << accel_range), 131.072 / (1 << gyro_range)
        if gyro_range == 2:
            g = 32.8
        self.registers[0x3B:0x41] = pack(">", self._pushed(0x1C, accel, a), 1.0, wobble)
        self.registers[0x43:0x49] = pack(">", self._pushed(0x1B, gyro, g), 1.0)
        if self.registers[0x6A] & 0x40 and self.registers[0x23] == 0x78:
            self.fifo += self.registers[0x3B:0x41] + self.registers[0x43:0x49]
            if len(self.fifo) > self.fifo_bytes:
                self.overrun = True
                del self.fifo[: len(self.fifo) - self.fifo_bytes]

    def _pushed(self, register, values, scale):
        """Add the answer of the self-test, in LSB at the range of the factory's values."""
        out = []
        for i, value in enumerate(values):
            push = 0.0
            if self.registers[register] & (0x80 >> i):
                if register == 0x1C:
                    push = 4096 * 0.34 * (0.92 / 0.34) ** ((16 + i - 1) / 30)
                else:
                    push = (1, -1, 1)[i] * 25 * 131 * 1.046 ** (10 + i - 1)
            out.append(value * scale + self.weak * push)
        return out

    def store(self, register, value):
        if register == 0x6B and value & 0x80:
            self.power_up()
        elif register == 0x6A:
            if value & 0x04 and not self.registers[0x6A] & 0x40:
                self.fifo.clear()
                self.overrun = False
            self.registers[0x6A] = value & ~0x04
        elif register not in {0x75, 0x72, 0x73}:
            self.registers[register] = value

    def fetch(self, register):
        if register == 0x72:
            self._count = len(self.fifo)  # both bytes are held when the high one is read
            return self._count >> 8
        if register == 0x73:
            return self._count & 0xFF
        if register == FIFO_R_W:
            return self.fifo.pop(0) if self.fifo else 0xFF
        return self.registers[register]

    def after(self, register):
        return register if register == FIFO_R_W else super().after(register)
