"""HingeCue: a posture coach on the wall that tells a hip hinge from a rounded back."""

__version__ = "0.1.0"
