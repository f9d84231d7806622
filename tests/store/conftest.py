import pytest
from tests.fakes.bend import a_bend

from hingecue.types import Cue, Kind, Reason, Role, SpineSource, View


@pytest.fixture
def bends():
    """Three bends that between them hold every kind of cell: known, unknown, words, several cues."""
    return [
        a_bend(1, cues=(Cue(6.5, "good", 41.25),)),
        a_bend(
            2,
            kind=Kind.FLEXION,
            spine_source=SpineSource.CAMERA_PELVIS,
            cues=(Cue(8.9, "early", None), Cue(10.5, "after", 12.0)),
        ),
        a_bend(
            3,
            role=Role.SET_DOWN,
            kind=Kind.UNSURE,
            confidence=0.0,
            reasons=(Reason.ARM_OVER_BACK, Reason.LOW_LIGHT),
            start_s=None,
            end_s=None,
            trunk_deg=None,
            hip_deg=None,
            knee_deg=None,
            spine_flexion_deg=None,
            spine_sd_deg=None,
            flexion_share=None,
            down_s=None,
            pause_s=None,
            up_s=None,
            view=View.UNKNOWN,
            facing=None,
        ),
    ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hinge cue #1" / "sessions.db"
