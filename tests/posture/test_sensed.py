"""The judge with motion sensors: alone, beside a camera, and while parts come and go in the middle of a bend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import skeleton
from tests.fakes.segments import Lift, rotation, simulate

from hingecue.posture.calibration import Calibration
from hingecue.posture.flexwatch import FlexWatch
from hingecue.posture.fusion import WornScale
from hingecue.posture.judge import Judge, bend_signal, known
from hingecue.posture.sensed import SensedBody
from hingecue.types import Facing, ImuSample, Kind, Posture, Reason, SensorRole, SpineSource

P, T, M = SensorRole.PELVIS, SensorRole.THORAX, SensorRole.MOUNT
FLAT = Lift(trunk_deg=75, spine_share=0.12, repetitions=3)
ROUND = Lift(trunk_deg=80, spine_share=0.7, repetitions=3)
FRAME_S, TICK_S = 1 / 30, 0.05


def judged(
    body,
    *,
    camera=True,
    samples=None,
    facing=Facing.RIGHT,
    seen=lambda t: True,
    judge=None,
    frame_s=FRAME_S,
    origin_s=0.0,
):
    """Run a simulated body through a judge, with or without a camera that sees the same trunk; give judge and bends."""
    judge = judge or Judge()
    samples = body.samples() if samples is None else samples
    bends, at = [], 0
    step_s = frame_s if camera else 0.02
    for i in range(int(body.t_s[-1] / step_s)):
        t = origin_s + i * step_s
        while at < len(samples) and samples[at].t_s <= t:
            judge.sensed.feel(samples[at])
            at += 1
        if camera and seen(t):
            thorax, pelvis = (float(np.interp(t - origin_s, body.t_s, x)) for x in (body.thorax_deg, body.pelvis_deg))
            trunk = pelvis + 0.69 * (thorax - pelvis)
            pose = skeleton.pose(trunk, trunk + 10, 15, facing=facing)
            done = judge.update(t, pose, replace(skeleton.reading(1.4 * (thorax - pelvis)), sd_deg=12.0))
        elif camera:
            done = judge.update(t, None, None)
        else:
            done = judge.tick(t)
        if done.bend is not None:
            bends.append(done.bend)
    last = judge.finish()
    return judge, bends if last is None else [*bends, last]


@pytest.mark.parametrize(("lift", "kind"), [(FLAT, Kind.HINGE), (ROUND, Kind.FLEXION)])
@pytest.mark.parametrize("camera", [True, False])
def test_kinds_with_sensors(lift, kind, camera) -> None:
    body = simulate(lift, np.random.default_rng(0))
    judge, bends = judged(body, camera=camera)
    assert [b.kind for b in bends] == [kind] * 3
    assert {b.spine_source for b in bends} == {SpineSource.FUSED if camera else SpineSource.WORN}
    for bend, peak in zip(bends, (0, 1, 2), strict=True):
        truth_s = lift.stand_s + peak * (lift.period_s + lift.pause_s) + lift.period_s / 2
        assert bend.bottom_s == pytest.approx(truth_s, abs=0.15)
        if not camera:
            assert bend.spine_flexion_deg == pytest.approx(body.flexion_deg.max(), abs=2)
            assert bend.facing is None
            assert bend.knee_deg is None
    assert judge.sensed.present


def test_a_shallow_bend_that_nobody_saw_may_be_a_squat() -> None:
    body = simulate(replace(FLAT, trunk_deg=42), np.random.default_rng(0))
    _, bends = judged(body, camera=False)
    assert {(b.kind, b.reasons) for b in bends} == {(Kind.UNSURE, (Reason.TOO_SHALLOW,))}


@pytest.mark.parametrize(("role", "reason"), [(P, Reason.SENSOR_GAP), (T, Reason.SENSOR_GAP)])
def test_one_sensor_without_a_camera_counts_but_does_not_judge(role, reason) -> None:
    body = simulate(ROUND, np.random.default_rng(0))
    _, bends = judged(body, camera=False, samples=[s for s in body.samples() if s.role is role])
    assert len(bends) == 3
    assert {(b.kind, b.reasons, b.spine_flexion_deg) for b in bends} == {(Kind.UNSURE, (reason,), None)}
    assert all((b.trunk_deg is None) is (role is P) for b in bends)


def test_the_sd_grows_as_sensors_go() -> None:
    body = simulate(ROUND, np.random.default_rng(0))
    pelvis = [s for s in body.samples() if s.role is P]
    sds = [judged(body, samples=samples)[1][0].spine_sd_deg for samples in (body.samples(), pelvis, [])]
    assert sds == sorted(sds)
    assert len(set(sds)) == 3


def test_in_the_dark_the_sensors_go_on() -> None:
    body = simulate(ROUND, np.random.default_rng(0))
    _, bends = judged(body, seen=lambda t: t < 2.5)
    assert [b.kind for b in bends] == [Kind.FLEXION] * 3
    assert bends[1].spine_source is SpineSource.WORN


def test_a_sensor_lost_at_the_bottom_leaves_the_bend_to_the_camera_or_open() -> None:
    body = simulate(ROUND, np.random.default_rng(0))
    gone = [s for s in body.samples() if not (s.role is T and 3.9 < s.t_s < 5.3)]
    _, alone = judged(body, camera=False, samples=gone)
    assert alone[0].kind is Kind.UNSURE
    assert Reason.SENSOR_GAP in alone[0].reasons
    assert [b.kind for b in alone[1:]] == [Kind.FLEXION] * 2
    judge, seen = judged(body, samples=gone)
    assert seen[0].kind in {Kind.FLEXION, Kind.UNSURE}
    assert judge.sensed.lost_s[T] == pytest.approx(1.15, abs=0.2)


def test_accelerometers_alone_say_too_fast() -> None:
    body = simulate(replace(ROUND, period_s=1.2, gyro=False, shocks=False), np.random.default_rng(0))
    _, bends = judged(body, camera=False)
    assert bends
    assert all(Reason.TOO_FAST in b.reasons and b.kind is Kind.UNSURE for b in bends)


@pytest.mark.parametrize("people", [1, 2])
def test_a_camera_that_follows_somebody_else_has_no_say(people) -> None:
    body = simulate(replace(ROUND, repetitions=5), np.random.default_rng(0))
    other = simulate(replace(FLAT, period_s=2.1, repetitions=8), np.random.default_rng(1))
    judge = Judge()
    bends, at, samples = [], 0, body.samples()
    for i in range(int(body.t_s[-1] / FRAME_S)):
        t = i * FRAME_S
        while at < len(samples) and samples[at].t_s <= t:
            judge.sensed.feel(samples[at])
            at += 1
        trunk = float(np.interp(t, other.t_s, other.thorax_deg))
        pose = replace(skeleton.pose(trunk, trunk, 10), people=people)
        done = judge.update(t, pose, skeleton.reading(5.0))
        bends += [] if done.bend is None else [done.bend]
    assert not judge.sensed.align.same_person
    assert bends[-1].spine_source is SpineSource.WORN
    assert (Reason.SENSORS_DISAGREE in bends[-1].reasons) is (people == 1)


def test_with_one_sensor_and_a_stranger_nothing_is_left_to_say() -> None:
    lone = SensedBody()
    lone.see(0.0, 10.0, standing=False, people=2)
    lone.align.same_person = False
    lone.worn.segment(P).calibrate((0.0, 0.0, 1.0), None)
    lone.feel(ImuSample(P, 0, (0.0, 0.0, 1.0), None))
    reading = lone.fused(skeleton.reading(30.0), 40.0, lone.state(0.0), Judge().bands)
    assert reading.reasons == (Reason.SEVERAL_PEOPLE, Reason.SENSOR_GAP)
    assert lone.fused(None, None, lone.state(0.0), Judge().bands).reasons == (Reason.SENSOR_GAP,)


def test_between_frames_the_sensors_are_heard() -> None:
    body = simulate(ROUND, np.random.default_rng(0))
    judge = Judge()
    early = []
    at, samples, frames = 0, body.samples(), 0
    for i in range(int(6.0 / TICK_S)):
        t = i * TICK_S
        while at < len(samples) and samples[at].t_s <= t:
            judge.sensed.feel(samples[at])
            at += 1
        if i % 2 == 0:
            trunk = float(np.interp(t, body.t_s, body.thorax_deg))
            judge.update(t, skeleton.pose(trunk, trunk, 10), skeleton.reading(50.0))
            frames += 1
        else:
            done = judge.tick(t)
            assert done.bend is None
            assert done.posture.spine.source is SpineSource.FUSED or t < 1.0
            early += [] if done.progress is None else [done.progress.p_flexion]
    assert max(p for p in early if p is not None) > 0.8


def test_a_tick_before_anything_was_felt_says_nothing() -> None:
    judge = Judge()
    assert judge.tick(0.0).posture.reasons == (Reason.PERSON_LOST,)
    assert not known(Posture(0.0))
    assert bend_signal(Posture(0.0, pelvis_deg=10.0)) == 17.0
    assert bend_signal(Posture(0.0, pelvis_deg=1.0, drop_m=0.4)) == pytest.approx(48.0)
    judge.update(0.0, skeleton.pose(visibility=0.0), None)
    assert judge.tick(0.05).posture.trunk_deg is None


def test_a_knock_asks_for_a_new_look() -> None:
    judge = Judge()

    def at(t, accel=(0.0, -1.0, 0.0)):
        judge.sensed.feel(ImuSample(M, round(t * 1e9), accel, None))
        return judge.update(t, skeleton.pose(), skeleton.reading(0.0)).posture.reasons

    assert all(at(i / 30) == () for i in range(60))
    assert at(2.01, (3.0, 0.0, 0.0)) == (Reason.SENSOR_MOVED,)
    reasons = [at(2.1 + i / 30) for i in range(30)]
    assert reasons[0] == (Reason.SENSOR_MOVED,)
    assert reasons[-1] == ()


def test_touching_the_toes_before_the_camera_teaches_the_chords_share() -> None:
    lift = Lift(trunk_deg=100, spine_share=0.5, repetitions=2)
    body = simulate(lift, np.random.default_rng(0))
    judge = Judge()
    judge.sensed.flex = FlexWatch((3.0, 9.0))
    judged(body, judge=judge)
    assert judge.sensed.flex is None
    assert judge.sensed.scale.chord_share == pytest.approx(0.69, abs=0.05)
    assert judge.bands.calibrated


def test_a_calibration_sets_the_scale_and_the_axes() -> None:
    body = simulate(ROUND, np.random.default_rng(4))
    first = {role: tuple(np.mean(a[:200], axis=0).tolist()) for role, a in body.accel_g.items()}
    sensed = SensedBody()
    sensed.apply(Calibration(first, {}, 80.0, chord_share=0.6))
    assert sensed.scale == WornScale(80.0, 0.6, calibrated=True)
    _, bends = judged(body, camera=False, judge=Judge(sensed=sensed))
    assert bends[0].flexion_share == pytest.approx(body.flexion_deg.max() / 80.0, abs=0.03)


def test_swapped_sensors_are_put_right() -> None:
    body = simulate(ROUND, np.random.default_rng(0))
    other = {P: T, T: P}
    samples = [replace(s, role=other[s.role]) for s in body.samples()]
    first = {role: tuple(np.mean(a[:200], axis=0).tolist()) for role, a in body.accel_g.items()}
    sensed = SensedBody()
    sensed.apply(Calibration(first, {}, None, swapped=True))
    _, bends = judged(body, camera=False, samples=samples, judge=Judge(sensed=sensed))
    assert [b.kind for b in bends] == [Kind.FLEXION] * 3


def test_mirror_and_mounting_change_no_verdict() -> None:
    body = simulate(ROUND, np.random.default_rng(0))
    turn = {role: rotation(np.random.default_rng(7), 180.0) for role in (P, T)}
    turned = [replace(s, accel_g=tuple(turn[s.role] @ s.accel_g), gyro_dps=tuple(turn[s.role] @ s.gyro_dps))
              for s in body.samples()]  # fmt: skip
    runs = [judged(body), judged(body, facing=Facing.LEFT), judged(body, samples=turned)]
    seen = [[(b.kind, round(b.spine_flexion_deg, 1), round(b.trunk_deg, 1)) for b in bends] for _, bends in runs]
    assert seen[0] == seen[2]
    for a, b in zip(seen[0], seen[1], strict=True):
        assert a[0] is b[0]
        assert a[1:] == pytest.approx(b[1:], abs=1.0)


@settings(max_examples=8, deadline=None)
@given(origin_s=st.integers(1, 1_000_000), camera=st.booleans())
def test_the_origin_of_time_changes_no_verdict(origin_s, camera) -> None:
    body = simulate(replace(ROUND, repetitions=1, stand_s=1.5), np.random.default_rng(0))
    moved = [replace(s, t_ns=s.t_ns + origin_s * 1_000_000_000) for s in body.samples()]
    plain = judged(body, camera=camera)[1]
    later = judged(body, camera=camera, samples=moved, origin_s=float(origin_s))[1]
    assert [b.kind for b in plain] == [b.kind for b in later]
    for a, b in zip(plain, later, strict=True):
        assert b.spine_flexion_deg == pytest.approx(a.spine_flexion_deg, abs=0.5)
        assert b.bottom_s - origin_s == pytest.approx(a.bottom_s, abs=0.05)


def scrambled(samples, rng):
    """Let one to three things go wrong with the sensors at random times."""
    out = list(samples)
    for _ in range(int(rng.integers(1, 4))):
        role, begin, length = rng.choice([P, T]), rng.uniform(0.5, 9), rng.uniform(0.1, 4)
        what = rng.choice(["gone", "frozen", "noisy", "reset", "late", "swapped", "clipped"])
        held = None
        changed = []
        for s in out:
            if s.role != role or not begin <= s.t_s < begin + length:
                held = s if s.role == role else held
                changed.append(s)
            elif what == "frozen" and held is not None:
                changed.append(replace(held, t_ns=s.t_ns))
            elif what == "noisy":
                changed.append(replace(s, accel_g=tuple(rng.normal(0, 3, 3).tolist())))
            elif what == "reset":
                changed.append(replace(s, accel_g=(0.0, 0.0, 0.0), gyro_dps=(0.0, 0.0, 0.0)))
            elif what == "late":
                changed.append(replace(s, t_ns=max(0, s.t_ns - 300_000_000)))
            elif what == "swapped":
                changed.append(replace(s, role=T if role == P else P))
            elif what == "clipped":
                changed.append(replace(s, accel_g=(8.0, -8.0, 8.0), gyro_dps=(1000.0, -1000.0, 1000.0)))
        out = changed
    return out


@pytest.mark.parametrize("block", range(20))
def test_two_hundred_fault_scripts(block) -> None:
    for seed in range(10 * block, 10 * block + 10):
        rng = np.random.default_rng(seed)
        lift = replace(ROUND if seed % 2 else FLAT, repetitions=2, rate_hz=50.0, stand_s=1.5)
        body = simulate(lift, rng)
        right = Kind.FLEXION if seed % 2 else Kind.HINGE
        _, bends = judged(body, camera=seed % 4 < 2, samples=scrambled(body.samples(), rng), frame_s=1 / 15)
        assert all(np.isfinite([b.bottom_s, b.confidence]).all() for b in bends)
        if seed % 4 < 2:
            assert len(bends) >= 2  # the camera saw them all
            wrong = {Kind.HINGE, Kind.FLEXION} - {right}
            assert not wrong & {b.kind for b in bends}
