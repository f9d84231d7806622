from __future__ import annotations

import pytest

from hingecue.app.doctor.machine import look
from hingecue.app.health import Health, Power, advice, conditions, read_health
from hingecue.config import Settings

SOC = "sys/devices/platform/soc/soc:firmware"
SOC_PI5 = "sys/devices/platform/soc@107c000000/soc@107c000000:firmware"
ZONE = "sys/class/thermal/thermal_zone0"


def put(prefix, path, text) -> None:
    file = prefix / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@pytest.fixture
def pi(tmp_path):
    """A Pi that is well, as its kernel writes it."""
    prefix = tmp_path / "pi"
    put(prefix, f"{SOC}/get_throttled", "0\n")
    put(prefix, f"{ZONE}/type", "cpu-thermal\n")
    put(prefix, f"{ZONE}/temp", "48312\n")
    put(prefix, "proc/meminfo", "MemTotal:         437008 kB\nMemAvailable:     250000 kB\n")
    put(prefix, "run/systemd/timesync/synchronized", "")
    return prefix


def part(health, name):
    return next(c for c in conditions(health) if c.part == name)


def test_a_pi_that_is_well(pi, tmp_path) -> None:
    health = read_health(tmp_path, pi)
    assert health.power == Power()
    assert health.temperature_c == pytest.approx(48.312)
    assert health.memory_available_mb == pytest.approx(256.0)
    assert health.clock_set is True
    assert health.disk_free_mb is not None
    assert [c.part for c in conditions(health)] == ["power", "temperature", "disk", "clock"]


def test_a_laptop_says_little_and_is_not_at_fault(tmp_path) -> None:
    put(tmp_path, f"{ZONE}/type", "acpitz\n")
    put(tmp_path, f"{ZONE}/temp", "97000\n")
    health = read_health(tmp_path, tmp_path)
    assert health == Health(disk_free_mb=health.disk_free_mb)
    assert {part(health, p).state for p in ("power", "temperature", "clock")} == {"absent"}
    assert "disk" in {c.part for c in conditions(health) if c.state == "ok"} or health.disk_free_mb < 200


@pytest.mark.parametrize(
    ("text", "now", "since_start"),
    [
        ("1", ("low voltage",), ()),
        ("2", ("capped clock",), ()),
        ("4", ("throttled",), ()),
        ("8", ("warm",), ()),
        ("50005", ("low voltage", "throttled"), ("low voltage", "throttled")),
        ("a0000", (), ("capped clock", "warm")),
        ("0x10000", (), ("low voltage",)),
    ],
)
def test_every_bit_has_its_word(pi, tmp_path, text, now, since_start) -> None:
    put(pi, f"{SOC}/get_throttled", f"{text}\n")
    assert read_health(tmp_path, pi).power == Power(now, since_start)


def test_a_pi_5_has_its_firmware_elsewhere(tmp_path) -> None:
    put(tmp_path, f"{SOC_PI5}/get_throttled", "50000\n")
    assert read_health(tmp_path, tmp_path).power == Power((), ("low voltage", "throttled"))


@pytest.mark.parametrize(("path", "text"), [(f"{SOC}/get_throttled", "?"), (f"{ZONE}/temp", ""), ("proc/meminfo", "")])
def test_what_makes_no_sense_is_unknown(pi, tmp_path, path, text) -> None:
    put(pi, path, text)
    health = read_health(tmp_path, pi)
    assert None in {health.power, health.temperature_c, health.memory_available_mb}


def test_bytes_that_are_no_text_are_unknown(pi, tmp_path) -> None:
    (pi / ZONE / "temp").write_bytes(b"\xff\xfe")
    assert read_health(tmp_path, pi).temperature_c is None


def test_frost_is_a_temperature(pi, tmp_path) -> None:
    put(pi, f"{ZONE}/temp", "-4500\n")
    assert read_health(tmp_path, pi).temperature_c == -4.5


def test_a_clock_that_waits_for_a_time_server(pi, tmp_path) -> None:
    (pi / "run/systemd/timesync/synchronized").unlink()
    health = read_health(tmp_path, pi)
    assert health.clock_set is False
    assert part(health, "clock").state == "absent"
    assert part(health, "clock").try_this


def test_the_disk_is_read_before_the_folder_is_made(pi, tmp_path) -> None:
    assert read_health(tmp_path / "not" / "yet", pi).disk_free_mb == pytest.approx(
        read_health(tmp_path, pi).disk_free_mb, rel=0.05
    )


@pytest.mark.parametrize(
    ("health", "name", "word"),
    [
        (Health(power=Power(now=("low voltage",))), "power", "moment"),
        (Health(power=Power(since_start=("low voltage",))), "power", "since the start"),
        (Health(temperature_c=80.0), "temperature", "80 °C"),
        (Health(disk_free_mb=12.4), "disk", "12 MB"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_what_to_do(health, name, word) -> None:
    (only,) = advice(health)
    assert (only.part, only.state) == (name, "fault")
    assert word in only.what
    assert only.try_this


def test_what_is_well_asks_for_nothing() -> None:
    health = Health(Power(), 79.9, 200.0, 100.0, clock_set=True)
    assert advice(health) == ()
    assert {c.state for c in conditions(health)} == {"ok"}


def test_a_warm_pi_is_told_and_is_no_fault() -> None:
    health = Health(power=Power(("warm",), ("warm", "throttled")), temperature_c=65.0)
    assert part(health, "power").what.endswith("now: warm")
    assert "slowed down" in part(health, "temperature").what
    assert advice(health) == ()


def test_the_doctor_tells_the_same(tmp_path) -> None:
    findings = look(Settings(database=tmp_path / "sessions.db"), served=False)
    assert [f.part for f in findings][:4] == ["power", "temperature", "disk", "clock"]
    assert {f.state for f in findings} <= {"ok", "absent", "fault"}
