"""It goes as it came: nothing is left but what was practised, and that too when it is said."""

from __future__ import annotations

import pytest
from debian_tree import FETCHED
from test_install import PINS, SERVICE
from test_upgrade import SESSION, practise

ELSEWHERE = ("/var/lib/dpkg", "/var/lib/apt", "/var/log", "/var/cache", "/root")
"""What apt and dpkg keep of every package, and what a user's own commands leave."""
BACKUPS = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/.pwd.lock"}
"""Written by every tool that makes or removes a user."""


@pytest.fixture(scope="module")
def before(release, bare, tmp_path_factory):
    """The release with what HingeCue draws in, and without HingeCue."""
    tree = bare.on_top(tmp_path_factory.mktemp(f"before-{release}") / "top")
    tree.run("apt-get", "install", "--quiet", "--yes", *FETCHED)
    return tree


@pytest.fixture(scope="module")
def lived(release, before, tmp_path_factory):
    """(that release with HingeCue, after a practice, before which its pins were changed; the practice's bends)."""
    tree = before.on_top(tmp_path_factory.mktemp(f"lived-{release}") / "top")
    tree.install("hingecue.deb")
    tree.run("sed", "-i", "s/^buzzer = 23/buzzer = 25/", PINS)
    return tree, practise(tree)


@pytest.fixture
def left(lived, tmp_path):
    return lived[0].on_top(tmp_path / "left")


def more(tree, than):
    return tree.paths(*ELSEWHERE) - than.paths(*ELSEWHERE) - BACKUPS


def users(tree):
    return {line.split(":")[0] for line in tree.ask("cat", "/etc/passwd").splitlines()}


def test_removed_it_leaves_settings_and_sessions(left, lived, before) -> None:
    done = left.run("apt-get", "remove", "--quiet", "--yes", "hingecue")
    assert "not empty" not in done.stdout + done.stderr
    kept = more(left, before)
    assert not [path for path in kept if path.startswith(("/opt", "/usr"))]
    assert {PINS, SESSION} <= kept
    left.install("hingecue.deb")
    assert left.ask(*SERVICE, "hingecue", "export") == lived[1]
    assert "buzzer = 25" in left.ask("cat", PINS)


def test_purged_it_leaves_only_sessions_and_says_how_they_go(left, before) -> None:
    done = left.run("apt-get", "purge", "--quiet", "--yes", "hingecue")
    kept = more(left, before)
    assert SESSION in kept
    assert {path for path in kept if not path.startswith("/var/lib/hingecue")} == set()
    assert left.ask("stat", "--format=%U", SESSION) == "hingecue"
    (sentence,) = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("hingecue: ")]
    _, command = sentence.split("sudo ")
    left.sh(command)
    assert more(left, before) == set()


def test_purged_with_the_data_it_leaves_nothing(left, before) -> None:
    left.run("apt-get", "purge", "--quiet", "--yes", "hingecue", HINGECUE_PURGE_DATA="1")
    assert more(left, before) == set()
    assert "hingecue" not in users(left)
    assert "hingecue" not in left.ask("cat", "/etc/group")


def test_a_package_whose_folder_was_deleted_can_be_removed(left, before) -> None:
    left.run("rm", "-r", "/opt/hingecue", "/var/lib/hingecue")
    left.run("apt-get", "purge", "--quiet", "--yes", "hingecue")
    assert more(left, before) == set()
