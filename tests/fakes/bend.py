"""A bend with every field known, to be changed by name."""

from hingecue.types import Bend, Facing, Kind, Role, SpineSource, View


def a_bend(index=1, **changes):
    values = {
        "index": index,
        "role": Role.REPETITION,
        "start_s": 4.0 * index,
        "bottom_s": 4.0 * index + 1.25,
        "end_s": 4.0 * index + 2.5,
        "kind": Kind.HINGE,
        "confidence": 0.92,
        "reasons": (),
        "trunk_deg": 71.5,
        "hip_deg": 95.25,
        "knee_deg": 24.0,
        "spine_flexion_deg": 21.0,
        "spine_sd_deg": 6.5,
        "flexion_share": 0.35,
        "spine_source": SpineSource.CAMERA,
        "down_s": 1.2,
        "pause_s": 0.1,
        "up_s": 1.2,
        "view": View.SIDE,
        "facing": Facing.LEFT,
        "cues": (),
    }
    return Bend(**(values | changes))
