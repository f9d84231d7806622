from __future__ import annotations

from hingecue.app.pace import Pace


def test_the_pace_of_life_waits_and_the_fast_one_does_not(monkeypatch) -> None:
    now, slept = [0.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", slept.append)
    pace = Pace(2.0)
    pace.wait_for(0.0)
    pace.wait_for(1.0)
    assert slept == [0.5]
    now[0] = 10.0
    pace.wait_for(1.5)
    assert slept == [0.5]
    Pace(0.0).wait_for(100.0)
    assert slept == [0.5]
