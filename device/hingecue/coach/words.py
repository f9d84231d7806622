"""What a person is told for each kind and role: plain words, no blame (CONTRACT §3)."""

from __future__ import annotations

from typing import Final

from hingecue.types import Kind, Role

KIND_WORDS: Final = {
    Kind.HINGE: "hip hinge",
    Kind.SQUAT: "squat",
    Kind.FLEXION: "rounded back",
    Kind.MIXED: "in between",
    Kind.UNSURE: "not sure",
}
"""The kind of one bend, as a short label."""

ROLE_WORDS: Final = {
    Role.REPETITION: "repetition",
    Role.SINGLE: "single bend",
    Role.SETUP: "setup",
    Role.SET_DOWN: "set-down",
}
"""The role of one bend, as a short label."""


def counted(count: int, one: str, many: str) -> str:
    """`1 bend`, `2 bends`."""
    return f"{count} {one if count == 1 else many}"
