"""Programs of the system that answer what a test wants: real files on a real PATH."""

from __future__ import annotations

import os


class Programs:
    """Put programs into a folder that PATH begins with; `only` leaves nothing else on it but sh."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self._monkeypatch = monkeypatch
        folder.mkdir(exist_ok=True)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def only(self):
        self._monkeypatch.setenv("PATH", str(self.folder))

    def put(self, name, script):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)

    def says(self, name, text, status=0):
        (self.folder / f"{name}.txt").write_text(text, "utf-8")
        self.put(name, f'echo "$@" >> {self.folder}/{name}.asked\n/bin/cat {self.folder}/{name}.txt\nexit {status}')

    def asked(self, name):
        return (self.folder / f"{name}.asked").read_text("utf-8")
