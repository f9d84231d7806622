from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hingecue.app.wallclock import CLOCK_FROM, known_utc


@pytest.fixture
def timesync(tmp_path):
    folder = tmp_path / "run/systemd/timesync"
    folder.mkdir(parents=True)
    return folder


def test_a_machine_without_a_time_service_is_believed(tmp_path):
    now = known_utc(tmp_path)
    assert now is not None
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_time_server_has_to_have_answered(tmp_path, timesync):
    assert known_utc(tmp_path) is None
    (timesync / "synchronized").touch()
    assert known_utc(tmp_path) is not None


def test_a_date_before_this_program_is_not_believed(tmp_path, timesync, monkeypatch):
    class Old(datetime):
        @classmethod
        def now(cls, tz=None):
            return CLOCK_FROM - timedelta(seconds=1)

    (timesync / "synchronized").touch()
    monkeypatch.setattr("hingecue.app.wallclock.datetime", Old)
    assert known_utc(tmp_path) is None
