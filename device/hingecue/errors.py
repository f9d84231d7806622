"""The fault tree: every fault names what went wrong, where, and what to do about it."""

from __future__ import annotations


class Fault(Exception):
    """One thing that a user can understand and mend.

    `code` is a stable word for programs, `where` the file, line or part, `what` what is the matter
    and `try_this` what to do. `str(fault)` is the one sentence that is shown everywhere.
    """

    def __init__(self, code: str, *, where: str, what: str, try_this: str) -> None:
        self.code = code
        self.where = where
        self.what = what
        self.try_this = try_this
        super().__init__(f"{where}: {what}; {try_this}")


class InputFault(Fault):
    """A picture, a film or a recording that cannot be used as it is."""


class ModelFault(Fault):
    """A model file that is missing or is not the one that the manifest names."""


class StoreFault(Fault):
    """The session store cannot be read or written."""


class DeviceFault(Fault):
    """A part of the device that is absent or misbehaves; `blinks` is its number on the status LED."""

    def __init__(self, code: str, *, where: str, what: str, try_this: str, blinks: int) -> None:
        self.blinks = blinks
        super().__init__(code, where=where, what=what, try_this=try_this)
