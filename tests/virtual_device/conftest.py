"""What every test of the virtual device needs: a kernel that was built, and lgpio."""

from __future__ import annotations

import os

import pytest

from tests.virtual_device.boot import Guest, kernel, libraries


def missing() -> str:
    """Give one sentence that says why the virtual device cannot boot; empty where it can."""
    if kernel() is None:
        return "the kernel of the virtual device is not built; run: make virtual-test"
    if not (libraries() / "lgpio.py").exists():
        return "lgpio for the virtual device is not there; run: make virtual-test"
    return ""


@pytest.fixture
def guest(tmp_path):
    """A machine that is switched off."""
    if not os.environ.get("HINGECUE_VIRTUAL"):
        pytest.skip("a boot wants a quiet machine; `make virtual-test` boots the virtual device")
    if why := missing():
        pytest.fail(why)
    return Guest(tmp_path)


@pytest.fixture
def times() -> int:
    """How often each fault is let befall the device: TIMES, default 1."""
    return int(os.environ.get("TIMES", "1"))
