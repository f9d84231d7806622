"""Composition: the command line, the loop, replay, check and bench."""
