"""Fusing shares of what can know the spine: weights, doubts, names, and what is left when parts go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecue.posture.fusion import (
    CAMERA_PELVIS_SD_DEG,
    CHORD_SHARE,
    WORN_FAST_SD_DEG,
    WORN_SD_DEG,
    WornScale,
    fuse,
    worn_trunk_deg,
)
from hingecue.posture.kind import Bands
from hingecue.posture.worn import WornState
from hingecue.types import Reason, SensorRole, SpineReading, SpineSource

BANDS, SCALE = Bands(), WornScale()
CAMERA = SpineReading(50.0, 12.0, 5.0)
BOTH = WornState(1.0, pelvis_deg=30.0, thorax_deg=72.0)
PELVIS = WornState(1.0, pelvis_deg=30.0)
TRUNK = 30.0 + CHORD_SHARE * 42.0


def test_without_sensors_the_camera_speaks_alone() -> None:
    assert fuse(CAMERA, 60.0, None, BANDS, SCALE) is CAMERA
    assert fuse(None, 60.0, None, BANDS, SCALE) is None


def test_every_source_has_its_name_and_the_sd_grows_as_sensors_go() -> None:
    fused = fuse(CAMERA, TRUNK, BOTH, BANDS, SCALE)
    worn = fuse(None, None, BOTH, BANDS, SCALE)
    one = fuse(CAMERA, TRUNK, PELVIS, BANDS, SCALE)
    assert [r.source for r in (fused, worn, one)] == [
        SpineSource.FUSED,
        SpineSource.WORN,
        SpineSource.CAMERA_PELVIS,
    ]
    assert worn.flexion_deg == pytest.approx(42.0)
    assert fused.sd_deg < worn.sd_deg == WORN_SD_DEG < one.sd_deg < CAMERA_PELVIS_SD_DEG < CAMERA.sd_deg
    assert fused.view_deg is None
    assert one.view_deg == 5.0
    assert all(r.reasons == () for r in (fused, worn, one))


def test_the_thorax_alone_leaves_the_spine_to_the_camera() -> None:
    thorax = WornState(1.0, thorax_deg=70.0)
    assert fuse(CAMERA, 60.0, thorax, BANDS, SCALE) is CAMERA
    assert fuse(None, None, thorax, BANDS, SCALE).reasons == (Reason.SENSOR_GAP,)
    blind = SpineReading(None, None, 50.0, (Reason.LOW_LIGHT,))
    assert fuse(blind, 60.0, thorax, BANDS, SCALE).reasons == (Reason.LOW_LIGHT, Reason.SENSOR_GAP)
    assert fuse(None, None, WornState(1.0, zeroed=False), BANDS, SCALE).reasons == (Reason.NOT_CALIBRATED,)


def test_a_camera_that_cannot_know_is_left_out_with_its_doubts() -> None:
    for doubtful in (replace(CAMERA, reasons=(Reason.ARM_OVER_BACK,)), replace(CAMERA, view_deg=60.0)):
        reading = fuse(doubtful, None, BOTH, BANDS, SCALE)
        assert reading.source is SpineSource.WORN
        assert reading.reasons == ()
    oblique = fuse(replace(CAMERA, view_deg=60.0), TRUNK, PELVIS, BANDS, SCALE)
    assert oblique.source is SpineSource.CAMERA  # its trunk is drawn askew too


def test_what_contradicts_itself_says_so() -> None:
    flat = replace(CAMERA, flexion_deg=-20.0, sd_deg=8.0)
    assert Reason.SENSORS_DISAGREE in fuse(flat, TRUNK, BOTH, BANDS, SCALE).reasons
    assert fuse(CAMERA, TRUNK, BOTH, replace(BANDS, calibrated=True), replace(SCALE, calibrated=True)).reasons == ()


def test_speed_and_the_lack_of_a_gyro_cost() -> None:
    assert fuse(None, None, replace(BOTH, rate_dps=200.0), BANDS, SCALE).sd_deg == WORN_FAST_SD_DEG
    crude = fuse(None, None, replace(BOTH, gyro=False, too_fast=True), BANDS, SCALE)
    assert crude.sd_deg == WORN_FAST_SD_DEG
    assert crude.reasons == (Reason.TOO_FAST,)


@given(
    camera=st.floats(-20, 90),
    sd=st.floats(2, 20),
    pelvis=st.floats(-10, 80),
    lumbar=st.floats(-20, 80),
    scale=st.floats(30, 90),
)
def test_the_mean_lies_between_and_is_surer_than_each(camera, sd, pelvis, lumbar, scale) -> None:
    worn = WornState(0.0, pelvis_deg=pelvis, thorax_deg=pelvis + lumbar)
    reading = fuse(SpineReading(camera, sd, 0.0), None, worn, BANDS, WornScale(scale))
    shares = camera / BANDS.flexion_max_deg, lumbar / scale
    share = reading.flexion_deg / scale
    assert min(shares) - 1e-9 <= share <= max(shares) + 1e-9
    assert reading.sd_deg <= min(sd / BANDS.flexion_max_deg * scale, WORN_SD_DEG) + 1e-9
    assert reading.max_deg == scale


def test_the_trunk_from_sensors() -> None:
    assert worn_trunk_deg(BOTH, SCALE) == pytest.approx(TRUNK)
    assert worn_trunk_deg(PELVIS, SCALE) is None
    assert worn_trunk_deg(WornState(0.0, thorax_deg=40.0), SCALE) == 40.0
    assert WornState(0.0, lost=(SensorRole.PELVIS,)).reasons == (Reason.SENSOR_GAP,)
