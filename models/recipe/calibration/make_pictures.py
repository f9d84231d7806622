#!/usr/bin/env python3
"""Cut the calibration sheet, pictures.png: four crops, 256 pixels square, of one photo in the public domain.

The photo is Eileen Collins by NASA, shipped in scikit-image as `data.astronaut()` (public domain). The sheet
is kept in the repository, so this is needed only to change it: `pip install scikit-image`, run this, then
`make models ARGS=--calibrate`.

Measured on 140 gym photos (median distance quantised to float, % of the torso, lite / full): one crop
2.39 / 1.58, two 2.28 / 1.58, these four 2.30 / 1.59, ten with turns, blur and darkness 2.30 / 1.67.
More pictures gain nothing.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from skimage import data

EDGE = 256
CROPS = ((0, 0, 512, False), (90, 0, 300, True), (30, 0, 420, False), (0, 80, 430, True))
"""Left, top and edge in the photo, and whether the crop is mirrored."""


def main() -> None:
    """Write the sheet next to this script."""
    photo = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    tiles = []
    for left, top, edge, mirrored in CROPS:
        cut = photo[top : top + edge, left : left + edge]
        tile = cv2.resize(cut, (EDGE, EDGE), interpolation=cv2.INTER_AREA)
        tiles.append(tile[:, ::-1] if mirrored else tile)
    cv2.imwrite(str(Path(__file__).with_name("pictures.png")), np.hstack(tiles))


if __name__ == "__main__":
    main()
