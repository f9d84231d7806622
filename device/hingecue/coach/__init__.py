"""From bends to cues. Pure, like posture."""
