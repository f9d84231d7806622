"""From landmarks and sensors to angles, bends and kinds. Pure: no clock, no I/O, no threads, no logging."""
