"""Films whose reader tells nonsense: absurd rates, useless times, damaged frames."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import cv2
import pytest

from hingecue.errors import InputFault
from hingecue.sense.video import VideoSource

if TYPE_CHECKING:
    from conftest import MakeFilm, OddCapture


@pytest.mark.parametrize(("meta", "size"), [(0.0, (640, 240)), (90.0, (320, 480))])
def test_pixels_that_are_not_square_are_set_right(
    make_film: MakeFilm, odd: type[OddCapture], meta: float, size: tuple[int, int]
) -> None:
    odd.props = {cv2.CAP_PROP_SAR_NUM: 2.0, cv2.CAP_PROP_SAR_DEN: 1.0, cv2.CAP_PROP_ORIENTATION_META: meta}
    source = VideoSource(make_film(frames=2))
    assert [frame.rgb.shape[1::-1] for frame in source] == [size] * 2
    assert (source.info.width, source.info.height) == size


@pytest.mark.parametrize("told", [0.0, math.nan, 1000.0, 90000.0])
def test_an_absurd_rate_is_replaced_by_the_measured_one(
    make_film: MakeFilm, odd: type[OddCapture], told: float
) -> None:
    odd.props = {cv2.CAP_PROP_FPS: told}
    source = VideoSource(make_film(fps=25, frames=50))
    assert [frame.t_s for frame in source][25] == pytest.approx(1.0)
    assert source.info.fps == pytest.approx(25)
    assert "its frame times say 25" in source.warnings[0]


@pytest.mark.parametrize("stamp", [0.0, math.nan, lambda at: -33.0 * at])
def test_useless_times_are_replaced_by_a_count(make_film: MakeFilm, odd: type[OddCapture], stamp: Any) -> None:
    odd.props = {cv2.CAP_PROP_POS_MSEC: stamp}
    source = VideoSource(make_film(fps=25, frames=50))
    assert [frame.t_s for frame in source][25] == pytest.approx(1.0)
    assert "frames are counted at 25 a second, as the film says" in source.warnings[0]


def test_variable_times_are_used_as_they_are(make_film: MakeFilm, odd: type[OddCapture]) -> None:
    odd.props = {cv2.CAP_PROP_POS_MSEC: lambda at: 40.0 * at + (200.0 if at >= 40 else 0.0)}
    source = VideoSource(make_film(fps=25, frames=50))
    times = [frame.t_s for frame in source]
    assert times[40] - times[39] == pytest.approx(0.24)
    assert source.duration_s == pytest.approx(2.2)
    assert source.warnings == []


def test_times_that_run_back_later_are_set_right_and_told(make_film: MakeFilm, odd: type[OddCapture]) -> None:
    odd.props = {cv2.CAP_PROP_POS_MSEC: lambda at: 40.0 * (at if at < 40 else 0)}
    source = VideoSource(make_film(fps=25, frames=50))
    times = [frame.t_ns for frame in source]
    assert all(before < after for before, after in pairwise(times))
    assert source.warnings == ["10 frames had times that ran back or jumped; they were set right"]


def test_damaged_frames_are_left_out_and_told(make_film: MakeFilm, odd: type[OddCapture], monkeypatch: Any) -> None:
    monkeypatch.setattr(odd, "lame", frozenset({0, 3}))
    source = VideoSource(make_film(frames=10))
    assert [frame.index for frame in source] == [1, 2, 4, 5, 6, 7, 8, 9]
    assert (source.frames, source.frames_analyzed) == (10, 8)
    assert source.warnings == ["2 frames were damaged and left out"]


@pytest.mark.parametrize("count", [-9.2e18, math.nan, 0.0])
def test_a_frame_count_of_nonsense_is_not_known(make_film: MakeFilm, odd: type[OddCapture], count: float) -> None:
    odd.props = {cv2.CAP_PROP_FRAME_COUNT: count}
    source = VideoSource(make_film(frames=5))
    assert source.info.frames_total is None
    assert source.duration_s is None
    assert len(list(source)) == 5
    assert source.duration_s == pytest.approx(5 / 30)


def test_a_film_without_frames_is_a_fault(make_film: MakeFilm, odd: type[OddCapture], monkeypatch: Any) -> None:
    monkeypatch.setattr(odd, "grab", lambda _self: False)
    path = make_film()
    with pytest.raises(InputFault) as caught:
        VideoSource(path)
    found = caught.value
    assert found.code == "video_no_frames"
    assert "no frame could be read" in str(found)
