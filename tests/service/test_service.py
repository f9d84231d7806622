"""The service as it is installed, run by a real systemd: how it starts, what it may do, and how it ends."""

from __future__ import annotations

import os
import stat
import time

import pytest

from tests.service.coach import STATE, UNIT

PARTS = ["python", "imports", "models", "parts", "first_moment"]
AS_USER = ("setpriv", "--reuid=hingecue", "--regid=hingecue", "--clear-groups")


@pytest.fixture(scope="module")
def running(coach):
    coach.start()
    coach.until("it coaches", coach.coaching)
    return coach


def of_process(coach, file):
    """Give `{key: value}` of a file of the service's process."""
    text = coach.box.run("cat", f"/proc/{coach.ready()}/{file}").stdout
    return dict(line.split(":", 1) for line in text.splitlines())


def in_its_place(coach, *words):
    """Run a command where the service is: in its mount and network namespaces."""
    pid = coach.ready()
    return coach.box.run("nsenter", f"--target={pid}", "--mount", "--net", "--", *words, check=False)


def began_ms(coach) -> float:
    """Give when the service's process began, ms on CLOCK_MONOTONIC: systemd's own stamp is written after the fork."""
    ticks = int(coach.box.run("cat", f"/proc/{coach.ready()}/stat").stdout.rpartition(")")[2].split()[19])
    slept = time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    return (ticks / os.sysconf("SC_CLK_TCK") - slept) * 1e3


def test_it_is_active_once_the_first_moment_is_judged(running) -> None:
    assert running.box.ask("systemctl", "is-active", UNIT) == "active"
    assert running.show("NRestarts") == "0"
    assert running.status()["state"] == "coaching"


def test_it_starts_with_the_machine(running) -> None:
    assert running.box.ask("systemctl", "is-enabled", UNIT) == "enabled"
    assert UNIT in running.box.ask("systemctl", "list-dependencies", "--plain", "multi-user.target")


def test_anybody_may_read_how_it_goes_and_nobody_else_how_a_person_moves(running) -> None:
    status = running.status()
    assert status["faults"] == []
    assert status["versions"]["runtime"]
    running.wait_for_bend()
    root = running.box.root
    for path in (STATE, f"{STATE}/sessions.db"):
        found = (root / path.lstrip("/")).stat()
        assert stat.S_IMODE(found.st_mode) & 0o077 == 0
        assert running.box.ask("stat", "--format=%U", path) == "hingecue"
    assert running.box.run("setpriv", "--reuid=nobody", "--clear-groups", "ls", STATE, check=False).returncode != 0


def test_it_tells_the_parts_of_its_cold_start(running) -> None:
    parts = running.status()["start_ms"]
    assert list(parts) == PARTS
    assert all(part is not None and part >= 0 for part in parts.values())
    ready_ms = int(running.show("ActiveEnterTimestampMonotonic")) / 1e3
    assert 0 < sum(parts.values()) <= ready_ms - began_ms(running) + 1  # tenths of a millisecond, each rounded


def test_it_is_its_own_user_with_the_groups_of_the_devices_and_no_power(running) -> None:
    status = of_process(running, "status")
    names = {line.split(":")[2]: line.split(":")[0] for line in running.box.ask("cat", "/etc/group").splitlines()}
    users = {line.split(":")[2]: line.split(":")[0] for line in running.box.ask("cat", "/etc/passwd").splitlines()}
    assert {users[uid] for uid in status["Uid"].split()} == {"hingecue"}
    assert {names[gid] for gid in status["Groups"].split()} == {"hingecue", "video", "render", "gpio", "i2c"}
    for power in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[power], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"


def test_it_has_no_network_and_listens_to_nobody(running) -> None:
    links = in_its_place(running, "cat", "/proc/net/dev").stdout.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in links] == ["lo"]
    for table in ("tcp", "tcp6", "udp", "udp6", "raw"):
        assert in_its_place(running, "cat", f"/proc/net/{table}").stdout.splitlines()[1:] == []
    inodes = [line.split()[7:] for line in in_its_place(running, "cat", "/proc/net/unix").stdout.splitlines()[1:]]
    assert inodes == []  # none with a name in there, and the two that it sends to are outside


def test_it_can_write_its_own_folders_only(running) -> None:
    line = "touch {0}/probe 2>/dev/null && rm {0}/probe && echo {0}"
    places = ("/", "/etc", "/usr", "/opt/hingecue", "/var", "/var/lib", STATE, "/run", "/run/hingecue", "/dev", "/sys")
    script = "; ".join(line.format(place) for place in places)
    assert in_its_place(running, *AS_USER, "sh", "-c", script).stdout.split() == [STATE, "/run/hingecue"]
    # Not even somebody who became root in there could change the program or the system.
    found = in_its_place(running, "sh", "-c", script).stdout.split()
    assert set(found) <= {STATE, "/run/hingecue", "/dev", "/run"}, found


def test_it_sees_no_home_and_no_other_process(running) -> None:
    assert in_its_place(running, "ls", "/root", "/home").stdout.split() == ["/home:", "/root:"]
    script = "import os; print(*(p for p in os.listdir('/proc') if p.isdecimal()))"
    others = in_its_place(running, *AS_USER, "/opt/hingecue/bin/python", "-c", script).stdout.split()
    assert "1" not in others
    assert str(running.ready()) in others


def test_a_device_that_it_does_not_need_is_closed(running) -> None:
    running.box.run("mknod", "-m", "666", "/dev/log-of-the-kernel", "c", "1", "11")
    place = "unified" if running.box.group("devices") == running.box.group("cgroup2") else "devices"
    group = next(p for p in (f"/sys/fs/cgroup/{place}", "/sys/fs/cgroup") if (running.box.root / p[1:]).exists())
    for device, open_to in (("/dev/log-of-the-kernel", False), ("/dev/null", True)):
        script = f"echo $$ > {group}/system.slice/{UNIT}/cgroup.procs && exec true < {device}"
        assert (running.box.run("sh", "-c", script, check=False).returncode == 0) is open_to
        assert running.box.run("sh", "-c", f"exec true < {device}").returncode == 0


def test_a_stop_stores_the_session_and_ends_by_itself(running) -> None:
    stored = running.wait_for_bend()
    before_us = int(running.show("ActiveEnterTimestampMonotonic"))
    running.stop()
    assert running.show("Result") == "success"
    assert "SIGKILL" not in running.journal()
    assert int(running.show("ExecMainCode")) == 1  # it exited, it was not ended
    left_us, ended_us = (int(running.show(f"{n}TimestampMonotonic")) for n in ("ActiveExit", "InactiveEnter"))
    assert before_us < left_us <= ended_us
    now = running.kept()
    assert now.whole == "ok"
    assert stored <= now.bends
    assert now.unfinished == 0


def test_what_was_stored_is_told_by_the_command_of_the_readme(running) -> None:
    assert "hip hinge" in running.box.ask("/opt/hingecue/bin/hingecue", "sessions")


def test_what_it_may_is_little(running) -> None:
    line = running.box.ask("systemd-analyze", "security", "--no-pager", UNIT).splitlines()[-1]
    assert float(line.split(":")[1].split()[0]) <= 2.0
