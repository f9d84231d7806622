from __future__ import annotations

import dataclasses
import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.bend import a_bend

from hingecue.store.picture import draw_session
from hingecue.store.plot import POINTS_MAX, Sample, open_holes, runs, thin, time_ticks, time_word
from hingecue.types import Cue, Kind, Posture, Role, SpineReading

SVG = "{http://www.w3.org/2000/svg}"


def drawn(series, bends, title="Tuesday"):
    return ET.fromstring(draw_session(series, bends, title))  # noqa: S314


def of_class(root, name):
    return [element for element in root.iter() if element.get("class") == name]


def words(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def swing(seconds=60.0, fps=30):
    """A trunk and a spine that go down and up every five seconds."""
    for n in range(int(seconds * fps)):
        t_s = n / fps
        depth = math.sin(math.pi * t_s / 5) ** 2
        yield Posture(t_s, trunk_deg=80 * depth, spine=SpineReading(20 * depth, 6.0, 5.0))


def test_a_session_shows_its_curves_its_bends_and_its_counts(bends):
    series = list(swing())
    root = drawn(series, bends)
    assert len(of_class(root, "bend")) == 3
    assert len(of_class(root, "cue")) == 3
    assert len(of_class(root, "trunk")) == len(of_class(root, "spine")) == len(of_class(root, "sd")) == 1
    said = words(root)
    assert "3 bends: 1 hip hinge, 1 with a rounded back, 1 left open." in said
    assert {"Tuesday", "1", "2", "3", "hip hinge", "rounded back", "not sure", "72°"} <= set(said)
    assert {"early cue", "cue after", "hinge cue"} <= set(said)
    assert "squat" not in said
    assert "http" not in draw_session(series, bends, "").replace("http://www.w3.org/2000/svg", "")


def test_every_bend_tells_itself(bends):
    first, second, third = (element[0].text for element in of_class(drawn([], bends), "bend"))
    assert first == "Bend 1: hip hinge, 92% sure, repetition, trunk 72°, spinal flexion 21° ± 6°"
    assert second.startswith("Bend 2: rounded back")
    assert third.startswith("Bend 3: not sure, set-down. Let your arms hang")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_figure_and_its_name(kind):
    root = drawn([], [a_bend(1, kind=kind)])
    assert of_class(root, "bend")
    plain = drawn([], [a_bend(1, kind=Kind.MIXED)])
    if kind is not Kind.MIXED:
        assert ET.tostring(root) != ET.tostring(plain)


def test_what_is_not_known_is_a_gap():
    series = [dataclasses.replace(p, trunk_deg=None, spine=None) if 20 < p.t_s < 25 else p for p in swing(40, fps=10)]
    series[5] = dataclasses.replace(series[5], spine=SpineReading(math.nan, None, None))
    root = drawn(series, [])
    assert len(of_class(root, "trunk")) == 2
    assert len(of_class(root, "spine")) == 3


def test_seconds_without_frames_are_a_gap():
    series = [p for p in swing(20) if not 6 < p.t_s < 9]
    assert len(of_class(drawn(series, []), "trunk")) == 2


def test_a_spine_without_sd_has_no_band_to_speak_of():
    series = [Posture(t / 10, trunk_deg=10.0, spine=SpineReading(12.0, None, None)) for t in range(50)]
    band = of_class(drawn(series, []), "sd")[0].get("d")
    heights = {place.split()[1].rstrip("Z") for place in band[1:].split("L")}
    assert len(heights) == 1


def test_without_a_series_the_bends_are_drawn_from_what_was_stored(bends):
    root = drawn([], bends)
    assert len(of_class(root, "trunk")) == len(of_class(root, "spine")) == len(of_class(root, "sd")) == 2
    assert words(root).count("–") == 2
    without_sd = drawn([], [a_bend(1, spine_sd_deg=None)])
    assert len(of_class(without_sd, "spine")) == 1
    assert not of_class(without_sd, "sd")


def test_a_session_without_anything_still_is_a_picture():
    root = drawn([], [])
    assert "No bends seen." in words(root)
    assert not of_class(root, "band")
    assert drawn([Posture(3.0)], []) is not None


def test_the_bands_are_in_the_persons_own_degrees_and_left_out_when_not_known():
    own = drawn([], [a_bend(1, spine_flexion_deg=30.0, flexion_share=0.5)])
    assert len(of_class(own, "band")) == 2
    assert not of_class(drawn([], [a_bend(1, flexion_share=None)]), "band")
    assert not of_class(drawn([], [a_bend(1, spine_flexion_deg=90.0, flexion_share=0.05)]), "band")


@pytest.mark.parametrize("count", [12, 20, 30, 60, 400])
def test_a_crowd_of_bends_is_drawn_whole(count):
    bends = [a_bend(n, role=Role.SINGLE) for n in range(1, count + 1)]
    for series in ([], list(swing(4.0 * count, fps=5))):
        root = drawn(series, bends)
        columns = of_class(root, "bend")
        assert len(columns) == count
        assert all(float(column.find(f"{SVG}rect").get("width")) >= 2.9 for column in columns)


def test_a_cue_of_an_unknown_pattern_is_drawn_as_a_dot():
    (cue,) = of_class(drawn([], [a_bend(1, cues=(Cue(5.0, "<new>"),))]), "cue")
    assert cue[0].text == "cue <new> at 5.0 s"


@pytest.mark.parametrize(
    "title",
    ["</text><script>alert(1)</script>", "a & b \"c\" 'd'", "null \x00 bell \x07 lone \ud800", "x" * 900, "ü 🏋"],
)
def test_a_hostile_title_stays_words(title):
    text = draw_session([], [], title)
    text.encode("utf-8")
    root = ET.fromstring(text)  # noqa: S314
    assert not list(root.iter(f"{SVG}script"))
    assert len(root.find(f"{SVG}title").text) <= 44


def test_no_word_of_blame_or_fear(bends):
    told = draw_session(list(swing()), bends, "Tuesday").lower()
    assert not [word for word in ("bad", "wrong", "danger", "injur", "poor", "fault") if word in told]


def test_a_long_session_stays_small():
    text = draw_session(list(swing(3600.0, fps=30)), [], "An hour")
    assert len(text) < 150_000


finite = st.floats(-1e4, 1e4)
samples = st.lists(st.none() | finite, max_size=200).map(
    lambda values: [Sample(n / 10, value) for n, value in enumerate(values)]
)


@given(samples, st.integers(9, 60))
def test_thinning_keeps_the_limit_the_order_and_the_extremes(series, limit):
    kept = thin(series, limit)
    assert len(kept) <= max(limit, 9)
    assert [s.t_s for s in kept] == sorted({s.t_s for s in kept})
    values = [s.value for s in series if s.value is not None]
    if values:
        left = [s.value for s in kept if s.value is not None]
        assert (min(left), max(left)) == (min(values), max(values))
    assert any(s.value is None for s in kept) == any(s.value is None for s in series)


def test_thinning_a_long_gap_leaves_a_gap():
    assert {s.value for s in thin([Sample(float(n), None) for n in range(40)], 9)} == {None}


@given(samples)
def test_runs_hold_every_known_sample_once(series):
    assert [value for run in runs(series) for _, value, _ in run] == [s.value for s in series if s.value is not None]
    assert open_holes(series) == series


@given(
    st.lists(
        st.builds(
            Posture,
            t_s=st.floats(0, 1e5),
            trunk_deg=st.none() | st.floats(-200, 400) | st.just(math.nan) | st.just(math.inf),
            spine=st.none()
            | st.builds(
                SpineReading, flexion_deg=st.none() | finite, sd_deg=st.none() | st.floats(0, 90), view_deg=st.none()
            ),
        ),
        max_size=30,
    ).map(lambda series: sorted(series, key=lambda posture: posture.t_s))
)
def test_any_series_gives_valid_xml_without_invented_numbers(series):
    text = draw_session(series, [], "any")
    ET.fromstring(text)  # noqa: S314
    assert "nan" not in text.replace("stand", "")
    assert "inf" not in text


@given(st.floats(0, 1e5), st.floats(0.01, 1e6))
def test_time_ticks_are_few_and_inside(low, span):
    ticks = time_ticks(low, low + span)
    assert len(ticks) <= 13
    assert all(low - 1e-6 * (low + span) <= tick <= low + span + 1e-6 * (low + span) for tick in ticks)


def test_times_are_written_for_people():
    assert time_word(2.5, 60) == "2.5 s"
    assert time_word(725, 3600) == "12:05"
    assert POINTS_MAX == 1500
