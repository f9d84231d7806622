from __future__ import annotations

import pytest

from hingecue.sense.exposure import LONGEST_US, NOISE_GAIN, Exposure, blur_px, opening_controls

KNOWN = {"ExposureTime", "AnalogueGain", "AeExposureMode", "FrameDurationLimits"}


def told(time_us: float, gain: float, digital: float | None = None) -> dict[str, float]:
    metadata = {"ExposureTime": time_us, "AnalogueGain": gain, "Lux": 120.0}
    return metadata if digital is None else metadata | {"DigitalGain": digital}


def test_the_longest_exposure_smears_a_fast_lift_by_less_than_three_pixels() -> None:
    assert blur_px(LONGEST_US) == pytest.approx(2.8, abs=0.05)
    assert blur_px(33_333) > 9
    # the landmark model sees the 480 lines as 256
    assert blur_px(LONGEST_US) * 256 / 480 < 1.5


def test_the_longest_exposure_is_one_flicker_of_a_lamp() -> None:
    assert LONGEST_US == 1_000_000 / (2 * 50)


def test_the_rate_and_the_short_mode_are_asked_for_where_they_are_known() -> None:
    assert opening_controls(KNOWN, 30) == {"FrameDurationLimits": (33333, 33333), "AeExposureMode": 1}
    assert opening_controls({"FrameDurationLimits"}, 15) == {"FrameDurationLimits": (66667, 66667)}
    assert opening_controls({"Brightness"}, 30) == {}


def test_automatic_exposure_is_left_alone_while_it_is_short() -> None:
    exposure = Exposure(KNOWN)
    assert [exposure.see(told(t, 1.0)) for t in (100, 5_000, LONGEST_US)] == [{}, {}, {}]
    assert not exposure.dark


def test_a_long_exposure_is_held_once_and_let_go_in_the_light() -> None:
    exposure = Exposure(KNOWN)
    assert exposure.see(told(20_000, 1.5)) == {"ExposureTime": LONGEST_US}
    assert exposure.see(told(20_000, 1.5)) == {}  # on its way
    assert exposure.see(told(9_995, 3.0)) == {}
    assert exposure.see(told(9_995, 1.0)) == {"ExposureTime": 0}
    assert exposure.see(told(6_000, 1.0)) == {}
    assert exposure.see(told(20_000, 1.0)) == {"ExposureTime": LONGEST_US}


def test_light_of_before_the_hold_does_not_end_it() -> None:
    exposure = Exposure(KNOWN)
    exposure.see(told(12_000, 1.0))
    assert exposure.see(told(LONGEST_US, 1.3)) == {}


def test_dark_is_when_time_and_gain_are_both_at_their_limits() -> None:
    exposure = Exposure(KNOWN)
    seen = []
    for metadata in (
        told(5_000, NOISE_GAIN),
        told(LONGEST_US, NOISE_GAIN - 0.1),
        told(LONGEST_US, NOISE_GAIN),
        told(LONGEST_US, 0.8 * NOISE_GAIN),
        told(LONGEST_US, 0.7 * NOISE_GAIN),
        told(LONGEST_US, 0.8 * NOISE_GAIN),
        told(LONGEST_US, NOISE_GAIN / 2, digital=2.0),
    ):
        exposure.see(metadata)
        seen.append(exposure.dark)
    assert seen == [False, False, True, True, False, False, True]


def test_a_camera_whose_time_cannot_be_set_is_still_called_dark() -> None:
    exposure = Exposure({"Brightness"})
    assert exposure.see(told(33_000, NOISE_GAIN)) == {}
    assert exposure.dark


@pytest.mark.parametrize("metadata", [{}, {"ExposureTime": 30_000}, {"AnalogueGain": 9.0}])
def test_a_camera_that_tells_nothing_is_left_alone(metadata: dict[str, float]) -> None:
    exposure = Exposure(KNOWN)
    assert exposure.see(metadata) == {}
    assert not exposure.dark
