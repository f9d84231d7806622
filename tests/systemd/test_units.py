from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hingecue.sense.live import JOIN_S, SILENT_AFTER_S

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
UNIT = FOLDER / "hingecue.service"
PROGRAM = "/opt/hingecue/bin/hingecue"
MOST_EXPOSED = 2.0
KNOWS_STEPS = 254
"""The first systemd that restarts ever more slowly."""


def needs(tool):
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not on this machine")


def call(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def settings(path):
    """Give `[(section, key, value), …]` of a unit or drop-in, in order."""
    section, found = "", []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.append((section, key, value))
    return found


def service(key):
    return [value for section, name, value in settings(UNIT) if section == "Service" and name == key]


@pytest.fixture
def unit(tmp_path):
    """The unit with a program that exists, since `verify` looks for it."""
    stub = tmp_path / "hingecue"
    stub.write_text("#!/bin/sh\n", "utf-8")
    stub.chmod(0o755)
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace(PROGRAM, str(stub)), "utf-8")
    return copy


@pytest.fixture
def root(tmp_path):
    """An empty system to install into."""
    place = tmp_path / "root"
    for folder in ("etc", "var/lib"):
        (place / folder).mkdir(parents=True)
    return place


@needs("systemd-analyze")
def test_systemd_understands_every_line(unit) -> None:
    status, out, err = call("systemd-analyze", "verify", "--man=no", unit)
    complaints = [line for line in (out + err).splitlines() if UNIT.name in line]
    assert (status, complaints) == (0, [])


@needs("systemd-analyze")
def test_the_service_is_locked_in(unit) -> None:
    threshold = round(10 * MOST_EXPOSED)
    status, out, err = call(
        "systemd-analyze", "security", "--offline=true", f"--threshold={threshold}", "--no-pager", unit
    )
    assert status == 0, out[-200:] + err


def test_systemd_keeps_it_running() -> None:
    assert service("Type") == ["notify"]
    assert service("Restart") == ["always"]
    assert ("Unit", "StartLimitIntervalSec", "0") in settings(UNIT)
    assert service("ExecStart") == [f"{PROGRAM} run"]


@needs("systemd-analyze")
def test_what_no_restart_mends_is_tried_ever_more_slowly(unit, tmp_path) -> None:
    drop_in = FOLDER / "hingecue.service.d/10-slower.conf"
    found = {key: value for section, key, value in settings(drop_in) if section == "Service"}
    assert set(found) == {"RestartSteps", "RestartMaxDelaySec"}
    assert float(found["RestartMaxDelaySec"]) > float(service("RestartSec")[0])
    place = tmp_path / f"{UNIT.name}.d"
    place.mkdir()
    shutil.copy(drop_in, place)
    _, out, err = call("systemd-analyze", "verify", "--man=no", unit)
    complaints = [line for line in (out + err).splitlines() if drop_in.name in line]
    version = int(call("systemd-analyze", "--version")[1].split()[1].split(".")[0].split("~")[0])
    assert len(complaints) == (0 if version >= KNOWS_STEPS else len(found))
    assert all("Unknown key" in line for line in complaints)


def test_there_is_no_network_and_only_the_named_devices() -> None:
    assert service("PrivateNetwork") == ["yes"]
    assert service("IPAddressDeny") == ["any"]
    assert service("RestrictAddressFamilies") == ["AF_UNIX AF_NETLINK"]
    assert service("DevicePolicy") == ["closed"]
    assert {d.split()[0] for d in service("DeviceAllow")} == {
        "char-video4linux",
        "char-media",
        "char-dma_heap",
        "char-gpiochip",
        "char-i2c",
    }


def test_the_end_leaves_time_for_the_camera() -> None:
    assert service("KillSignal") == ["SIGINT"]
    assert float(service("TimeoutStopSec")[0]) > JOIN_S


def test_a_silent_camera_is_told_before_the_watchdog_bites() -> None:
    assert float(service("WatchdogSec")[0]) > 2 * SILENT_AFTER_S


@needs("systemd-sysusers")
def test_the_user_and_the_groups_of_the_unit_are_made(root) -> None:
    if "--dry-run" not in call("systemd-sysusers", "--help")[1]:
        pytest.skip("this systemd-sysusers has no --dry-run (systemd before 250)")
    status, _, err = call("systemd-sysusers", f"--root={root}", "--dry-run", FOLDER / "sysusers.d/hingecue.conf")
    assert (status, [line for line in err.splitlines() if "hingecue.conf:" in line]) == (0, [])
    for group in [*service("SupplementaryGroups")[0].split(), service("User")[0]]:
        assert f"'{group}'" in err


@needs("systemd-sysusers")
@needs("systemd-tmpfiles")
def test_the_folder_belongs_to_the_service_alone(root) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give a folder away")
    assert call("systemd-sysusers", f"--root={root}", FOLDER / "sysusers.d/hingecue.conf")[0] == 0
    status, _, err = call("systemd-tmpfiles", f"--root={root}", "--create", FOLDER / "tmpfiles.d/hingecue.conf")
    assert (status, err) == (0, "")
    folder = (root / "var/lib/hingecue").stat()
    users = dict(line.split(":")[0:3:2] for line in (root / "etc/passwd").read_text("utf-8").splitlines())
    assert folder.st_uid == int(users["hingecue"])
    assert folder.st_mode & 0o7777 == 0o700


@needs("udevadm")
def test_udev_understands_the_rules() -> None:
    if "verify" not in call("udevadm", "--help")[1]:
        pytest.skip("this udevadm cannot verify (systemd before 254)")
    status, out, err = call("udevadm", "verify", FOLDER / "udev/60-hingecue.rules")
    assert status == 0, out + err


def test_udev_gives_devices_only_to_the_groups_of_the_unit() -> None:
    groups = service("SupplementaryGroups")[0].split()
    rules = [r for r in (FOLDER / "udev/60-hingecue.rules").read_text("utf-8").splitlines() if not r.startswith("#")]
    for rule in rules:
        assert 'MODE="0660"' in rule
        assert any(f'GROUP="{group}"' in rule for group in groups)
    assert {"i2c-dev", "gpio", "video4linux"} <= {rule.split('"')[1] for rule in rules}


@needs("node")
@pytest.mark.parametrize(
    ("user", "action", "answer"),
    [
        ("hingecue", "org.freedesktop.login1.power-off", "yes"),
        ("hingecue", "org.freedesktop.login1.power-off-multiple-sessions", "yes"),
        ("hingecue", "org.freedesktop.login1.power-off-ignore-inhibit", "no"),
        ("hingecue", "org.freedesktop.login1.reboot", "no"),
        ("hingecue", "org.freedesktop.systemd1.manage-units", "no"),
        ("pi", "org.freedesktop.login1.power-off", None),
    ],
)
def test_the_service_may_power_off_and_nothing_else(user, action, answer) -> None:
    rule = (FOLDER / "polkit/50-hingecue.rules").read_text("utf-8")
    script = (
        'let ask; const polkit = {addRule: f => ask = f, Result: {YES: "yes", NO: "no", NOT_HANDLED: null}};\n'
        f"{rule}\n"
        f"console.log(JSON.stringify(ask({json.dumps({'id': action})}, {json.dumps({'user': user})})));\n"
    )
    status, out, err = call("node", "-e", script)
    assert status == 0, err
    assert json.loads(out) == answer


def test_the_journal_is_bounded_wherever_it_is() -> None:
    found = settings(FOLDER / "journald/50-hingecue.conf")
    assert {key for section, key, _ in found if section == "Journal"} == {"SystemMaxUse", "RuntimeMaxUse"}


def test_wi_fi_stays_awake() -> None:
    drop_in = configparser.ConfigParser()
    drop_in.read(FOLDER / "networkmanager/50-hingecue.conf", "utf-8")
    assert drop_in["connection-hingecue"]["wifi.powersave"] == "2"


def test_every_file_is_told_in_the_readme() -> None:
    told = (FOLDER / "README.md").read_text("utf-8")
    files = [p for p in FOLDER.rglob("*") if p.is_file() and p.name != "README.md"]
    assert len(files) >= 7
    assert [p.relative_to(FOLDER) for p in files if f"`{p.relative_to(FOLDER)}`" not in told] == []
