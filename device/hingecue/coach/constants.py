"""The coach's numbers, each with its unit and where it comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class PatternName(StrEnum):
    """What a cue says; the pulses that say it stand in `cue/patterns.py`."""

    EARLY = "early"
    AFTER = "after"
    GOOD = "good"


CUE_PROBABILITY: Final = 0.80
"""Probability (0…1) from which a cue is fired: CONTRACT §2. Higher than the 0.70 that names a kind, because a
cue in the middle of a lift cannot be taken back."""

CORRECTIVE_GAP_S: Final = 2.0
"""Shortest time in seconds between two corrective cues: research/biomechanics C4, cues that do not annoy."""
