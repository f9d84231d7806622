from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hingecue.app.keeping import Keeper
from hingecue.app.panel import Panel
from hingecue.app.watch import LOOK_NS, STORE_BLINKS, Watch, blinks_of
from hingecue.errors import DeviceFault, StoreFault
from hingecue.sense.imu.sensor import SensorHealth, State
from hingecue.store.faults import kept_faults
from hingecue.types import SensorRole

LOST = DeviceFault("sensor_lost", where="pelvis", what="it does not answer", try_this="check its plug", blinks=3)
PIN = DeviceFault("gpio_busy", where="motor", what="another program has this pin", try_this="stop it", blinks=4)
FULL = StoreFault("disk_full", where="s.db", what="the disk is full", try_this="free some space")


@dataclass
class Worn:
    role: SensorRole = SensorRole.PELVIS
    health: SensorHealth = field(default_factory=lambda: SensorHealth(State.OK))


class Lights(Panel):
    """A panel without pins that remembers what it was told to blink."""

    def __init__(self, *faults):
        super().__init__(faults=faults)
        self.blinked = []

    def show_fault(self, blinks):
        self.blinked.append(blinks)


class Rig:
    def __init__(self, path, *faults):
        self.now_ns = 0
        self.told = []
        self.worn = Worn()
        self.panel = Lights(*faults)
        self.keeper = Keeper(path, self.told.append, source="test", late=True)
        self.watch = Watch(self.panel, self.keeper, [self.worn], self.told.append, clock=lambda: self.now_ns)

    def look(self, health=None):
        if health is not None:
            self.worn.health = health
        self.watch.look()
        self.now_ns += LOOK_NS


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path / "s.db")
    yield rig
    rig.keeper.close()


def test_a_fault_is_told_counted_and_blinked_once_until_it_is_over(rig, tmp_path):
    rig.look()
    for _ in range(3):
        rig.look(SensorHealth(State.LOST, LOST))
    rig.look(SensorHealth(State.OK, LOST))
    rig.look(SensorHealth(State.LOST, LOST))
    rig.keeper.close()
    assert rig.told == [str(LOST)] * 2
    assert rig.panel.blinked == [0, 3, 3, 3, 0, 3]
    assert [fault.times for fault in kept_faults(tmp_path / "s.db")] == [2]


def test_it_looks_once_a_second(rig):
    rig.worn.health = SensorHealth(State.LOST, LOST)
    for _ in range(100):
        rig.watch.look()
        rig.now_ns += LOOK_NS // 50
    assert rig.panel.blinked == [3, 3]


def test_what_was_told_when_it_was_opened_is_not_told_again(tmp_path):
    rig = Rig(tmp_path / "s.db", PIN)
    rig.look()
    rig.keeper.close()
    assert rig.told == []
    assert rig.panel.blinked == [4]
    assert [fault.code for fault in kept_faults(tmp_path / "s.db")] == ["gpio_busy"]


def test_a_store_that_fails_blinks_too(tmp_path):
    (tmp_path / "file").touch()
    rig = Rig(tmp_path / "file" / "s.db")
    rig.look()
    assert [fault.code for fault in rig.watch.faults] == ["store_unopenable"]
    assert rig.panel.blinked == [STORE_BLINKS]
    assert len(rig.told) == 1


def test_the_first_fault_is_the_one_that_blinks():
    assert blinks_of([PIN, LOST]) == 4
    assert blinks_of([FULL]) == STORE_BLINKS
    assert blinks_of([]) == 0
