from __future__ import annotations

import grp
import os
from types import SimpleNamespace

import pytest

from hingecue.app.doctor import machine
from hingecue.app.doctor.machine import basics, environment, groups, look, network
from hingecue.app.doctor.machine import machine as the_machine
from hingecue.boards import board_name, is_pi
from hingecue.config import Settings

PI = "Raspberry Pi 5 Model B Rev 1.0"


def put(prefix, path, text="") -> None:
    file = prefix / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def part(findings, name):
    return next(found for found in findings if found.part == name)


def test_a_pi_is_known_by_its_device_tree_or_its_processor(tmp_path) -> None:
    assert not is_pi(tmp_path)
    put(tmp_path, "proc/cpuinfo", f"processor\t: 0\nModel\t\t: {PI}\n")
    assert board_name(tmp_path) == PI
    put(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    assert board_name(tmp_path) == "Raspberry Pi 4 Model B Rev 1.4"
    assert is_pi(tmp_path)


def test_the_machine_says_its_board(tmp_path) -> None:
    put(tmp_path, "proc/device-tree/model", f"{PI}\0")
    found = the_machine("aarch64", 64, tmp_path)
    assert found.state == "ok"
    assert found.what.startswith("aarch64, ")
    assert f" cores, Linux; {PI}: full model, " in found.what


def test_a_32_bit_system_is_told_at_once(tmp_path) -> None:
    found = the_machine("aarch64", 32, tmp_path)
    assert (found.state, found.try_this) == ("fault", "write the card with the 64-bit system")


def test_the_basics_are_known_without_any_library(tmp_path) -> None:
    found = basics(tmp_path)
    assert [one.part for one in found] == ["hingecue", "machine", "python", "environment", "groups"]
    assert found[0].where.endswith("hingecue")


@pytest.mark.parametrize(
    ("text", "on_pi", "state", "word"),
    [
        ("include-system-site-packages = true\n", True, "ok", "sees the system's packages"),
        ("home = /usr/bin\ninclude-system-site-packages = false\n", False, "ok", "of its own"),
        ("include-system-site-packages = false\n", True, "absent", "--system-site-packages"),
        (None, True, "ok", "of the system itself"),
    ],
)
def test_an_environment_sees_the_systems_packages_or_not(tmp_path, text, on_pi, state, word) -> None:
    if text is not None:
        put(tmp_path, "pyvenv.cfg", text)
    found = environment(tmp_path, on_pi=on_pi)
    assert found.state == state
    assert word in f"{found.what} {found.try_this}"


@pytest.fixture
def user(monkeypatch):
    """A user and the groups of a Pi: `known` name → members, `mine` those of the login."""

    def be(known, mine=(), root=False):
        entries = [SimpleNamespace(gr_name=n, gr_gid=500 + i, gr_mem=m) for i, (n, m) in enumerate(known.items())]
        monkeypatch.setattr(machine, "grp", SimpleNamespace(getgrall=lambda: entries))
        monkeypatch.setattr(machine.getpass, "getuser", lambda: "vera")
        gids = [entry.gr_gid for entry in entries if entry.gr_name in mine]
        uid = 0 if root else 1000
        fake = SimpleNamespace(geteuid=lambda: uid, getegid=lambda: 1000, getgroups=lambda: gids)
        monkeypatch.setattr(machine, "os", fake)
        return groups()

    return be


def test_groups_that_are_missing_are_named_with_what_to_type(user) -> None:
    found = user({"video": [], "gpio": [], "i2c": []}, mine=["video"])
    assert (found.state, found.what) == ("absent", "vera is not in gpio, i2c")
    assert found.try_this == "sudo usermod -aG gpio,i2c vera, and log in again"


def test_a_group_that_was_joined_since_the_login_only_needs_another(user) -> None:
    found = user({"video": ["vera"]})
    assert (found.state, found.try_this) == ("absent", "log in again")


def test_groups_that_do_not_exist_are_not_needed(user) -> None:
    assert user({"audio": []}).what == "none is needed here"
    assert user({"video": []}, mine=["video"]).what == "vera is in video"
    assert user({"video": []}, root=True).what == "root may open everything"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_is_a_number(monkeypatch, error) -> None:
    def unknown():
        raise error("uid not found")

    monkeypatch.setattr(machine.getpass, "getuser", unknown)
    assert machine.login() == str(os.geteuid())


def test_the_groups_of_this_machine_can_be_read() -> None:
    assert grp.getgrall()
    assert groups().state in {"ok", "absent"}


def test_interfaces_are_told_by_the_kernel(tmp_path) -> None:
    for name, state in (("lo", "unknown"), ("eth0", "down\n"), ("wlan0", "up\n"), ("docker0", "up\n")):
        put(tmp_path, f"sys/class/net/{name}/operstate", state)
        if name in {"eth0", "wlan0"}:
            put(tmp_path, f"sys/class/net/{name}/device/uevent")
    found = network(tmp_path)
    assert (found.state, found.what) == ("ok", "eth0 down, wlan0 up")


@pytest.mark.parametrize("state", ["down", None])
def test_no_network_is_no_fault(tmp_path, state) -> None:
    if state:
        put(tmp_path, "sys/class/net/wlan0/operstate", state)
        put(tmp_path, "sys/class/net/wlan0/device/uevent")
    found = network(tmp_path)
    assert found.state == "absent"
    assert found.what.endswith("; practice needs none")


@pytest.mark.parametrize(
    ("available_kb", "served", "state"),
    [(300_000, False, "ok"), (100_000, False, "fault"), (100_000, True, "ok"), (30_000, True, "fault")],
)
def test_memory_is_enough_or_not(tmp_path, available_kb, served, state) -> None:
    meminfo = f"MemTotal: 437008 kB\nMemAvailable: {available_kb} kB\nCmaTotal: 65536 kB\nCmaFree: 1024 kB\n"
    put(tmp_path, "proc/meminfo", meminfo)
    found = part(look(Settings(database=tmp_path / "x.db"), served=served, prefix=tmp_path), "memory")
    assert found.state == state
    assert found.what.endswith(" of 447 MB are available, for the camera 1 of 67 MB")
    assert bool(found.try_this) == (state == "fault")


def test_a_machine_without_meminfo_says_nothing_of_memory(tmp_path) -> None:
    found = look(Settings(database=tmp_path / "x.db"), served=False, prefix=tmp_path)
    assert part(found, "memory").state == "absent"
    put(tmp_path, "proc/meminfo", "MemAvailable: 400000 kB\n")
    found = look(Settings(database=tmp_path / "x.db"), served=False, prefix=tmp_path)
    assert part(found, "memory").what == "410 MB are available"


def test_the_real_machine_is_told(tmp_path) -> None:
    found = look(Settings(database=tmp_path / "x.db"), served=False)
    assert [one.part for one in found] == ["power", "temperature", "disk", "clock", "memory", "network"]
