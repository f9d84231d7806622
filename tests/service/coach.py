"""The coach as a service in a box: installed as its README says, looked at, and its camera."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import cv2

from tests.service.box import BoxError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.service.box import Box

T = TypeVar("T")
Stored: TypeAlias = tuple[int, int, float | None, float | None]

UNIT = "hingecue.service"
CAMERA = "/dev/video0"
FEEDER = "camera-wire.service"
STATE = "/var/lib/hingecue"
DATABASE = f"{STATE}/sessions.db"
ROUNDS = 500
"""How often the film is played: eight hours of the bundled one."""
PICTURES = 600
"""How many pictures the camera that can fall silent has, 24 s of them."""
ABSENT = ("udevadm", "NetworkManager")
"""What the README asks of daemons that cannot run in namespaces, or need not be there."""

# Gives pictures as fast as they are fetched, to whoever opens the node, from the first one on.
_FEED = """
import sys
while True:
    try:
        with open(sys.argv[1], "wb") as wire, open(sys.argv[2], "rb") as film:
            while part := film.read(4096):
                wire.write(part)
    except BrokenPipeError:
        pass
"""
_BENDS = """
import json, sqlite3, sys
from contextlib import closing
with closing(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10)) as db:
    (finding,) = db.execute("PRAGMA integrity_check").fetchone()
    rows = db.execute('SELECT session_id, "index", start_s, bottom_s FROM bends').fetchall()
    (open_ones,) = db.execute("SELECT count(*) FROM sessions WHERE end_ns IS NULL").fetchone()
print(json.dumps([finding, rows, open_ones]))
"""


class Kept(NamedTuple):
    """What the store has: whether it is whole, (session, index, start, bottom) of bends, and unfinished sessions."""

    whole: str = "ok"
    bends: frozenset[Stored] = frozenset()
    unfinished: int = 0


class Coach:
    """The service in a box that is up."""

    def __init__(self, box: Box) -> None:
        self.box = box

    # Before it runs.

    def install(self) -> None:
        """Install it word for word as systemd/README.md says, and put a camera there. It is not started yet."""
        folder = self.box.checkout / "systemd"
        files, commands = readme(folder / "README.md")
        for name, place in files.items():
            target = self.box.root / place.lstrip("/")
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, target)
        for command in commands:
            if not any(absent in command for absent in ABSENT):
                self.box.run("sh", "-c", command.replace("enable --now", "enable"))
        (self.box.root / "dev/film.list").write_text("ffconcat version 1.0\n" + "file film.mp4\n" * ROUNDS, "utf-8")
        self._give("/dev/film.list")
        self.plug()

    def plug(self) -> None:
        """Put a camera where the service looks for it: the film that plays again and again."""
        self.box.run("ln", "/dev/film.list", CAMERA)

    def unplug(self) -> None:
        """Take the camera away. Who has opened it goes on."""
        (self.box.root / CAMERA.lstrip("/")).unlink()

    def plug_wire(self) -> None:
        """Put a camera there that gives one picture after the other as they are fetched, and can fall silent."""
        pictures = self.box.root / "dev/film.mjpeg"
        if not pictures.exists():
            as_pictures(self.box.film, pictures)
        self.box.run("mkfifo", CAMERA)
        self._give(CAMERA)
        words = ("/opt/hingecue/bin/python", "-c", _FEED, CAMERA, "/dev/film.mjpeg")
        self.box.run("systemd-run", f"--unit={FEEDER}", "--collect", *words)

    def silence_wire(self) -> None:
        """Let the camera that `plug_wire` put there fall silent, and its node go: what pulling the cable does."""
        self.box.run("systemctl", "kill", "--signal=STOP", FEEDER)
        (self.box.root / CAMERA.lstrip("/")).unlink()

    def end_wire(self) -> None:
        """End what fed the camera that fell silent."""
        self.box.run("systemctl", "kill", "--signal=KILL", FEEDER)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.box.run("systemctl", "start", "--no-block", UNIT)
        self.until("it is ready", self.ready)

    def stop(self) -> None:
        """Stop it and wait until it has ended."""
        self.box.run("systemctl", "stop", UNIT)

    # While it runs.

    def show(self, name: str) -> str:
        """Give one property of the service, as systemd sees it."""
        return self.box.ask("systemctl", "show", "--value", f"--property={name}", UNIT)

    def ready(self) -> int:
        """Give the process while the service is up; 0 while it is not."""
        state, pid = self.show("SubState"), int(self.show("MainPID") or 0)
        return pid if state == "running" else 0

    def journal(self, *options: str) -> str:
        """Give what the journal has of the service, without times."""
        return self.box.ask("journalctl", "--output=cat", f"--unit={UNIT}", *options)

    def coaching(self) -> bool:
        """Tell whether it is up and judges what its camera gives."""
        pid = self.ready()
        return bool(pid) and self.status()["state"] == "coaching" and self.ready() == pid

    def status(self) -> dict[str, object]:
        """Give the status file as anybody reads it."""
        return json.loads(self.as_user("nobody", "cat", "/run/hingecue/status.json"))

    def kept(self, database: str = DATABASE) -> Kept:
        """Look into the store as its user, as README.md says; nothing there is an empty store."""
        if not (self.box.root / database.lstrip("/")).exists():
            return Kept()
        whole, rows, unfinished = json.loads(
            self.as_user("hingecue", "/opt/hingecue/bin/python", "-c", _BENDS, database)
        )
        return Kept(whole, frozenset(map(tuple, rows)), unfinished)

    def as_user(self, user: str, *words: object) -> str:
        """Run a command as somebody else and give what it says."""
        return self.box.run("setpriv", f"--reuid={user}", f"--regid={group(user)}", "--clear-groups", *words).stdout

    def wait_for_bend(self) -> frozenset[Stored]:
        """Wait until one more bend is stored than now; give all that are."""
        before = self.kept().bends
        return self.until("one more bend is stored", lambda: self._more_than(before))

    def until(self, what: str, true: Callable[[], T]) -> T:
        """Wait until `true()` is, and give it; where it does not come about, the end of the journal says why."""
        try:
            return self.box.until(what, true)
        except BoxError as error:
            raise BoxError(f"{error}\n{self.journal('-n30')}") from error

    def _more_than(self, before: frozenset[object]) -> frozenset[Stored]:
        try:
            now = self.kept().bends
        except BoxError:  # just being made
            return frozenset()
        return now if now - before else frozenset()

    def _give(self, place: str) -> None:
        """Give a stand-in for a camera the owner that udev gives a real one."""
        self.box.run("chown", "root:video", place)
        self.box.run("chmod", "0660", place)


def group(user: str) -> str:
    """Give the first group of a user."""
    return {"nobody": "nogroup"}.get(user, user)


def readme(path: Path) -> tuple[dict[str, str], list[str]]:
    """Give what the README says: file → folder, and the commands of its first block."""
    text = path.read_text("utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    files = {name.strip().strip("`"): place.strip().strip("`") for name, place in rows}
    return files, text.split("```sh\n", 1)[1].split("```", 1)[0].splitlines()


def as_pictures(film: Path, pictures: Path) -> None:
    """Write the beginning of a film as one JPEG after the other, which needs no end to be played."""
    capture = cv2.VideoCapture(str(film))
    with pictures.open("wb") as out:
        for _ in range(PICTURES):
            read, frame = capture.read()
            if not read:
                break
            out.write(cv2.imencode(".jpg", frame)[1].tobytes())
    capture.release()
