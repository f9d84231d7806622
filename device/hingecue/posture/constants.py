"""The thresholds of judgement: each with a unit, a reason and a source.

"biomechanics" is the review of the literature behind CONTRACT §2; "our clips" are measurements on films of our own.
"""

from __future__ import annotations

from typing import Final

# --- the bands of CONTRACT §2, in flexion share (spinal flexion ÷ own largest) ------------------------------------
NEUTRAL_SHARE_MAX: Final = 0.55
"""Good lifters stay under it: 20–62 % of their largest flexion at the bottom of a deadlift (biomechanics A2)."""
FLEXION_SHARE_MIN: Final = 0.70
"""Published devices cue at 70 % (PostureCoach) and 80 % (AUT) of the wearer's own maximum (biomechanics A3)."""
KIND_PROBABILITY_MIN: Final = 0.70
"""A kind is given from here on (CONTRACT §2)."""
DEFAULT_FLEXION_MAX_DEG: Final = 60.0
"""The largest spinal flexion of a person who has not been calibrated (CONTRACT §1)."""

# --- hinge or squat ----------------------------------------------------------------------------------------------
SQUAT_KNEE_PER_TRUNK: Final = 2.4
"""Knee flexion ÷ trunk inclination of a squat. Kettlebell deadlifts with bent knees stay under 2.1, a goblet or
box squat stands over 2.7 (our clips)."""
SQUAT_KNEE_MIN_DEG: Final = 80.0
"""A squat bends the knees deeply (CONTRACT §2); under it the bend is a hinge with soft knees (our judgement)."""
KNEE_SD_DEG: Final = 9.0
"""How far the near knee's angle errs from frame to frame and from clip to clip (our clips)."""

# --- bends -------------------------------------------------------------------------------------------------------
START_RISE_DEG: Final = 15.0
"""The trunk has left standing for good (biomechanics E4)."""
START_FOOT_DEG: Final = 8.0
"""The start is dated back to where the trunk was last this close to standing (biomechanics E4)."""
END_SHARE: Final = 0.25
"""A bend is over when the trunk is back within this share of its range (biomechanics E4)…"""
END_RISE_DEG: Final = 10.0
"""… or within this many degrees of where it began."""
TURN_DEG: Final = 8.0
"""The trunk has turned at the bottom or the top when it has come back by this much …"""
TURN_SHARE: Final = 0.30
"""… or by this share of the range, whichever is more: a pumped bar at the bottom is not a new bend."""
RANGE_MIN_DEG: Final = 25.0
"""A smaller excursion is fidgeting, not a bend (biomechanics E4)."""
DURATION_MIN_S: Final = 0.6
"""A body that is bent for less than this is a jump of the landmarks, not a bend (biomechanics E4; the fastest
kettlebell swing takes 0.7 s down)."""
BENT_FROM_DEG: Final = 35.0
"""A film whose first frames show more than this begins at the bottom."""
PAUSE_RATE_DEG_S: Final = 12.0
"""A trunk slower than this rests at the bottom."""
HISTORY_MAX_S: Final = 60.0
"""What is remembered of one bend; a longer stay at the bottom is thinned, not forgotten."""

# --- sets and roles ----------------------------------------------------------------------------------------------
SET_GAP_MAX_S: Final = 12.0
"""Bends with smaller gaps belong to one set (CONTRACT §1)."""
ODD_SHAPE_DEG: Final = 20.0
"""A pick-up or a set-down differs from the set's median by this much in trunk, hip or knee (our clips)."""
ODD_STAY_FACTOR: Final = 2.5
"""… or stays at the bottom this many times as long as the others …"""
ODD_STAY_S: Final = 1.0
"""… and at least this long."""

# --- what may be believed ----------------------------------------------------------------------------------------
VISIBLE_MIN: Final = 0.5
"""A joint under this visibility is guessed by the landmark model, not seen."""
VIEW_SIDE_MAX_DEG: Final = 30.0
"""Up to this angle off the side the view is called a side view (our judgement: a camera set up by eye)."""
VIEW_READABLE_MAX_DEG: Final = 35.0
"""The spine is read up to this estimated angle off the side. The estimate errs by about 8°, and the reading's own error
grows from 30° on; rendered bodies."""
VIEW_FRONT_MIN_DEG: Final = 60.0
"""From here on the view is from the front or the back."""
SHALLOW_DEG: Final = 35.0
"""A shallower bend does not show whether the person hinges (biomechanics E5)."""
UNSEEN_HINGE_DEG: Final = 50.0
"""Without a camera the knees are not known; squats lean less than this, 33 to 48° in our recordings."""
FLEXION_WINDOW_S: Final = 0.25
"""Half the window over which spinal flexion is smoothed: a robust mean, not a single frame."""
SPINE_FRAMES_MIN: Final = 3
"""A smoothed reading needs so many frames; a bend without readings in fewer than twice as many was too fast to see."""

# --- standing ----------------------------------------------------------------------------------------------------
STANDING_TRUNK_MAX_DEG: Final = 20.0
"""A trunk within this of the vertical, and still, may be standing."""
STANDING_HIP_MAX_DEG: Final = 40.0
"""… with hips about straight."""
STANDING_RATE_MAX_DEG_S: Final = 15.0
"""… and slow."""
