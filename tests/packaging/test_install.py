"""`apt install ./hingecue_….deb` on a system that never heard of HingeCue, without a network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from build_deb import layout
from debian_tree import CHECKOUT

SERVICE = ("runuser", "-u", "hingecue", "--", "env", "HINGECUE_HOME=/var/lib/hingecue", "LG_WD=/tmp")
PINS = "/etc/hingecue/pins.toml"
WANTS = "/etc/systemd/system/multi-user.target.wants/hingecue.service"
PYTHON = "/opt/hingecue/bin/python3"
DEMO = ("demo", "--json", "--fast", "--model", "lite")


def looked_at(tree, *before):
    """Give {part: finding} of the doctor."""
    done = tree.run(*before, "hingecue", "check", "--json", check=False)
    return {finding["part"]: finding for finding in json.loads(done.stdout)["parts"]}


def bends(answer):
    return [(bend["kind"], bend["role"]) for bend in json.loads(answer)["bends"]]


@pytest.fixture(scope="session")
def outside():
    """What the bundled recording gives on this machine, with this machine's numpy and OpenCV."""
    script = "import sys; from hingecue.app.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", script, *DEMO]
    return bends(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_it_installs_without_a_network_and_without_a_word_of_alarm(installing) -> None:
    _, done = installing
    told = done.stdout + done.stderr
    assert "Setting up hingecue" in told
    for word in ("warning", "Traceback", "error", "cannot be", "does not start"):
        assert word not in told


def test_the_doctor_is_shown_at_the_end(installing) -> None:
    told = installing[1].stdout.split("Setting up hingecue")[1]
    assert "✓ models      6 models as the manifest names them" in told
    assert "– camera" in told


def test_what_dpkg_put_there_is_whole(installed) -> None:
    assert installed.ask("dpkg", "--verify", "hingecue") == ""
    assert "install ok installed" in installed.ask("dpkg-query", "--show", "--showformat=${Status}", "hingecue")


def test_every_part_is_found_that_needs_no_hardware(installed) -> None:
    found = looked_at(installed, *SERVICE)
    assert {part: found[part]["state"] for part in ("libraries", "runtime", "models", "pins", "store")} == {
        "libraries": "ok", "runtime": "ok", "models": "ok", "pins": "absent", "store": "ok",
    }  # fmt: skip
    assert "spine" in found["runtime"]["what"]
    assert not [part for part, finding in found.items() if finding["state"] == "fault"]


def test_numpy_is_the_system_s_own(installed) -> None:
    where = looked_at(installed)["libraries"]["where"]
    assert where == "/usr/lib/python3/dist-packages/numpy"
    assert installed.ask("dpkg", "--search", f"{where}/__init__.py").startswith("python3-numpy:")


def test_nothing_in_a_home_comes_before_it(installed) -> None:
    version = installed.ask(PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    own = f"/root/.local/lib/python{version}/site-packages/numpy"
    installed.sh(f"mkdir -p {own} && echo 'raise SystemExit(3)' > {own}/__init__.py")
    assert installed.run(PYTHON, "-c", "import numpy", check=False).returncode == 3
    assert looked_at(installed)["libraries"]["state"] == "ok"


def test_everything_that_the_carried_libraries_import_is_there(installed) -> None:
    modules = "numpy, cv2, ai_edge_litert.interpreter, smbus2, gpiozero, colorzero, rich.live, pygments"
    for module in modules.split(", "):
        installed.run(PYTHON, "-s", "-c", f"import {module}")


def test_the_bundled_recording_gives_the_same_bends_as_outside(installed, outside, release, timed) -> None:
    done = timed(f"{release}: hingecue demo", lambda: installed.run(*SERVICE, "hingecue", *DEMO))
    assert bends(done.stdout) == outside
    assert len(outside) == 12


def test_the_service_starts_with_the_machine_as_its_own_user(installed) -> None:
    assert installed.ask("readlink", "-f", WANTS) == "/usr/lib/systemd/system/hingecue.service"
    told = installed.run("systemd-analyze", "verify", "hingecue.service").stderr.splitlines()
    assert [line for line in told if not re.search("Unknown key.*'Restart", line)] == []  # RestartSteps=: systemd 254
    groups = set(installed.ask("id", "--name", "--groups", "hingecue").split())
    assert groups == {"hingecue", "video", "render", "gpio", "i2c"}
    assert installed.ask("stat", "--format=%U %a", "/var/lib/hingecue") == "hingecue 700"


def test_the_service_cannot_change_its_own_program(installed) -> None:
    foreign = installed.ask(
        "find", "/opt/hingecue", "-not", "-user", "root", "-o", "-perm", "/022", "-not", "-type", "l"
    )
    assert foreign == ""


def test_its_pins_are_the_ones_below_etc(installed) -> None:
    assert looked_at(installed)["pins"]["where"] == PINS
    installed.run("sed", "-i", "s/^motor = 18/motor = 99/", PINS)
    told = looked_at(installed)["pins"]
    assert told["state"] == "fault"
    assert PINS in json.dumps(told)


def test_every_file_of_the_system_is_in_its_place(installed) -> None:
    for source, place, _ in layout():
        assert installed.run("cat", f"/{place}").stdout == (CHECKOUT / source).read_text("utf-8")


def test_imports_are_compiled_for_a_service_that_may_not_write(installed) -> None:
    every = {path for path in installed.paths() if path.startswith("/opt/hingecue/lib/") and path.endswith(".py")}
    compiled = {path for path in installed.paths() if path.endswith(".pyc")}
    own = [path for path in every if "/site-packages/hingecue/" in path]
    tag = installed.ask(PYTHON, "-c", "import sys; print(sys.implementation.cache_tag)")
    assert own
    for path in map(Path, own):
        assert str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc") in compiled
