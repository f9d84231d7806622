"""I2C is switched on where it is off, through the Pi's own raspi-config; a stand-in keeps config.txt as that does."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from debian_tree import CHECKOUT

ON = "dtparam=i2c_arm=on"
SLOW = f"{ON},i2c_arm_baudrate=100000"
"""What hardware/README.md has its readers write for a long cable."""
# As raspi-config answers and does it: `get_i2c` prints 0 for on and 1 for off, `do_i2c` takes the same numbers.
RASPI_CONFIG = """#!/bin/sh
case "$*" in
    "nonint get_i2c") grep -qs "^dtparam=i2c_arm=on" "$CONFIG" && echo 0 || echo 1 ;;
    "nonint do_i2c 0") [ -w "$CONFIG" ] && echo dtparam=i2c_arm=on >"$CONFIG" ;;
    *) exit 2 ;;
esac
"""
# Of another machine's system, which a test may not change.
OTHERS = ("systemd-sysusers", "systemd-tmpfiles", "modprobe", "udevadm", "systemctl")


@pytest.fixture
def pi(tmp_path):
    """A folder of commands that stand in for the Pi's, and its config.txt."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "raspi-config").write_text(RASPI_CONFIG, "utf-8")
    for name in OTHERS:
        (commands / name).write_text("#!/bin/sh\n", "utf-8")
    for command in commands.iterdir():
        command.chmod(0o755)
    (commands / "grep").symlink_to(shutil.which("grep"))
    (tmp_path / "config.txt").write_text("#dtparam=i2c_arm=on\n", "utf-8")
    return tmp_path


def set_up(pi):
    """Give what `set_up_system` said."""
    environ = {"PATH": str(pi / "bin"), "CONFIG": str(pi / "config.txt")}
    words = ["/bin/sh", "-eu", "-c", ". packaging/system.sh; set_up_system"]
    done = subprocess.run(words, cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=60, check=True)
    return done.stderr


def test_i2c_is_switched_on_where_it_is_off(pi) -> None:
    assert set_up(pi) == ""
    assert (pi / "config.txt").read_text("utf-8").splitlines() == [ON]


def test_what_the_owner_set_is_left_alone(pi) -> None:
    (pi / "config.txt").write_text(f"{SLOW}\n", "utf-8")
    assert set_up(pi) == ""
    assert (pi / "config.txt").read_text("utf-8").splitlines() == [SLOW]


def test_where_it_stays_off_the_rest_is_set_up_and_one_sentence_tells_it(pi) -> None:
    (pi / "config.txt").unlink()
    assert set_up(pi) == "hingecue: I2C is still off; switch it on with: sudo raspi-config nonint do_i2c 0\n"


def test_a_machine_without_raspi_config_is_no_fault(pi) -> None:
    (pi / "bin/raspi-config").unlink()
    assert set_up(pi) == ""
