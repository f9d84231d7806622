"""The wire: one I2C bus of Linux. The only file that touches smbus2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from smbus2 import SMBus, i2c_msg

from hingecue.sense.imu.faults import of_errno, of_opening

if TYPE_CHECKING:
    from types import TracebackType


class Bus:
    """Bus number `number`, which is /dev/i2c-`number`; 1 is the one on pins 3 and 5 of a Pi.

    It belongs to one thread at a time. Every wait in it is the kernel's, which gives up after a second. A bus that
    failed is opened anew at the next transfer, so that an adapter may be unplugged and come back.
    Raises `DeviceFault` (3 blinks) when opened: `i2c_missing`, `i2c_denied`, or as `transfer`.
    """

    def __init__(self, number: int = 1) -> None:
        self.name = f"I2C-{number}"
        self._path = f"/dev/i2c-{number}"
        self._wire: SMBus | None = None
        self._open()

    def transfer(self, address: int, write: bytes, read: int) -> bytes:
        """Write to the chip at `address`, then read `read` bytes from it, in one combined transfer.

        One message each way and the read last: the Pi's controller can do no more (i2c-bcm2835 answers EOPNOTSUPP).
        Raises `DeviceFault`: `sensor_no_answer`, `sensor_absent`, `i2c_gone`, `i2c_stuck`, `i2c_garbled`,
        `i2c_taken`, `i2c_unsupported`, `i2c_error`.
        """
        answer = i2c_msg.read(address, read)
        self._send(address, i2c_msg.write(address, write), answer)
        return bytes(answer)

    def write(self, address: int, data: bytes) -> None:
        """Write `data`, the register's number first. Raises as `transfer`."""
        self._send(address, i2c_msg.write(address, data))

    def where(self, address: int) -> str:
        """How a chip on this bus is called in sentences."""
        return f"{self.name} 0x{address:02X}"

    def close(self) -> None:
        """Let go of the bus; twice does no harm."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> SMBus:
        wire = SMBus()
        try:
            wire.open(self._path)
        except OSError as error:
            wire.close()
            raise of_opening(error, self._path) from error
        self._wire = wire
        return wire

    def _send(self, address: int, *messages: i2c_msg) -> None:
        wire = self._open() if self._wire is None else self._wire
        try:
            wire.i2c_rdwr(*messages)
        except OSError as error:
            fault = of_errno(error, self.where(address))
            if fault.code == "i2c_gone":
                self.close()
            raise fault from error
