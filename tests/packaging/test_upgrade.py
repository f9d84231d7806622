"""A later version comes over an earlier one: sessions, pins and a service that was switched off stay as they are."""

from __future__ import annotations

import pytest
from test_install import PINS, SERVICE, WANTS

SESSION = "/var/lib/hingecue/sessions.db"


def practise(tree):
    """Store a session; give the stored bends."""
    tree.sh(f"{' '.join(SERVICE)} hingecue demo --fast --no-camera")
    return tree.ask(*SERVICE, "hingecue", "export")


CHANGED = f"??5?????? c {PINS}"
"""What `dpkg --verify` says of a settings file that its owner has changed."""


def version(tree):
    return tree.ask("dpkg-query", "--show", "--showformat=${Version}", "hingecue")


@pytest.fixture(scope="module")
def upgraded(release, installing, tmp_path_factory):
    """(the release after a practice, a changed pin and then the later version, the practice's bends, what apt said)."""
    tree = installing[0].on_top(tmp_path_factory.mktemp(f"upgraded-{release}") / "top")
    bends = practise(tree)
    tree.run("sed", "-i", "s/^buzzer = 23/buzzer = 25/", PINS)
    return tree, bends, tree.install("newer.deb")


def test_sessions_and_pins_are_kept(upgraded) -> None:
    tree, bends, _ = upgraded
    assert version(tree).startswith("9.")
    assert tree.ask(*SERVICE, "hingecue", "export") == bends
    assert bends.count("\n") >= 12
    assert "buzzer = 25" in tree.ask("cat", PINS)
    assert tree.ask("stat", "--format=%U %a", SESSION).startswith("hingecue ")


def test_a_library_that_the_later_one_lacks_is_gone_with_its_compiled_files(upgraded, installed) -> None:
    had = {path for path in installed.paths() if "/gpiozerocli" in path}
    assert any(path.endswith(".pyc") for path in had)
    tree, _, done = upgraded
    assert "not empty" not in done.stdout + done.stderr
    assert not {path for path in tree.paths() if "/gpiozerocli" in path}
    assert tree.ask("dpkg", "--verify", "hingecue") == CHANGED


def test_the_earlier_one_can_come_back(upgraded, tmp_path) -> None:
    tree = upgraded[0].on_top(tmp_path / "back")
    tree.install("hingecue.deb", "--allow-downgrades")
    assert not version(tree).startswith("9.")
    assert tree.ask("dpkg", "--verify", "hingecue") == CHANGED
    assert tree.ask(*SERVICE, "hingecue", "export") == upgraded[1]


def test_a_service_that_was_switched_off_stays_off(installed) -> None:
    installed.run("systemctl", "disable", "hingecue")
    installed.install("newer.deb")
    assert WANTS not in installed.paths()
    installed.run("systemctl", "enable", "hingecue")
    assert WANTS in installed.paths()
