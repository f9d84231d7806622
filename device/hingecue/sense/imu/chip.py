"""What a driver is, and what all chips with registers and a FIFO have in common."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import numpy as np

from hingecue.clock import monotonic_ns
from hingecue.sense.imu.decode import Motion
from hingecue.sense.imu.faults import foreign, forgetful

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hingecue.sense.imu.bus import Bus
    from hingecue.types import F64


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """What waited in the FIFO at one look, the oldest first.

    `accel_g`: float64 (n, 3); `gyro_dps`: alike, or None without a gyroscope. The look at the count fell between
    `before_ns` and `after_ns`. `overflow`: samples were lost in the chip; `misaligned`: the FIFO held no whole
    samples and was emptied; `configured`: False when the chip no longer has our settings. All three come without
    samples: what cannot be trusted is not given.
    """

    accel_g: F64
    gyro_dps: F64 | None
    before_ns: int
    after_ns: int
    overflow: bool = False
    misaligned: bool = False
    configured: bool = True

    def __len__(self) -> int:
        return len(self.accel_g)


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`passed`: None when this chip offers no test. `what`: one plain sentence."""

    passed: bool | None
    what: str


class Level(NamedTuple):
    """How full the FIFO is: `waiting` in the chip's own units."""

    waiting: int
    overflow: bool = False
    misaligned: bool = False


class Chip(Protocol):
    """A motion sensor as the loop sees it. Everything raises `DeviceFault` (3 blinks) as `Bus.transfer` does."""

    @property
    def name(self) -> str:
        """What the chip is called; the family until `start` has asked it."""

    @property
    def where(self) -> str:
        """Bus and address, as sentences name them."""

    has_gyro: ClassVar[bool]
    rate_hz: ClassVar[float]
    delay_s: ClassVar[float]

    def start(self) -> None:
        """Reset, identify, set up and empty the chip; takes up to 0.25 s. Also `sensor_foreign`, `sensor_reset`."""

    def drain(self) -> Burst:
        """Take all whole samples out of the FIFO: one transfer for the count, one for the data, one for the guard."""

    def self_test(self) -> SelfTest:
        """Let the chip shake its own masses, for the data sheet's limits; takes up to a second, then `start`s."""


class RegisterChip(ABC):
    """Registers, identity, the guard and the order of a look: count, data, guard.

    The guard is a block of settings that is read after the data of every look: a chip that broke down for a moment is
    back at its power-up values, and a sample is only given when the range it was measured in was seen after it.
    `sleep` takes seconds, `clock` gives ns; both are passed in so that tests run in the stream's own time.
    """

    has_gyro: ClassVar[bool] = True
    rate_hz: ClassVar[float]
    # What the chip's filter holds a sample back; taken off its stamp.
    delay_s: ClassVar[float] = 0.0
    FAMILY: ClassVar[str]
    IDENTITY: ClassVar[int]  # the register that says who it is
    NAMES: ClassVar[Mapping[int, str]]
    GUARD: ClassVar[tuple[int, bytes]]  # first register, and what we wrote there
    # Bits of the guard that the chip may change by itself.
    GUARD_MASK: ClassVar[bytes] = b"\xff" * 8

    def __init__(
        self,
        bus: Bus,
        address: int,
        clock: Callable[[], int] = monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bus = bus
        self._address = address
        self._clock = clock
        self._sleep = sleep
        self._identity: int | None = None
        # After a transfer that broke off nobody knows how much of the FIFO has gone.
        self._adrift = False

    @property
    def name(self) -> str:
        """What the chip is called; the family until `start` has asked it."""
        return self.FAMILY if self._identity is None else self.NAMES[self._identity]

    @property
    def where(self) -> str:
        """Bus and address, as sentences name them."""
        return self._bus.where(self._address)

    def identify(self) -> int:
        """Ask the chip who it is. Raises `DeviceFault` `sensor_foreign` and as `Bus.transfer`."""
        identity = self._read(self.IDENTITY, 1)[0]
        if identity not in self.NAMES:
            raise foreign(self.where, identity, self.FAMILY)
        self._identity = identity
        return identity

    def start(self) -> None:
        """Reset, identify, set up and empty the chip. Also raises `sensor_foreign`, `sensor_reset`."""
        self.identify()
        self._set_up()
        self._empty()
        if not self._guarded():
            raise forgetful(self.where)

    def drain(self) -> Burst:
        """Take all whole samples out of the FIFO. A look after a failed one empties the FIFO first."""
        if self._adrift:
            self._empty()
        before_ns = self._clock()
        level = self._level()
        after_ns = self._clock()
        if level.overflow or level.misaligned:
            motion = self._empty()
        elif level.waiting:
            self._adrift = True
            motion = self._fetch(level.waiting)
            self._adrift = False
        else:
            motion = self._nothing()
        configured = self._guarded()
        if not configured:
            motion = self._nothing()
        return Burst(*motion, before_ns, after_ns, level.overflow, level.misaligned, configured)

    @abstractmethod
    def self_test(self) -> SelfTest:
        """Let the chip shake its own masses."""

    @abstractmethod
    def _set_up(self) -> None:
        """Reset the chip and write all settings; leave the FIFO as it comes."""

    @abstractmethod
    def _flush(self) -> None:
        """Empty the FIFO and let it run."""

    @abstractmethod
    def _level(self) -> Level:
        """Look how full the FIFO is."""

    @abstractmethod
    def _fetch(self, count: int) -> Motion:
        """Take `count` out of the FIFO."""

    def _guarded(self) -> bool:
        register, wanted = self.GUARD
        found = self._read(register, len(wanted))
        return all((a ^ b) & mask == 0 for a, b, mask in zip(found, wanted, self.GUARD_MASK, strict=False))

    def _empty(self) -> Motion:
        self._adrift = True
        self._flush()
        self._adrift = False
        return self._nothing()

    def _nothing(self) -> Motion:
        return Motion(np.empty((0, 3)), np.empty((0, 3)) if self.has_gyro else None)

    def _read(self, register: int, count: int) -> bytes:
        return self._bus.transfer(self._address, bytes((register,)), count)

    def _write(self, register: int, *values: int) -> None:
        self._bus.write(self._address, bytes((register, *values)))

    def _average(self, register: int, kind: str, width: int, samples: int) -> F64:
        """Mean of so many readings of `width` words, a period apart; float64 (width,), in the chip's units."""
        total = np.zeros(width)
        for _ in range(samples):
            self._sleep(1.0 / self.rate_hz)
            total += np.frombuffer(self._read(register, 2 * width), kind)
        return total / samples
