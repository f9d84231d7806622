"""Worn sensors in recordings and live: from the chip's registers to the verdict."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tests.app.conftest import write_film
from tests.fakes import skeleton
from tests.fakes.i2c_bus import FakeBus, StreamTime, from_track
from tests.fakes.mpu6050_chip import Mpu6050Chip
from tests.fakes.segments import Lift, simulate

from hingecue.app.cli import main
from hingecue.app.demo import FOLDER
from hingecue.app.engine import Engine
from hingecue.app.film import analyse_film
from hingecue.app.sensors import SampleFeed, moments, prepared, samples_of
from hingecue.posture.sensed import SensedBody
from hingecue.sense.imu.bus import Bus
from hingecue.sense.imu.find import open_sensors
from hingecue.sense.imu.reader import BURST_S, ImuReader
from hingecue.sense.recording import open_recording
from hingecue.types import Frame, ImuSample, SensorRole

P, T = SensorRole.PELVIS, SensorRole.THORAX
KINDS = "hinge hinge flexion hinge squat flexion hinge flexion squat hinge flexion hinge".split()  # noqa: SIM905
DELAY_S = 0.0049  # of the chip's own low-pass filter, which the stamps take off (data sheet)
ADDRESS = {"pelvis": 0x68, "thorax": 0x69}


def write_recording(folder, body, toml="format = 1\n"):
    """Write a simulated body as a recording without a camera."""
    folder.mkdir()
    (folder / "recording.toml").write_text(toml, "utf-8")
    for role in (P, T):
        columns = [body.t_s[:, None], body.accel_g[role]]
        header = "t_s,ax_g,ay_g,az_g"
        if body.gyro_dps is not None:
            columns.append(body.gyro_dps[role])
            header += ",gx_dps,gy_dps,gz_dps"
        np.savetxt(folder / f"imu-{role}.csv", np.hstack(columns), "%.5f", ",", header=header, comments="")
    return folder


def answer(capsys, *argv):
    status = main([*map(str, argv)])
    out = capsys.readouterr()
    return status, (json.loads(out.out) if out.out else None), out.err


@pytest.fixture(scope="module")
def alone():
    """The bundled sensors, judged without the camera."""
    with open_recording(FOLDER) as recording:
        samples = samples_of(recording.imu)
        sensed, odd = prepared(recording, samples)
        assert odd == ()
        engine = Engine(tracker=None, spine=None, sensed=sensed)
        flow = moments(None, samples)
        length_s = recording.duration_s
        return analyse_film(None, engine, name="demo", kind="recording", flow=flow, duration_s=length_s)


def test_the_bundled_sensors_alone_are_never_wrong(alone) -> None:
    kinds = [str(bend.kind) for bend in alone.bends]
    assert len(kinds) == 12
    assert all(kind in (right, "unsure") for kind, right in zip(kinds, KINDS, strict=True))
    assert kinds.count("unsure") <= 4  # the squats, whose knees nobody saw, and what is near the band
    assert alone.sensors == (P, T)


def test_the_demo_without_a_camera_needs_no_models(home, capsys, monkeypatch) -> None:
    monkeypatch.setenv("HINGECUE_MODELS", "/nowhere")
    status, result, _ = answer(capsys, "demo", "--no-camera", "--json", "--fast")
    assert status == 0
    assert result["frames"] == 0
    assert result["sensors"] == ["pelvis", "thorax"]
    assert result["summary"]["levels"].startswith("spine from the sacrum to T12/L1")
    assert {bend["spine_source"] for bend in result["bends"]} == {"worn"}


def test_a_recorded_sensor_comes_out_of_the_chip_again(alone, monkeypatch) -> None:
    """The recording is served by fake chips, register by register, and read by the real driver."""
    clock = StreamTime()
    wire = FakeBus(clock).install(monkeypatch)
    with open_recording(FOLDER) as recording:
        start_s = clock() / 1e9 + 1.0
        for role, track in recording.imu.items():
            wire.put(ADDRESS[role], Mpu6050Chip(from_track(track, start_s)))
        zero, _ = prepared(recording, samples_of(recording.imu))
    engine = Engine(tracker=None, spine=None, sensed=zero)
    ages_s = []
    with Bus(1) as bus:
        sensors = open_sensors(bus, None, clock, clock.sleep)
        assert {sensor.role for sensor in sensors} == {P, T}

        def flow():
            while clock() / 1e9 < start_s + alone.duration_s:
                felt = [s for sensor in sensors for s in sensor.poll()]
                # From a sample to the decision: one burst, the wire, and half a sample's doubt of the stamp.
                ages_s.extend((clock() - s.t_ns) / 1e9 for s in felt[:1] if clock() / 1e9 > start_s)
                felt = [ImuSample(s.role, s.t_ns - round(start_s * 1e9), s.accel_g, s.gyro_dps) for s in felt]
                yield from moments(None, sorted(felt, key=lambda s: s.t_ns))
                clock.sleep((BURST_S * 1e9 - clock() % (BURST_S * 1e9)) / 1e9)

        result = analyse_film(None, engine, name="chips", kind="recording", flow=flow())
    assert max(ages_s) <= BURST_S + 0.005 + DELAY_S
    assert [b.kind for b in result.bends] == [b.kind for b in alone.bends]
    for live, kept in zip(result.bends, alone.bends, strict=True):
        assert live.bottom_s == pytest.approx(kept.bottom_s, abs=0.06)
        assert live.spine_flexion_deg == pytest.approx(kept.spine_flexion_deg, abs=1.5)


def test_windows_calibrate_a_recording(tmp_path, home, capsys) -> None:
    body = simulate(Lift(trunk_deg=100, spine_share=0.5, repetitions=3), np.random.default_rng(0))
    windows = "format = 1\n[calibration]\nstand = [0.0, 3.0]\nflex = [3.0, 15.0]\n"
    status, result, _ = answer(capsys, "analyze", write_recording(tmp_path / "a", body, windows), "--json")
    assert status == 0
    assert result["summary"]["calibrated"] is True
    assert result["summary"]["worn_flexion_max_deg"] == pytest.approx(50, abs=2)
    assert result["bends"][0]["flexion_share"] == pytest.approx(1.0, abs=0.05)
    # Swapped sensors are told and put right.
    swapped = tmp_path / "b"
    shutil.copytree(tmp_path / "a", swapped)
    (tmp_path / "a" / "imu-pelvis.csv").rename(swapped / "imu-thorax.csv")
    (tmp_path / "a" / "imu-thorax.csv").rename(swapped / "imu-pelvis.csv")
    _, again, err = answer(capsys, "analyze", swapped, "--json")
    assert "swapped" in err
    assert [b["kind"] for b in again["bends"]] == [b["kind"] for b in result["bends"]]


def test_a_calibration_that_cannot_be_right_is_told_and_not_used(tmp_path, home, capsys) -> None:
    body = simulate(Lift(repetitions=2), np.random.default_rng(0))
    windows = "format = 1\n[calibration]\nstand = [3.0, 6.0]\nflex = [6.0, 9.0]\n"
    status, result, err = answer(capsys, "analyze", write_recording(tmp_path / "a", body, windows), "--json")
    assert status == 0
    assert "the calibration is not used" in err
    assert result["summary"]["calibrated"] is False


def test_a_sensor_that_was_away_is_told(tmp_path, home, capsys) -> None:
    body = simulate(Lift(repetitions=2), np.random.default_rng(0))
    folder = write_recording(tmp_path / "a", body)
    lines = (folder / "imu-thorax.csv").read_text("utf-8").splitlines(keepends=True)
    (folder / "imu-thorax.csv").write_text("".join(lines[:450] + lines[700:]), "utf-8")
    _, result, err = answer(capsys, "analyze", folder, "--json")
    assert "the thorax sensor was away for 2.2 s; check its cable and plug" in err
    assert len(result["bends"]) == 2
    assert result["bends"][0]["reasons"] == ["sensor_gap"]


def test_moments_come_in_the_order_of_their_times() -> None:
    samples = [ImuSample(P, i * 10_000_000, (0.0, 0.0, 1.0), None) for i in range(30)]
    frames = [Frame(i, t, np.zeros((1, 1, 3), np.uint8)) for i, t in enumerate((0, 33_000_000, 250_000_000))]
    seen = list(moments(frames, samples))
    times = [m.t_s if isinstance(m, Frame) else m for _, m in seen]
    assert times == sorted(times)
    assert [s for felt, _ in seen for s in felt] == samples[: sum(len(felt) for felt, _ in seen)]
    assert all(s.t_s <= t for (felt, _), t in zip(seen, times, strict=True) for s in felt)
    assert sum(isinstance(m, Frame) for _, m in seen) == 3
    assert list(moments(frames, ())) == [((), frame) for frame in frames]
    assert SampleFeed(samples).next_ns(99.0) is None


class Ended(KeyboardInterrupt):
    """Ctrl-C by the clock."""


@pytest.fixture
def chips(monkeypatch):
    """Two chips on a bus in real time, that feel the bundled recording from its third second on."""
    clock = StreamTime(real=True)
    wire = FakeBus(clock).install(monkeypatch)
    with open_recording(FOLDER) as recording:
        for role, track in recording.imu.items():
            wire.put(ADDRESS[role], Mpu6050Chip(from_track(track, clock() / 1e9 - 3.0)))
    return wire


def stop_after(monkeypatch, bursts):
    plain, left = ImuReader.wait, [bursts]

    def wait(self):
        left[0] -= 1
        if left[0] < 0:
            raise Ended
        return plain(self)

    monkeypatch.setattr(ImuReader, "wait", wait)


def test_sensors_are_recorded_live_and_replayed_to_the_bit(tmp_path, home, capsys, monkeypatch, chips) -> None:
    stop_after(monkeypatch, 70)
    folder = tmp_path / "kept"
    assert main(["record", str(folder), "--no-camera"]) == 0
    assert "2 motion sensors: pelvis, thorax" in capsys.readouterr().err
    assert main(["replay", str(folder)]) == 0
    assert "the same verdicts, to the bit" in capsys.readouterr().err
    status, result, _ = answer(capsys, "analyze", folder, "--json")
    assert status == 0
    assert result["sensors"] == ["pelvis", "thorax"]


def test_camera_and_sensors_are_recorded_live_and_replayed(tmp_path, home, capsys, chips) -> None:
    film = write_film(tmp_path / "grey.mp4", [np.full((120, 160, 3), 90 + i, np.uint8) for i in range(20)], 15.0)
    folder = tmp_path / "kept"
    assert main(["record", str(folder), "--camera", str(film), "--model", "lite"]) == 0
    assert main(["replay", str(folder)]) == 0
    assert "the same verdicts, to the bit" in capsys.readouterr().err
    lines = (folder / "moments.csv").read_text("ascii").splitlines()
    assert {line[0] for line in lines} == {"s", "f", "t"}
    (folder / "moments.csv").write_text("s,pelvis,1,2\n", "ascii")
    assert main(["replay", str(folder)]) == 1
    assert "moments.csv line 1: this is not a sample" in capsys.readouterr().err


def test_run_without_a_camera_needs_sensors(home, capsys, monkeypatch) -> None:
    FakeBus(StreamTime(real=True)).install(monkeypatch)
    assert main(["run", "--no-camera"]) == 1
    assert "no motion sensor answers" in capsys.readouterr().err


def test_run_goes_on_without_sensors(tmp_path, home, capsys, monkeypatch) -> None:
    FakeBus(StreamTime(real=True)).install(monkeypatch)
    film = write_film(tmp_path / "grey.mp4", [np.full((120, 160, 3), 90, np.uint8)] * 6, 15.0)
    assert main(["run", "--camera", str(film), "--model", "lite"]) == 0
    assert main(["run", "--camera", str(film), "--model", "lite", "--no-sensors"]) == 0


class TwoPeople:
    """Stands in for the tracker: first it follows somebody else, and when asked the one who wears the sensors."""

    def __init__(self, other, wearer):
        self.bodies, self.asked = [other, wearer], 0

    def another(self):
        self.asked += 1
        self.bodies.reverse()

    def step(self, frame, *, want_mask):
        body = self.bodies[0]
        trunk = float(np.interp(frame.t_s, body.t_s, body.thorax_deg))
        return replace(skeleton.pose(trunk, trunk, 10), people=2)


def test_the_person_who_moves_as_the_sensors_do_is_followed() -> None:
    wearer = simulate(Lift(spine_share=0.1, repetitions=8), np.random.default_rng(0))
    other = simulate(Lift(spine_share=0.1, period_s=2.1, repetitions=12), np.random.default_rng(1))
    tracker = TwoPeople(other, wearer)
    engine = Engine(tracker=tracker, spine=SimpleNamespace(read=lambda _: skeleton.reading(5.0)))
    frames = [Frame(i, i * 33_333_333, np.zeros((1, 1, 3), np.uint8)) for i in range(int(30 * wearer.t_s[-1]))]
    for felt, moment in moments(frames, wearer.samples()):
        engine.feel(felt)
        if isinstance(moment, Frame):
            engine.step(moment)
        else:
            engine.tick(moment)
    assert tracker.asked == 1
    assert tracker.bodies[0] is wearer
    assert engine.judge.sensed.align.same_person


def test_a_fresh_body_knows_nothing() -> None:
    assert not SensedBody().present
