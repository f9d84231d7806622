"""The sensors' part of the self-test: who is tilted, and who says so."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from hingecue.app.doctor.finding import ABSENT, FAULT, OK, Finding
from hingecue.clock import monotonic_ns
from hingecue.posture.tilt import length

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hingecue.app.doctor.asking import Asker
    from hingecue.posture.tilt import Vector
    from hingecue.sense.imu.reader import ImuReader
    from hingecue.types import ImuSample, SensorRole

REST_S: Final = 1.0
"""So long is listened to a sensor at rest, s: its noise is then far below a degree."""
TILT_S: Final = 10.0
"""So long a tilt is waited for, s."""
LATELY_S: Final = 0.3
"""The tilt is taken from the mean of so many seconds, s: a knock passes in less (our judgement)."""
TILTED_DEG: Final = 20.0
"""From here a sensor counts as tilted, deg: nobody does it by chance, and nobody needs more (our judgement)."""
GRAVITY_OFF: Final = 0.15
"""At rest a sensor feels 1 g; a good one is off by some hundredths, a broken one by more than this (our judgement)."""


def tilt_each(reader: ImuReader, asker: Asker, tilt_s: float = TILT_S) -> list[Finding]:
    """Let each sensor be tilted in turn; without anybody there only what it feels at rest is told."""
    asker.say("the sensors: let them lie still for a moment")
    rest = means(_listen(reader, REST_S))
    findings = []
    for sensor in reader.sensors:
        role, where = sensor.role, sensor.chip.where
        if role not in rest:
            findings.append(
                Finding(role, FAULT, "it gives no samples", "check its four wires and its plug", where=where)
            )
        elif not asker.there:
            findings.append(_still(role, length(rest[role]), where))
        else:
            asker.say(f"tilt the {role} sensor forward, within {tilt_s:g} s")
            findings.append(_judged(role, _who(reader, rest, tilt_s), length(rest[role]), where))
            asker.say("lay it back")
            _laid_back(reader, rest, tilt_s)
    return findings


def means(samples: Iterable[ImuSample]) -> dict[SensorRole, Vector]:
    """Give the mean of what each sensor felt, g."""
    felt = defaultdict(list)
    for sample in samples:
        felt[sample.role].append(sample.accel_g)
    return {role: (_mean(x), _mean(y), _mean(z)) for role, (x, y, z) in
            ((role, zip(*vectors, strict=True)) for role, vectors in felt.items())}  # fmt: skip


def angle_deg(a: Vector, b: Vector) -> float:
    """Give the angle between two directions, deg; 0 where one is without direction."""
    size = length(a) * length(b)
    cosine = sum(p * q for p, q in zip(a, b, strict=True)) / size if size else 1.0
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _who(reader: ImuReader, rest: Mapping[SensorRole, Vector], limit_s: float) -> tuple[SensorRole, float] | None:
    """Give the first sensor that is tilted, and by how much (deg); None when none was."""
    end_ns = monotonic_ns() + round(limit_s * 1e9)
    while monotonic_ns() < end_ns:
        most = _most_tilted(reader, rest)
        if most is not None and most[1] >= TILTED_DEG:
            return most
    return None


def _laid_back(reader: ImuReader, rest: Mapping[SensorRole, Vector], limit_s: float) -> None:
    """Wait until all lie as they did: one that is still tilted would be taken for the next."""
    end_ns = monotonic_ns() + round(limit_s * 1e9)
    while monotonic_ns() < end_ns:
        most = _most_tilted(reader, rest)
        if most is not None and most[1] < TILTED_DEG / 2:
            return


def _most_tilted(reader: ImuReader, rest: Mapping[SensorRole, Vector]) -> tuple[SensorRole, float] | None:
    now = means(_listen(reader, LATELY_S))
    turned = {role: angle_deg(rest[role], now[role]) for role in rest.keys() & now.keys()}
    return max(turned.items(), key=lambda item: item[1], default=None)


def _listen(reader: ImuReader, seconds: float) -> list[ImuSample]:
    reader.take()
    end_ns = monotonic_ns() + round(seconds * 1e9)
    samples: list[ImuSample] = []
    while monotonic_ns() < end_ns and reader.wait():
        samples += reader.take()
    return samples


def _judged(role: SensorRole, moved: tuple[SensorRole, float] | None, felt_g: float, where: str) -> Finding:
    if moved is None:
        what = f"it was not tilted by {TILTED_DEG:g}°, or did not feel it"
        return Finding(role, FAULT, what, "try again; if it stays so, check its plug and its board", where=where)
    who, by_deg = moved
    if who is not role:
        return Finding(role, FAULT, f"the {who} sensor was tilted in its place, by {by_deg:.0f}°",
                       "swap the two plugs, or what is written on them", where=where)  # fmt: skip
    return _still(role, felt_g, where, f"tilted by {by_deg:.0f}°; ")


def _still(role: SensorRole, felt_g: float, where: str, tilted: str = "") -> Finding:
    what = f"{tilted}{felt_g:.2f} g at rest"
    if abs(felt_g - 1.0) > GRAVITY_OFF:
        return Finding(
            role, FAULT, what, "let it lie still and try again; if it stays so, use another one", where=where
        )
    if not tilted:
        return Finding(role, ABSENT, f"{what}; nobody was there to tilt it", where=where)
    return Finding(role, OK, what, where=where)


def _mean(values: tuple[float, ...]) -> float:
    return math.fsum(values) / len(values)
