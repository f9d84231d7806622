"""The shape of the store, one numbered step after the other. A step that was released is never edited."""

from __future__ import annotations

from typing import Final

_001_SESSIONS = """
CREATE TABLE sessions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    started_utc   TEXT,               -- ISO 8601, UTC; NULL until the clock is known to be right
    start_ns      INTEGER NOT NULL,   -- CLOCK_MONOTONIC
    end_ns        INTEGER,            -- CLOCK_MONOTONIC; NULL until finished
    source        TEXT NOT NULL,
    app_version   TEXT NOT NULL,
    view          TEXT,
    bends         INTEGER,            -- these seven: NULL until finished
    repetitions   INTEGER,
    hinge         INTEGER,
    squat         INTEGER,
    flexion       INTEGER,
    mixed         INTEGER,
    unsure        INTEGER
) STRICT;

CREATE TABLE bends (
    session_id        INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    "index"           INTEGER NOT NULL,
    role              TEXT NOT NULL,
    start_s           REAL,
    bottom_s          REAL NOT NULL,
    end_s             REAL,
    kind              TEXT NOT NULL,
    confidence        REAL NOT NULL,
    reasons           TEXT NOT NULL,  -- JSON array of words
    trunk_deg         REAL,
    hip_deg           REAL,
    knee_deg          REAL,
    spine_flexion_deg REAL,
    spine_sd_deg      REAL,
    flexion_share     REAL,
    spine_source      TEXT NOT NULL,
    down_s            REAL,
    pause_s           REAL,
    up_s              REAL,
    view              TEXT NOT NULL,
    facing            TEXT,
    PRIMARY KEY (session_id, "index")
) STRICT, WITHOUT ROWID;

CREATE TABLE cues (
    session_id  INTEGER NOT NULL,
    bend_index  INTEGER NOT NULL,
    position    INTEGER NOT NULL,     -- 0, 1, … in the order given
    t_s         REAL NOT NULL,
    pattern     TEXT NOT NULL,
    latency_ms  REAL,
    PRIMARY KEY (session_id, bend_index, position),
    FOREIGN KEY (session_id, bend_index) REFERENCES bends (session_id, "index") ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
"""

_002_CALIBRATION = """
CREATE TABLE calibration (            -- history: a row is added each time, none is changed
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    profile          TEXT NOT NULL,
    made_utc         TEXT,            -- ISO 8601, UTC; NULL when the clock is not known to be right
    flexion_max_deg  REAL,            -- NULL with one sensor
    camera_max_deg   REAL,            -- NULL without a camera
    chord_share      REAL NOT NULL,
    touches          INTEGER NOT NULL,
    swapped          INTEGER NOT NULL, -- 0 or 1
    zero             TEXT NOT NULL,   -- JSON: role → [x, y, z], unit vector
    axis             TEXT NOT NULL,   -- JSON: role → [x, y, z], unit vector
    notes            TEXT NOT NULL    -- JSON array of sentences
) STRICT;

CREATE INDEX calibration_by_profile ON calibration (profile, id);
"""

_003_FAULTS = """
CREATE TABLE faults (                 -- one row a fault and place, so that a crash loop cannot fill the card
    code         TEXT NOT NULL,
    place        TEXT NOT NULL,
    sentence     TEXT NOT NULL,       -- as it was told the last time
    times        INTEGER NOT NULL,
    first_utc    TEXT,                -- ISO 8601, UTC; NULL while the clock was not known to be right
    last_utc     TEXT,
    app_version  TEXT NOT NULL,       -- of the last time
    PRIMARY KEY (code, place)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: Final = (_001_SESSIONS, _002_CALIBRATION, _003_FAULTS)
"""`MIGRATIONS[n]` leads from format n to format n + 1; the format is SQLite's `PRAGMA user_version`."""
