"""What the loop consumed, moment by moment: the sensors' samples, the frames and the ticks, in their order.

`moments.csv` holds one line an event: `s,role,t_ns,ax_g,ay_g,az_g[,gx_dps,gy_dps,gz_dps]` a sample, `f,index` a frame
of the frame log, `t,seconds` a tick between frames. Numbers are written so that they read back to the bit. The samples
are written as `imu-<role>.csv` (CONTRACT §5) too, so that the folder is a recording like any other.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self, TextIO

from hingecue.errors import InputFault, StoreFault
from hingecue.sense.files import check_readable, read_bytes
from hingecue.types import Frame, ImuSample, SensorRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

MOMENTS_FILE = "moments.csv"
_ACCEL, _GYRO = "ax_g,ay_g,az_g", "gx_dps,gy_dps,gz_dps"


class MomentLogWriter:
    """Writes `moments.csv` into `folder`, which must be there. Raises `StoreFault` `log_unwritable`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._roles: dict[SensorRole, TextIO] = {}
        try:
            self._file = (folder / MOMENTS_FILE).open("x", encoding="ascii")
        except OSError as error:
            raise self._fault(error) from error

    def write(self, samples: Iterable[ImuSample], moment: Frame | float) -> None:
        """Keep the samples since the last moment, and the frame or the time (s) of the tick that it is."""
        try:
            for sample in samples:
                self._sample(sample)
            what = f"f,{moment.index}" if isinstance(moment, Frame) else f"t,{moment!r}"
            self._file.write(f"{what}\n")
            self._file.flush()
        except OSError as error:
            self._drop()
            raise self._fault(error) from error

    def close(self) -> None:
        """Close; twice does no harm. Raises `StoreFault`."""
        try:
            for file in (self._file, *self._roles.values()):
                file.close()
        except OSError as error:
            raise self._fault(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _sample(self, sample: ImuSample) -> None:
        values = ",".join(repr(v) for v in (*sample.accel_g, *(sample.gyro_dps or ())))
        self._file.write(f"s,{sample.role},{sample.t_ns},{values}\n")
        if sample.role not in self._roles:
            file = self._roles[sample.role] = (self._folder / f"imu-{sample.role}.csv").open("x", encoding="ascii")
            file.write(f"t_s,{_ACCEL}{',' + _GYRO if sample.gyro_dps is not None else ''}\n")
        if sample.t_ns >= 0:
            self._roles[sample.role].write(f"{sample.t_ns / 1e9:.9f},{values}\n")

    def _drop(self) -> None:
        for file in (self._file, *self._roles.values()):
            with contextlib.suppress(OSError):
                file.close()

    def _fault(self, error: OSError) -> StoreFault:
        return StoreFault(
            "log_unwritable",
            where=str(self._folder / MOMENTS_FILE),
            what=f"the sensors cannot be recorded ({(error.strerror or type(error).__name__).lower()})",
            try_this="name a new folder on a disk with some space",
        )


def read_moments(folder: Path, frames: Iterable[Frame] | None) -> Iterator[tuple[Sequence[ImuSample], Frame | float]]:
    """Give the moments again, the frames taken from `frames`; without `moments.csv` the frames alone.

    A last line that a power cut left half is left out. Raises `InputFault` `log_malformed`.
    """
    path = folder / MOMENTS_FILE
    if not path.exists():
        for frame in frames or ():
            yield (), frame
        return
    check_readable(path, where=MOMENTS_FILE)
    pictures = iter(frames or ())
    samples: list[ImuSample] = []
    *lines, _ = read_bytes(path, where=MOMENTS_FILE).decode("ascii", "replace").split("\n")
    for number, line in enumerate(lines, 1):
        kind, _, rest = line.partition(",")
        if kind == "s":
            samples.append(_read_sample(rest, number))
            continue
        moment = _read_moment(kind, rest, number, pictures)
        if moment is None:
            return
        yield samples, moment
        samples = []


def _read_sample(rest: str, number: int) -> ImuSample:
    try:
        role, t_ns, ax, ay, az, *turn = rest.split(",")
        gyro = tuple(map(float, turn))
        if len(gyro) not in (0, 3):
            raise ValueError  # noqa: TRY301 - the same sentence for every misfit
        rate = (gyro[0], gyro[1], gyro[2]) if gyro else None
        return ImuSample(SensorRole(role), int(t_ns), (float(ax), float(ay), float(az)), rate)
    except ValueError as error:
        raise _malformed(number, "this is not a sample: s,role,t_ns,x,y,z and the rates, if any") from error


def _read_moment(kind: str, rest: str, number: int, pictures: Iterator[Frame]) -> Frame | float | None:
    """Give the next moment, None where the pictures break off."""
    try:
        if kind == "t":
            return float(rest)
        if kind == "f":
            int(rest)
            return next(pictures, None)
    except ValueError as error:
        raise _malformed(number, "the number cannot be read") from error
    raise _malformed(number, 'a line begins with "s", "f" or "t"')


def _malformed(number: int, what: str) -> InputFault:
    return InputFault(
        "log_malformed",
        where=f"{MOMENTS_FILE} line {number}",
        what=what,
        try_this="copy the folder again, or record it again",
    )
