"""Secrets are planted everywhere, and then looked for in every byte of the report."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile

import pytest
from rich.console import Console
from tests.fakes.bend import a_bend
from tests.fakes.programs import Programs
from tests.store.test_calibrations import FULL, keep

from hingecue import __version__
from hingecue.app import check as command
from hingecue.app.cli import main
from hingecue.app.doctor import bundle, scrub
from hingecue.app.doctor.bundle import default_path, write_bundle
from hingecue.app.doctor.finding import Finding
from hingecue.app.live import bend_line
from hingecue.coach.constants import PatternName
from hingecue.coach.summary import say, summarise
from hingecue.config import Settings
from hingecue.cue.console import ConsoleCue
from hingecue.errors import DeviceFault, InputFault
from hingecue.store.session import SessionStore
from hingecue.types import Cue, Kind, Reason

SECRETS = (
    "annika", "kraftraum", "Kellerfunk", "Maja", "Muster", "10000000abcdef01", "b8:27:eb", "192.168.7.9", "fe80",
    "5f1c0123456789abcdef0123456789ab", "A1B2C3D4", "bertha",
)  # fmt: skip
PRACTICE = ("trunk 62", "Your back is rounding", "3 bends", "No bends", "spine 21")

JOURNAL = """\
Nov 23 05:00:00 systemd[1]: Started hingecue.service - HingeCue posture coach, on kraftraum.
Nov 23 05:00:01 hingecue[812]: hingecue: camera /home/annika/cam: no permission to use this camera
Nov 23 05:00:02 hingecue[812]: hingecue: wlan0 b8:27:eb:12:34:56 has 192.168.7.9 and fe80::ba27:ebff:fe12:3456
Nov 23 05:00:03 hingecue[812]:   1  ✓ hip hinge     92%  trunk 62°, spine 21 ± 6°
Nov 23 05:00:04 hingecue[812]: ▮▮ ▮▮   3.1 s  Your back is rounding: send the hips back.
Nov 23 05:00:05 hingecue[812]: 3 bends: 2 hip hinges, 1 squat.
Nov 23 05:00:05 hingecue[812]: No bends seen.
Nov 23 05:00:06 hingecue[812]: hingecue: the profile Maja Muster is not calibrated; ssid=Kellerfunk
Nov 23 05:00:06 hingecue[812]: hingecue: 81 °C, it slows down
Nov 23 05:00:07 hingecue[812]: Fatal Python error: Segmentation fault
"""


def put(prefix, path, text) -> None:
    file = prefix / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    programs = Programs(tmp_path / "bin", monkeypatch)
    programs.says("journalctl", JOURNAL)
    programs.says("vcgencmd", "throttled=0x50000\n")
    return programs


@pytest.fixture
def device(tmp_path, monkeypatch, programs):
    """A device full of names: give its settings and its prefix."""
    prefix = tmp_path / "root"
    monkeypatch.setenv("LOGNAME", "annika")
    monkeypatch.setenv("SUDO_USER", "bertha")
    monkeypatch.setattr(scrub.platform, "node", lambda: "kraftraum")
    put(prefix, "proc/cpuinfo", "model name\t: Cortex-A76\nSerial\t\t: 10000000abcdef01\n")
    put(prefix, "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    put(prefix, "etc/machine-id", "5f1c0123456789abcdef0123456789ab\n")
    put(prefix, "etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n')
    put(prefix, "etc/NetworkManager/system-connections/Kellerfunk.nmconnection", "[wifi]\nssid=Kellerfunk\n")
    put(prefix, "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", "50000\n")
    put(prefix, "run/hingecue/status.json", '{"state": "coaching", "faults": ["/home/annika/x at 192.168.7.9"]}\n')
    put(prefix, "pins.toml", "# Maja's pins, serial: 10000000abcdef01\nformat = 1\n")
    monkeypatch.setenv("HINGECUE_PINS", str(prefix / "pins.toml"))
    database = tmp_path / "home" / "annika" / "sessions.db"
    keep(database, FULL, profile="Maja Muster")
    with SessionStore(database) as store:
        store.begin("/home/annika/film.mp4", None)
        where, what = "camera /home/annika/cam", "Maja Muster stands before it"
        store.add_fault(DeviceFault("camera_busy", where=where, what=what, try_this="go", blinks=2), None)
    camera = "/dev/v4l/by-id/usb-046d_C920_A1B2C3D4-video-index0"
    return Settings(database=database, camera=camera, profile="Maja Muster"), prefix


FINDINGS = [
    Finding("python", "ok", "3.11.7", where="/home/annika/.venv/bin/python"),
    Finding("groups", "absent", "annika is not in gpio", "sudo usermod -aG gpio annika"),
]


def unpacked(path):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return {name.split("/", 1)[1]: archive.read(name).decode() for name in archive.namelist()}
    with tarfile.open(path) as archive:
        return {m.name.split("/", 1)[1]: archive.extractfile(m).read().decode() for m in archive.getmembers()}


@pytest.fixture(params=["report.tar.gz", "report.zip"])
def report(request, device, tmp_path):
    path = tmp_path / request.param
    settings, prefix = device
    inside = write_bundle(path, FINDINGS, settings, prefix)
    texts = unpacked(path)
    assert inside == {name: len(text.encode()) for name, text in texts.items()}
    return path, texts


def test_no_planted_secret_is_in_any_file(report) -> None:
    path, texts = report
    told = "\n".join([*texts, *texts.values()])
    raw = gzip.decompress(path.read_bytes()).decode("utf-8", "replace") if path.suffix == ".gz" else ""
    for secret in SECRETS:
        assert secret.casefold() not in told.casefold(), secret
        assert secret.casefold() not in raw.casefold(), secret


def test_nothing_of_a_persons_movement_is_in_it(report) -> None:
    _, texts = report
    assert not [word for word in PRACTICE if word in texts["journal.txt"]]
    assert "(4 lines that tell of movement are left out)" in texts["journal.txt"]


@pytest.mark.parametrize("kind", list(Kind))
def test_whatever_the_service_prints_of_a_bend_is_left_out(kind) -> None:
    file = io.StringIO()
    console = Console(file=file, width=200)
    bend = a_bend(kind=kind, reasons=[Reason.LOW_LIGHT], trunk_deg=None, spine_flexion_deg=None)
    console.print(bend_line(bend), soft_wrap=True)
    console.print(bend_line(a_bend(kind=kind)), soft_wrap=True)
    console.print(say(summarise([bend]), [bend]), soft_wrap=True)
    console.print(say(summarise([]), []), soft_wrap=True)
    for pattern in PatternName:
        ConsoleCue(console).play(Cue(3.1, pattern))
    lines = file.getvalue().splitlines()
    assert len(lines) == 7
    assert [line for line in lines if not bundle._PRACTICE.search(f"hingecue[812]: {line}")] == []


def test_what_helps_is_in_it(report) -> None:
    _, texts = report
    assert "no permission to use this camera" in texts["journal.txt"]
    assert "81 °C" in texts["journal.txt"]
    assert "Segmentation fault" in texts["journal.txt"]
    assert "– groups      <user> is not in gpio; sudo usermod -aG gpio <user>" in texts["check.txt"]
    assert json.loads(texts["check.json"])["parts"][0]["where"] == "/home/<user>/.venv/bin/python"
    machine = json.loads(texts["machine.json"])
    assert (machine["processor"], machine["throttled"]) == (["Cortex-A76"], "50000")
    assert machine["vcgencmd"] == "throttled=0x50000"
    assert machine["board"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert machine["system"] == "Debian GNU/Linux 12 (bookworm)"
    store = json.loads(texts["store.json"])
    assert (store["rows"]["sessions"], store["check"]) == (1, "ok")
    assert store["faults"][0]["code"] == "camera_busy"
    assert json.loads(texts["settings.json"])["camera"] == "/dev/v4l/by-id/<camera>"
    assert json.loads(texts["status.json"])["state"] == "coaching"
    assert texts["pins.toml"].endswith("format = 1\n")


def test_versions_with_four_numbers_are_no_addresses(report) -> None:
    from importlib import metadata

    versions = json.loads(report[1]["versions.json"])
    assert versions["hingecue"] == __version__
    assert versions["opencv-python-headless"] == metadata.version("opencv-python-headless")


def test_only_its_owner_may_read_it_and_nobody_is_named_in_it(device, tmp_path) -> None:
    path = tmp_path / "report.tar.gz"
    path.touch(0o644)
    write_bundle(path, FINDINGS, *device)
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as archive:
        assert {(m.uid, m.gid, m.uname, m.gname) for m in archive.getmembers()} == {(0, 0, "", "")}


def test_the_services_store_is_meant_where_there_is_no_other(device, tmp_path, monkeypatch) -> None:
    _, prefix = device
    keep(prefix / "var/lib/hingecue/sessions.db", FULL, FULL, profile="Zacharias")
    path = tmp_path / "report.zip"
    write_bundle(path, FINDINGS, Settings(database=tmp_path / "none.db"), prefix)
    texts = unpacked(path)
    assert json.loads(texts["store.json"])["rows"]["calibration"] == 2
    assert "Zacharias" not in str(texts)


def test_what_is_missing_is_said_in_its_place(tmp_path, monkeypatch, programs) -> None:
    monkeypatch.setenv("HINGECUE_PINS", str(tmp_path / "none.toml"))
    (programs.folder / "journalctl").unlink()
    programs.only()
    path = tmp_path / "report.zip"
    write_bundle(path, [], Settings(database=tmp_path / "none.db"), tmp_path / "empty")
    texts = unpacked(path)
    assert json.loads(texts["store.json"])["error"]["code"] == "store_empty"
    assert texts["journal.txt"] == "not there: this system keeps no journal\n"
    assert texts["status.json"].startswith("not there")
    assert texts["pins.toml"].startswith("not there")
    assert json.loads(texts["machine.json"])["throttled"] is None


def test_a_journal_that_may_not_be_read_says_so(programs) -> None:
    programs.put("journalctl", "echo 'Hint: You are currently not seeing messages from other users' >&2")
    assert bundle._journal().startswith("Hint: You are currently not seeing messages")


def test_a_journal_that_does_not_end_is_left_out(programs, monkeypatch) -> None:
    programs.put("journalctl", "sleep 30")
    monkeypatch.setattr(bundle, "JOURNAL_LIMIT_S", 0.3)
    assert bundle._journal() == "not there: no answer within 0.3 s\n"


def test_a_place_that_cannot_be_written_is_a_fault(device, tmp_path) -> None:
    with pytest.raises(InputFault, match="could not be written") as caught:
        write_bundle(tmp_path / "no" / "where.zip", FINDINGS, *device)
    assert caught.value.code == "bundle_not_written"


def test_a_name_that_is_taken_is_not_taken_again(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = default_path()
    first.touch()
    second = default_path()
    assert first.name.startswith("hingecue-report")
    assert second.name == first.name.replace(".tar.gz", "-2.tar.gz")


def test_the_command_prints_what_is_inside_and_where_it_lies(home, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "PARTS", ("store",))
    assert main(["check", "--json", "--bundle", "--camera", str(tmp_path / "video9")]) == 0
    packed = json.loads(capsys.readouterr().out)["bundle"]
    path = tmp_path / packed["file"].rsplit("/", 1)[1]
    assert packed["inside"].keys() == unpacked(path).keys()
    assert main(["check", "--bundle", "mine.zip", "--camera", str(tmp_path / "video9")]) == 0
    out = capsys.readouterr().out
    assert f"{tmp_path / 'mine.zip'} holds this, and nothing was sent:" in out
    for name, text in unpacked(tmp_path / "mine.zip").items():
        assert f"  {name:<14} {len(text.encode()):>8} bytes" in out
