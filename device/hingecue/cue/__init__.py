"""From a cue pattern to what the lifter feels, sees or hears."""
