from __future__ import annotations

import cv2
import numpy as np
import pytest


def write_film(path, frames, fps=15.0):
    """Write uint8 pictures (BGR) as an MPEG-4 film."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder of the test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HINGECUE_HOME", str(folder))
    return folder


@pytest.fixture
def black(tmp_path):
    """A black film of one second."""
    return write_film(tmp_path / "schwarz ü.mp4", [np.zeros((120, 160, 3), np.uint8)] * 15)
