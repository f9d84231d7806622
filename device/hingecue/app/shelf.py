"""`hingecue sessions`, `report`, `export`: look at, draw, take out what was stored."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

from hingecue.app.answer import bend_object
from hingecue.app.live import bend_line
from hingecue.app.output import answers, put_json, put_picture
from hingecue.coach.summary import headline, say
from hingecue.errors import InputFault
from hingecue.store.picture import draw_session
from hingecue.store.reader import SessionReader

if TYPE_CHECKING:
    from argparse import Namespace

    from hingecue.config import Settings
    from hingecue.store.rows import Session


def sessions(options: Namespace, settings: Settings) -> int:
    """List the stored sessions, newest first."""
    console = answers()
    with SessionReader(settings.database) as reader:
        stored = reader.sessions()
    if not stored and not options.json:
        console.print("No session is stored yet; `hingecue demo` makes one.")
    for session in stored:
        if options.json:
            put_json(
                {
                    "session": session.id,
                    "started_utc": _when(session),
                    "source": session.source,
                    "bends": session.summary.bends,
                    "repetitions": session.summary.repetitions,
                    "hinge": session.summary.hinge,
                    "squat": session.summary.squat,
                    "flexion": session.summary.flexion,
                    "mixed": session.summary.mixed,
                    "unsure": session.summary.unsure,
                }
            )
        else:
            console.print(
                f"{session.id:>4}  {_when(session) or 'time not known':<20}  {headline(session.summary)}"
                f"  {session.source}",
                soft_wrap=True,
                markup=False,
            )
    return 0


def report(options: Namespace, settings: Settings) -> int:
    """Tell one stored session, and draw it when asked."""
    console = answers()
    with SessionReader(settings.database) as reader:
        session = _chosen(reader, options.session, settings)
        bends = reader.bends(session.id)
    for bend in bends:
        console.print(bend_line(bend), soft_wrap=True)
    console.print(say(session.summary, bends), soft_wrap=True)
    if options.picture is not None:
        put_picture(options.picture, draw_session([], bends, f"Session {session.id}"))
        console.print(f"The picture of this session: {options.picture}", soft_wrap=True)
    return 0


def export(options: Namespace, settings: Settings) -> int:
    """Write the stored bends as CSV to stdout: a line a bend, the columns of the contract."""
    writer = csv.writer(sys.stdout)
    header: list[str] | None = None
    with SessionReader(settings.database) as reader:
        chosen = [_chosen(reader, options.session, settings)] if options.session else reader.sessions()[::-1]
        for session in chosen:
            for bend in reader.bends(session.id):
                row = bend_object(bend)
                row["reasons"] = " ".join(row["reasons"])
                row["cues"] = " ".join(f"{c['pattern']}@{c['t_s']}" for c in row["cues"])
                if header is None:
                    header = list(row)
                    writer.writerow(["session", "started_utc", *header])
                writer.writerow([session.id, _when(session) or "", *(row[name] for name in header)])
    return 0


def _chosen(reader: SessionReader, number: int | None, settings: Settings) -> Session:
    session = reader.latest() if number is None else reader.session(number)
    if session is None:
        raise InputFault(
            "no_such_session",
            where=str(settings.database),
            what="no session is stored" if number is None else f"there is no session {number}",
            try_this="`hingecue sessions` lists what there is",
        )
    return session


def _when(session: Session) -> str | None:
    return None if session.started_utc is None else session.started_utc.isoformat(timespec="seconds")
