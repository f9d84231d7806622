"""The doctor: one part of the device a file. What touches native libraries is looked at in a process of its own."""
