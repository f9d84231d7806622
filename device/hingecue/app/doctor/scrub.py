"""Takes out of a text what tells who and where somebody is: names, addresses, numbers of single devices.

What is known of this machine is taken out wherever it stands; what has a shape of its own (addresses, identifiers) is
taken out wherever it has that shape. In doubt something harmless goes too.
"""

from __future__ import annotations

import ipaddress
import os
import platform
import pwd
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue.app.doctor.machine import login

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PUBLIC: Final = frozenset({"root", "pi", "hingecue", "raspberrypi", "localhost", "guest", "nobody"})
"""Names that thousands of devices share, and that a report cannot do without."""
SHORT: Final = 2
"""A single word of a name counts from so many letters on."""
PEOPLE: Final = range(1000, 60_000)
"""User numbers of people in Debian; below are the system's own."""

_SHAPES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        (r"(/home|/Users|/media|/run/media|/var/mail)/[^/\s\"':;,)]+", r"\1/<user>"),
        (r"/dev/v4l/by-(id|path)/[^\s\"',;)]+", r"/dev/v4l/by-\1/<camera>"),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "<mail>"),
        (r"\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", "<mac>"),
        (r"\b(en|wl)x[0-9a-f]{12}\b", r"\1x<mac>"),
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<id>"),
        (r"\b[0-9a-f]{32}\b", "<id>"),
        (r"\b(serial(?: ?number)?\s*[:=]\s*)[^\s,;]+", r"\1<serial>"),
        (r"\b(e?ssid\s*[:=]\s*)(?!<wifi>|\s)(\"[^\"\n]*\"|'[^'\n]*'|[^\n]+)", r"\1<wifi>"),
    )
)
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?![\w:])", re.IGNORECASE)
_KEYFILES: Final = ("etc/NetworkManager/system-connections", "run/NetworkManager/system-connections")
_NETPLAN: Final = re.compile(r"^netplan-[a-z]+\d*-")
_SSID: Final = re.compile(r"^\s*ssid\s*=\s*\"?([^\"\n]+?)\"?\s*$", re.MULTILINE)
_POINT: Final = re.compile(r"access-points:\s*\n\s*\"?([^\"\n:]+)\"?:")


class Scrubber:
    """Call it with a text. `secrets`: a name → what is put in its place, such as `<user>`."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._put = {name.casefold(): put for name, put in secrets.items()}
        names = sorted(self._put, key=len, reverse=True)
        # Letters end a name, figures and marks do not: `anna` is found in `anna_2`, and not in `Hannah`.
        joined = "|".join(map(re.escape, names))
        self._names = re.compile(rf"(?<![^\W\d_])(?:{joined})(?![^\W\d_])", re.IGNORECASE) if names else None

    def __call__(self, text: str) -> str:
        """Give the text without what it should not tell. Scrubbing twice changes nothing."""
        for shape, put in _SHAPES:
            text = shape.sub(put, text)
        text = _IPV4.sub(_address, text)
        text = _IPV6.sub(_address, text)
        if self._names is None:
            return text
        return self._names.sub(lambda found: self._put.get(found[0].casefold(), "<name>"), text)


def secrets_of_machine(profiles: Iterable[str], prefix: Path = Path("/")) -> dict[str, str]:
    """Give what is known to be nobody else's business here: users, host, networks, serial numbers, profiles."""
    secrets: dict[str, str] = {}
    groups = (
        ("<serial>", _serials(prefix)),
        ("<wifi>", _networks(prefix)),
        ("<host>", _hosts(prefix)),
        ("<user>", _users()),
        ("<profile>", _words(profiles)),
    )
    for put, names in groups:
        for name in names:
            if name.casefold() not in PUBLIC and len(name) >= SHORT:
                secrets.setdefault(name, put)
    return secrets


def _address(found: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    # 0.2.2.0 is a version, and `::` stands in every second line of C++.
    return found[0] if found[0].startswith("0.") or found[0] == "::" else f"<ipv{address.version}>"


def _users() -> Iterator[str]:
    yield from (login(), os.environ.get("SUDO_USER", ""), Path(os.environ.get("HOME", "")).name)
    for entry in pwd.getpwall():
        if entry.pw_uid in PEOPLE:
            yield entry.pw_name
            yield from _words([entry.pw_gecos.split(",")[0]])


def _hosts(prefix: Path) -> Iterator[str]:
    for name in (platform.node(), _text(prefix / "etc/hostname").strip()):
        yield name
        yield name.split(".")[0]


def _serials(prefix: Path) -> Iterator[str]:
    yield _text(prefix / "proc/device-tree/serial-number").strip("\0\n ")
    yield _text(prefix / "etc/machine-id").strip()
    for line in _text(prefix / "proc/cpuinfo").splitlines():
        if line.lower().startswith("serial"):
            yield line.partition(":")[2].strip()


def _networks(prefix: Path) -> Iterator[str]:
    """Give the names of wireless networks that are set up here, as far as this user may read them."""
    for folder in _KEYFILES:
        for path in _files(prefix / folder):
            yield _NETPLAN.sub("", path.name.removesuffix(".nmconnection"))
            yield from _SSID.findall(_text(path))
    for path in _files(prefix / "etc/wpa_supplicant"):
        yield from _SSID.findall(_text(path))
    for path in _files(prefix / "etc/netplan"):
        yield from _POINT.findall(_text(path))


def _words(names: Iterable[str]) -> Iterator[str]:
    """Give whole names and their single words: who is called by the first name is told by it too."""
    for name in names:
        yield name
        yield from (word for word in name.split() if len(word) > SHORT)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
