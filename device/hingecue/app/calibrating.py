"""`hingecue calibrate`: a person's own range, from a recording or guided live, kept by profile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from hingecue.app.answer import fault_object, rounded
from hingecue.app.guide import Guide
from hingecue.app.output import answers, put_json, tell
from hingecue.app.sensors import samples_of, within
from hingecue.app.wallclock import known_utc
from hingecue.errors import Fault, InputFault, StoreFault
from hingecue.posture.calibration import Refusal, calibrate
from hingecue.sense.recording import Recording
from hingecue.sense.source import open_input
from hingecue.store.calibrations import MALFORMED, flexion_history_deg, latest_calibration
from hingecue.store.session import SessionStore

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hingecue.config import Settings
    from hingecue.posture.calibration import Calibration
    from hingecue.posture.tilt import Vector
    from hingecue.types import ImuSample, SensorRole

GUEST: Final = "guest"
"""The profile of whoever gave no name."""
LOOK_S: Final = 0.05
"""How often the sensors are asked, s: as often as the bus brings their samples."""
WINDOWS: Final = {"stand": "stand = [0.0, 3.0]", "flex": "flex = [4.0, 20.0]"}
"""What recording.toml needs, with an example of each."""

KEYS: Final = (
    "profile",
    "accepted",
    "flexion_max_deg",
    "camera_max_deg",
    "chord_share",
    "touches",
    "swapped",
    "sensors",
    "notes",
    "refusal",
)
"""The keys of the answer in their order, whether it is accepted or not."""


def calibrate_command(options: Namespace, settings: Settings) -> int:
    """Calibrate, tell the result and keep it under the profile; 1 when it is refused or a part failed."""
    name = "sensors" if options.recording is None else str(options.recording)
    try:
        if options.recording is None:
            result = calibrate_live(settings, tell if options.json else _print)
        else:
            history_deg, before = _past(settings)
            stand, flex = recorded(options.recording)
            result = _kept(settings, calibrate(stand, flex, history_deg=history_deg, before=before))
    except Fault as fault:
        if options.json:
            put_json(fault_object(name, fault))
        raise
    if options.json:
        put_json(calibration_object(settings.profile, result))
    else:
        for sentence in sentences(settings.profile, result):
            _print(sentence)
    return 1 if isinstance(result, Refusal) else 0


def calibrate_live(
    settings: Settings, say: Callable[[str], None], sleep: Callable[[float], None] | None = None
) -> Calibration | Refusal:
    """Guide a person through a calibration with the sensors that are worn, and keep what is accepted.

    Raises `DeviceFault` without sensors, `StoreFault` where it cannot be kept, and whatever `sleep` raises to end it.
    """
    from hingecue.app.worn_sensors import open_sensors  # noqa: PLC0415 - a recording needs no bus

    history_deg, before = _past(settings)
    guide = Guide(history_deg=history_deg, before=before)
    with open_sensors(settings) as reader:
        result = guided(guide, reader.take, sleep or time.sleep, say)
    return _kept(settings, result)


def load(settings: Settings, profile: str) -> Calibration | None:
    """Give the profile's newest calibration, None when there is none. Raises `StoreFault`."""
    return latest_calibration(settings.database, profile)


def recorded(folder: Path) -> tuple[list[ImuSample], list[ImuSample]]:
    """Give the samples of a recording's two calibration windows: standing, and touching the toes.

    Raises `InputFault`: `no_recording`, `calibration_window`, and those of the recording.
    """
    source = open_input(folder)
    try:
        if not isinstance(source, Recording):
            raise InputFault(
                "no_recording",
                where=str(folder),
                what="this is not a recording folder",
                try_this="name a folder that holds a recording.toml and the sensors' tracks",
            )
        samples = samples_of(source.imu)
        parts = {"stand": source.calibration.stand, "flex": source.calibration.flex}
        stand, flex = (_window(folder, name, samples, window_s) for name, window_s in parts.items())
    finally:
        source.close()
    return stand, flex


def guided(
    guide: Guide, take: Callable[[], list[ImuSample]], sleep: Callable[[float], None], say: Callable[[str], None]
) -> Calibration | Refusal:
    """Lead a person through a calibration until it is done or refused; every new sentence is said once.

    Time is the samples' own; while none come, it goes on by what was slept.
    """
    t_s, said = 0.0, ""
    while True:
        samples = take()
        t_s = max(sample.t_s for sample in samples) if samples else t_s + LOOK_S
        guide.feed(samples, t_s)
        if guide.result is not None:
            return guide.result
        if guide.sentence != said:
            said = guide.sentence
            say(said)
        sleep(LOOK_S)


def sentences(profile: str, result: Calibration | Refusal) -> list[str]:
    """Tell the result to a person."""
    if isinstance(result, Refusal):
        told = f"This calibration is not kept: {result.what}; {result.try_this}."
        if result.code == "off_usual":
            told += " If somebody else wears the sensors now, add --profile with their name."
        return [told]
    touches = "one touch of the toes" if result.touches == 1 else f"{result.touches} touches of the toes"
    if result.flexion_max_deg is None:
        only = " and ".join(result.zero)
        told = f"Standing and the way forward are known for the {only} sensor, from {touches}; a second sensor adds the"
        told += " largest spinal flexion."
    else:
        told = f"Your largest spinal flexion is {result.flexion_max_deg:.0f}°, from {touches}."
    notes = [f"{note[:1].upper()}{note[1:]}." for note in result.notes]
    return [told, *notes, f'It is kept for the profile "{profile}".']


def calibration_object(profile: str, result: Calibration | Refusal) -> dict[str, Any]:
    """Give the result as one JSON object; what is not known, or was refused, is null."""
    if isinstance(result, Refusal):
        return {
            **dict.fromkeys(KEYS),
            "profile": profile,
            "accepted": False,
            "sensors": [],
            "notes": [],
            "refusal": {"code": result.code, "what": result.what, "try_this": result.try_this},
        }
    return {
        **dict.fromkeys(KEYS),
        "profile": profile,
        "accepted": True,
        "flexion_max_deg": rounded(result.flexion_max_deg),
        "camera_max_deg": rounded(result.camera_max_deg),
        "chord_share": rounded(result.chord_share, 2),
        "touches": result.touches,
        "swapped": result.swapped,
        "sensors": [str(role) for role in result.zero],
        "notes": list(result.notes),
    }


def _window(
    folder: Path, name: str, samples: Sequence[ImuSample], window_s: tuple[float, float] | None
) -> list[ImuSample]:
    """Give the samples of a window that must be there and, where there are samples at all, hold some."""
    found = [] if window_s is None else within(samples, window_s)
    if window_s is not None and (found or not samples):
        return found
    raise InputFault(
        "calibration_window",
        where=f"{folder}/recording.toml [calibration]",
        what=f'"{name}" is not told' if window_s is None else f'"{name}" holds no samples',
        try_this=f"write {WINDOWS[name]} with your own times in seconds, from and to",
    )


def _past(settings: Settings) -> tuple[list[float], Mapping[SensorRole, Vector] | None]:
    """Give the profile's largest flexions (deg) and its last zeros; rows that cannot be read are told and left out."""
    try:
        history_deg = flexion_history_deg(settings.database, settings.profile)
        last = latest_calibration(settings.database, settings.profile)
    except StoreFault as fault:
        if fault.code != MALFORMED:
            raise
        tell(f"{fault.where}: {fault.what}; the new one is made without it")
        return [], None
    if settings.profile == GUEST:  # many people: what is usual for one is not for the next
        return [], None
    return history_deg, None if last is None else last.zero


def _kept(settings: Settings, result: Calibration | Refusal) -> Calibration | Refusal:
    if not isinstance(result, Refusal):
        with SessionStore(settings.database) as store:
            for notice in store.notices:
                tell(notice)
            store.add_calibration(settings.profile, result, known_utc())
    return result


def _print(sentence: str) -> None:
    answers().print(sentence, soft_wrap=True, markup=False)
