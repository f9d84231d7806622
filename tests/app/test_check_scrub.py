from __future__ import annotations

import pytest

from hingecue.app.doctor import scrub
from hingecue.app.doctor.scrub import Scrubber, secrets_of_machine

NAMES = {"annika": "<user>", "annikas-pi": "<host>", "Jim": "<wifi>", "Jörg Ämmer": "<profile>", "Ämmer": "<profile>"}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/annika/x and /Users/Bob/y", "/home/<user>/x and /Users/<user>/y"),
        ("mounted at /media/bob/CARD", "mounted at /media/<user>/CARD"),
        ("Annika sat at annikas-pi:", "<user> sat at <host>:"),
        ("annika_2 and annika2, not Johannikan", "<user>_2 and <user>2, not Johannikan"),
        ("jörg ämmer, Ämmer and Jimmy's Jim", "<profile>, <profile> and Jimmy's <wifi>"),
        ("b8:27:eb:12:34:56 B8-27-EB-12-34-56", "<mac> <mac>"),
        ("enxb827eb123456 up", "enx<mac> up"),
        ("192.168.1.20, 10.0.0.1:8080; from 8.8.8.8.", "<ipv4>, <ipv4>:8080; from <ipv4>."),
        ("fe80::ba27:ebff:fe12:3456%wlan0 and 2001:db8::1", "<ipv6>%wlan0 and <ipv6>"),
        ("::ffff:192.168.1.20", "::ffff:<ipv4>"),
        ("mail anna@example.org now", "mail <mail> now"),
        ("Serial\t\t: 10000000abcdef01", "Serial\t\t: <serial>"),
        ("ssid=My Gym\nnext", "ssid=<wifi>\nnext"),
        ('SSID: "My Gym" is far', "SSID: <wifi> is far"),
        ("/dev/v4l/by-id/usb-046d_C920_A1B2C3D4-video-index0", "/dev/v4l/by-id/<camera>"),
        ("id 0b8f2f43-8a2c-4f9e-9d6b-0123456789ab", "id <id>"),
        ("-- Boot 5f1c0123456789abcdef0123456789ab --", "-- Boot <id> --"),
    ],
)
def test_what_tells_of_somebody_goes(text, clean) -> None:
    take_out = Scrubber(NAMES)
    assert take_out(text) == clean
    assert take_out(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Nov 23 05:10:22 hingecue[812]: the camera cannot be opened",
        "I2C-1 0x68, soc@107c000000, std::vector, Foo::bar",
        "version 4.10.0 on Python 3.11.7, lgpio 0.2.2.0",
        "1.2.3.4.5 and 999.1.1.1 are no addresses",
        "sha256 of 64: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "a serial console, the ssid is unknown",
        "10:22 and 05:10:22.123456",
    ],
)
def test_what_tells_of_nobody_stays(text) -> None:
    assert Scrubber(NAMES)(text) == text


def test_without_names_the_shapes_still_go() -> None:
    assert Scrubber({})("10.1.2.3") == "<ipv4>"


def put(prefix, path, text) -> None:
    file = prefix / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "annika")
    monkeypatch.setenv("SUDO_USER", "bertha")
    monkeypatch.setattr(scrub.platform, "node", lambda: "kraftraum.example.org")
    put(tmp_path, "etc/hostname", "raspberrypi\n")
    put(tmp_path, "proc/cpuinfo", "Model : Raspberry Pi 5\nSerial\t\t: 10000000abcdef01\n")
    put(tmp_path, "proc/device-tree/serial-number", "10000000fedcba02\0")
    put(tmp_path, "etc/machine-id", "5f1c0123456789abcdef0123456789ab\n")
    put(tmp_path, "etc/NetworkManager/system-connections/Home One.nmconnection", "[wifi]\nssid=Kellerfunk\n")
    put(tmp_path, "run/NetworkManager/system-connections/netplan-wlan0-Zwei.nmconnection", "")
    put(tmp_path, "etc/wpa_supplicant/wpa_supplicant.conf", 'network={\n  ssid="Drei Eichen"\n  psk="x"\n}\n')
    put(tmp_path, "etc/netplan/90-NM.yaml", 'wifis:\n  wlan0:\n    access-points:\n      "Vier":\n        auth:\n')
    return secrets_of_machine(["guest", "Maja Muster"], tmp_path)


def test_the_machine_tells_what_is_secret_on_it(machine) -> None:
    expected = {
        "annika": "<user>",
        "bertha": "<user>",
        "kraftraum.example.org": "<host>",
        "kraftraum": "<host>",
        "10000000abcdef01": "<serial>",
        "10000000fedcba02": "<serial>",
        "5f1c0123456789abcdef0123456789ab": "<serial>",
        "Home One": "<wifi>",
        "Kellerfunk": "<wifi>",
        "Zwei": "<wifi>",
        "Drei Eichen": "<wifi>",
        "Vier": "<wifi>",
        "Maja Muster": "<profile>",
        "Maja": "<profile>",
    }
    assert expected.items() <= machine.items()


def test_names_that_everybody_has_are_no_secrets(machine) -> None:
    assert not {"raspberrypi", "guest", "root", "hingecue", ""} & machine.keys()


def test_people_of_this_machine_are_taken_by_number(tmp_path, monkeypatch) -> None:
    from types import SimpleNamespace

    people = [
        SimpleNamespace(pw_name="daemon", pw_uid=1, pw_gecos="daemon"),
        SimpleNamespace(pw_name="clara", pw_uid=1000, pw_gecos="Clara Orth,,,"),
        SimpleNamespace(pw_name="nobody", pw_uid=65534, pw_gecos="nobody"),
    ]
    monkeypatch.setattr(scrub.pwd, "getpwall", lambda: people)
    secrets = secrets_of_machine([], tmp_path)
    assert {"clara", "Clara Orth", "Orth"} <= secrets.keys()
    assert "daemon" not in secrets
