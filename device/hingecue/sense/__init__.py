"""The sources of frames and samples: photos, films, recordings, a live camera.

The native libraries below OpenCV write to stderr by themselves. They are told to be silent here, before
`cv2` is loaded, because a user is shown one sentence per fault and it is ours. FFmpeg may open files, never
the network: a film that is in truth a playlist must not fetch anything. What the user has set in the
environment stays.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
