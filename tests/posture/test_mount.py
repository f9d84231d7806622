from __future__ import annotations

import math

import pytest

from hingecue.posture.angles import Angles
from hingecue.posture.mount import Mount
from hingecue.posture.sensed import levelled, upright_deg
from hingecue.types import Facing, ImuSample, SensorRole


def up(roll_deg, pitch_deg=0.0):
    r, p = math.radians(roll_deg), math.radians(pitch_deg)
    return -math.sin(r) * math.cos(p), -math.cos(r) * math.cos(p), -math.sin(p)


def fed(mount, accel, seconds, start=0.0):
    for i in range(int(seconds * 50)):
        mount.add(ImuSample(SensorRole.MOUNT, round((start + i / 50) * 1e9), accel, None))


@pytest.mark.parametrize(("roll", "pitch"), [(0, 0), (7, 0), (-12, 5), (0, -9)])
def test_roll_and_pitch_against_gravity(roll, pitch) -> None:
    mount = Mount()
    assert not mount.known
    assert (mount.roll_deg, mount.pitch_deg) == (0.0, 0.0)
    fed(mount, up(roll, pitch), 2)
    assert mount.known
    assert mount.roll_deg == pytest.approx(roll, abs=0.01)
    assert mount.pitch_deg == pytest.approx(pitch, abs=0.01)
    assert mount.knocks == 0


def test_a_knock_is_noticed_once_and_the_new_place_learned() -> None:
    mount = Mount()
    fed(mount, up(0), 2)
    fed(mount, (2.0, 0.0, 0.0), 0.1, start=2.0)
    assert mount.knocks == 1
    assert not mount.known
    fed(mount, up(6), 3, start=2.2)
    assert mount.knocks == 1
    assert mount.roll_deg == pytest.approx(6, abs=0.1)


def test_a_case_that_is_turned_gently_has_moved_too() -> None:
    mount = Mount()
    fed(mount, up(0), 2)
    fed(mount, up(8), 4, start=2.0)
    assert mount.knocks >= 1
    assert mount.roll_deg == pytest.approx(8, abs=0.5)


def test_forces_off_1_g_tell_no_vertical() -> None:
    mount = Mount()
    fed(mount, (0.0, -1.1, 0.0), 3)
    assert not mount.known


@pytest.mark.parametrize("facing", list(Facing))
def test_a_tilted_camera_shows_the_same_lean(facing) -> None:
    mount, angles = Mount(), Angles(50.0, 80.0, 20.0, legs_seen=True)
    assert levelled(angles, facing, mount) is angles
    fed(mount, up(10), 2)
    assert levelled(Angles(None, None, None, legs_seen=False), facing, mount).trunk_deg is None
    # Rolled clockwise, the picture shows who leans right as leaning 10° less.
    seen = Angles(50.0 - 10.0 * facing.sign, 80.0, 20.0, legs_seen=True)
    level = levelled(seen, facing, mount)
    assert level.trunk_deg == pytest.approx(50.0, abs=0.1)
    assert level.hip_deg == 80.0


def test_pitch_squeezes_what_is_upright() -> None:
    seen = math.degrees(math.atan2(math.sin(math.radians(45)), math.cos(math.radians(45)) * math.cos(math.radians(20))))
    assert upright_deg(seen, 0.0, 20.0) == pytest.approx(45.0)
