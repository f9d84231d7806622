"""Stores one bend after the other on a card, and says each one that is on the disk; somebody cuts the power."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.fakes.bend import a_bend

from hingecue.store.session import SessionStore

with SessionStore(Path("/run/data/sessions.db")) as store:
    session = store.begin("power cut", None)
    number = 0
    while True:
        number += 1
        store.add_bend(session, a_bend(number))
        store._submit(("SELECT 1", ())).result(10.0)  # comes after the bend in the writer's queue
        sys.stdout.write(f"{session} {number}\n")
        sys.stdout.flush()
        time.sleep(0.005)
