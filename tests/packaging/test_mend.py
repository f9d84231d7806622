"""What breaks while or after it installs is told in one sentence, and installing again mends it."""

from __future__ import annotations

import pytest
from test_install import looked_at

SITE = "/opt/hingecue/lib/python3*/site-packages"
STATUS = ("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}", "hingecue")
OWN = "/root/bin"
"""A folder whose programs the installation finds before the system's."""
DISK_MB = 700
BALLAST_MB = 550


def said(done):
    """Give what HingeCue itself said, and not apt."""
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("hingecue: ")]


def is_well(tree):
    assert tree.ask(*STATUS) == "ii"
    assert tree.ask("dpkg", "--verify", "hingecue") == ""
    found = looked_at(tree)
    assert {found[part]["state"] for part in ("libraries", "runtime", "models", "store")} == {"ok"}


@pytest.fixture
def fresh(bare, tmp_path):
    """The release before HingeCue comes."""
    return bare.on_top(tmp_path / "fresh")


def install_with(tree, script):
    """Install it while `systemd-sysusers` is this shell script; give what came of it."""
    program = f"{OWN}/systemd-sysusers"
    tree.sh(f"mkdir -p {OWN}; cat > {program}; chmod 755 {program}", stdin=f"#!/bin/sh\n{script}\n")
    return tree.install("hingecue.deb", "-o", f"DPkg::Path={OWN}:/usr/sbin:/usr/bin:/sbin:/bin", check=False)


@pytest.mark.parametrize(
    "damage",
    [
        f"cd {SITE}; rm -r cv2; : > hingecue/_models/spine.tflite; echo '(' >> hingecue/types.py",
        "rm -r /opt/hingecue",
    ],
    ids=["files are lost or changed", "all of it is gone"],
)
def test_a_damaged_program_is_seen_and_installing_again_mends_it(installed, damage) -> None:
    installed.sh(damage)
    assert "/opt/hingecue/" in installed.run("dpkg", "--verify", "hingecue", check=False).stdout
    installed.install("hingecue.deb", "--reinstall")
    is_well(installed)


def test_an_installation_that_is_cut_off_is_taken_up_again(fresh) -> None:
    done = install_with(fresh, "kill -KILL -1")  # dpkg and its script, as at a power cut
    assert done.returncode != 0
    assert fresh.ask(*STATUS) != "ii"
    fresh.run("dpkg", "--configure", "--pending")
    is_well(fresh)


def test_a_step_that_fails_says_one_sentence_and_the_command_in_it_mends(fresh) -> None:
    done = install_with(fresh, "exit 1")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    (sentence,) = said(done)
    _, command = sentence.split("sudo ")
    fresh.sh(command)
    is_well(fresh)


def test_after_a_full_disk_the_same_command_does_it(fresh) -> None:
    # In one go: the disk is in memory, and gone with the command.
    script = f"""
        install() {{ apt-get install --quiet --yes /mnt/hingecue.deb; }}
        dd if=/dev/zero of=/ballast bs=1M count={BALLAST_MB} status=none
        install > /first 2>&1 && exit 3
        grep -q 'No space left on device' /first || {{ cat /first; exit 4; }}
        rm /ballast
        install && dpkg --verify hingecue && hingecue --version
    """
    done = fresh.sh(script, disk_mb=DISK_MB)
    assert "Setting up hingecue" in done.stdout
