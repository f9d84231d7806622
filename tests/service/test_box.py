"""The box itself: a systemd of its own, and nothing of it stays."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.service.box import Box, BoxError, hierarchies, missing, own_group
from tests.service.conftest import FILM


@pytest.fixture(autouse=True)
def _can() -> None:
    if sentence := missing():
        pytest.skip(sentence)


def test_a_systemd_of_its_own_is_process_1(tmp_path) -> None:
    with Box(tmp_path, FILM) as box:
        assert box.ask("cat", "/proc/1/comm") == "systemd"
        assert box.ask("systemctl", "is-active", "box.target") == "active"
        with pytest.raises(BoxError, match="no-such-unit"):
            box.run("systemctl", "start", "no-such-unit")
        with pytest.raises(BoxError, match="not within 0 s: never"):
            box.until("never", lambda: False, limit_s=0)


def test_what_is_done_in_it_does_not_stay(tmp_path) -> None:
    with Box(tmp_path, FILM) as box:
        box.run("sh", "-c", "echo x > /etc/of-the-box; echo x > /var/lib/hingecue/session; mkdir /opt/of-the-box")
        assert (box.root / "etc/of-the-box").exists()
        pid, groups = box.pid, [box.group(name) for name in hierarchies()]
        assert all(group.is_dir() for group in groups)
    assert not Path("/etc/of-the-box").exists()
    assert not Path("/opt/of-the-box").exists()
    assert not Path("/var/lib/hingecue/session").exists()
    assert not Path(f"/proc/{pid}").exists()
    assert [group for group in groups if group.exists()] == []
    assert str(tmp_path) not in Path("/proc/mounts").read_text("utf-8")
    box.until("its disk is let go", lambda: str(tmp_path) not in loops())


def loops():
    return subprocess.run(("losetup", "--all"), capture_output=True, text=True, check=True).stdout


def test_it_cannot_change_what_is_not_of_a_namespace(tmp_path) -> None:
    with Box(tmp_path, FILM) as box:
        for place in ("/proc/sys/kernel/panic", "/sys/class/net/lo/mtu"):
            assert box.run("sh", "-c", f"echo 7 > {place}", check=False).returncode != 0
        for folder in ("checkout", "packages"):
            assert box.run("touch", f"/opt/hingecue/{folder}/probe", check=False).returncode != 0
        powers = box.ask("sh", "-c", "grep CapBnd /proc/1/status").split()[1]
        assert int(powers, 16) >> 16 & 1 == 0  # CAP_SYS_MODULE
        assert int(powers, 16) >> 25 & 1 == 0  # CAP_SYS_TIME


def test_one_that_does_not_start_says_why_and_leaves_nothing(tmp_path) -> None:
    box = Box(tmp_path, tmp_path / "no film.mp4")
    with pytest.raises(BoxError, match="the box did not start"), box:
        pass
    assert box.pid == 0
    assert str(tmp_path) not in Path("/proc/mounts").read_text("utf-8")
    for name, place in hierarchies().items():
        assert not list((place / own_group(name)).glob(f"hingecue-box-*-{tmp_path.name}"))
