"""How long the wire is busy. Arithmetic only, so that the figure in the documents is one that a test holds.

Two MPU-6050 at 100 Hz, polled every 50 ms, on a wire at 400 kHz: each poll moves the FIFO's count (2 bytes), five
samples (60 bytes) and four settings. That is 684 bits or 1.71 ms a chip, 3.42 ms for both: 6.8 % of the wire. At the
Pi's own 100 kHz it is 27.4 %, which works too; 400 kHz is one line in /boot/firmware/config.txt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# I2C-bus specification UM10204: fast mode, and standard mode, which is what a Pi starts with.
FAST_HZ = 400_000
STANDARD_HZ = 100_000
# UM10204 §3.1.5: eight bits and the acknowledgement.
_BITS_A_BYTE = 9
# UM10204 §3.1.10: a start, a repeated start and a stop, each taken as one period of the clock.
_CONDITIONS = 3


def bus_time_s(written: int, read: int, clock_hz: float = FAST_HZ) -> float:
    """Seconds that one combined transfer takes: `written` bytes, a repeated start, `read` bytes; two addresses."""
    return (_BITS_A_BYTE * (2 + written + read) + _CONDITIONS) / clock_hz


def bus_share(reads: Iterable[int], every_s: float, chips: int = 2, clock_hz: float = FAST_HZ) -> float:
    """Share of the wire (0…1) for `chips` chips that are each asked for `reads` bytes, a transfer each, every so often.

    Each transfer writes one byte first, the number of the register.
    """
    return chips * sum(bus_time_s(1, read, clock_hz) for read in reads) / every_s
