"""What is missing is told once and waited for; what is damaged is tried again until somebody has mended it."""

from __future__ import annotations

import pytest

from tests.service.coach import UNIT

MODEL = "/opt/hingecue/checkout/models/pose_detector.tflite"
NO_CAMERA = "there is no such camera"


@pytest.fixture
def stopped(coach):
    coach.stop()
    yield coach
    coach.stop()


def test_without_a_camera_it_is_up_and_says_so_once(stopped) -> None:
    stopped.unplug()
    try:
        stopped.start()
        pid = stopped.ready()
        stopped.until("it has looked more than once", lambda: stopped.status()["monotonic_s"] > up_s(stopped) + 4.0)
        status = stopped.status()
        assert status["state"] == "waiting"
        assert [(fault["code"], fault["blinks"]) for fault in status["faults"]] == [("camera_missing", 2)]
        assert NO_CAMERA in stopped.show("StatusText")
        assert stopped.journal().count(NO_CAMERA) == 1
        assert stopped.ready() == pid
        assert stopped.show("NRestarts") == "0"
    finally:
        stopped.plug()
    stopped.until("it coaches", stopped.coaching)
    assert stopped.ready() == pid
    assert stopped.status()["faults"] == []


def test_a_damaged_model_is_told_and_the_service_is_up_once_it_is_mended(stopped) -> None:
    stopped.box.run("sh", "-c", f"echo damaged > /run/model; mount --bind /run/model {MODEL}")
    stopped.box.run("systemctl", "start", "--no-block", UNIT)
    try:
        stopped.until("it was tried twice", lambda: int(stopped.show("NRestarts")) >= 1)
        assert "Failed with result 'exit-code'" in stopped.journal()
        assert "is not the one that the manifest names" in stopped.journal()
        assert "Traceback" not in stopped.journal()
    finally:
        stopped.box.run("umount", MODEL)
    stopped.until("it coaches", stopped.coaching)


def up_s(coach):
    """Give when systemd took the service for up, s on CLOCK_MONOTONIC."""
    return int(coach.show("ActiveEnterTimestampMonotonic")) / 1e6
