"""Boots the virtual device, runs one plan in it, and gives what came of it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
BUILD = HERE / "kernel" / "build.sh"
LIMIT_S = 600.0
"""A guest that has not powered off by then hangs, s: many times what it takes on a quiet machine."""
MEMORY = "1G"


@dataclass(frozen=True)
class Outcome:
    """What a plan left behind. `status` is None where the guest was killed before the plan had ended."""

    status: int | None
    output: str
    console: str


def kernel() -> Path | None:
    """Give the folder of the kernel, None where it was never built."""
    if shutil.which("bash") is None:
        return None
    found = subprocess.run([BUILD, "--have"], capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def libraries() -> Path:
    """Give the folder of what only a Pi needs: lgpio (`make virtual-test` fills it)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "hingecue" / "virtual-device" / f"python{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass
class Guest:
    """One boot. `share` is seen in the guest as /run/share; `data`: a file with ext4, seen as /run/data.

    `systemd`: it is the guest's first process, and the product is installed as systemd/README.md says. `layers`: not
    this machine's system but this one with the product in it, its folders from the topmost down; it boots by itself,
    and the plan is a unit before the product's. `travels`: the guest's clock stands still while it computes and jumps
    while it waits, so that what happens is the same on a busy machine and on a quiet one. Only its disk (`data`) lives
    outside of that clock, and would seem to take hours.
    """

    share: Path
    data: Path | None = None
    environ: dict[str, str] = field(default_factory=dict)
    systemd: bool = False
    layers: tuple[Path, ...] = ()
    travels: bool = True

    def start(self, plan: str) -> subprocess.Popen[bytes]:
        """Boot, with a plan for bash; the guest powers off when it has ended."""
        place = kernel()
        if place is None:
            raise RuntimeError("the kernel of the virtual device is not built; run: make virtual-kernel")
        for old in ("status", "out.log"):
            (self.share / old).unlink(missing_ok=True)
        given = {
            "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'device'}:{libraries()}",
            "LG_WD": "/tmp",  # noqa: S108 - the guest's own
            "PY": sys.executable,
            "PYTHON": sys.base_prefix,
            "VERSION": sysconfig.get_python_version(),
            "PACKAGES": sysconfig.get_path("purelib"),
            "CHECKOUT": str(CHECKOUT),
            "LIBRARIES": str(libraries()),
            **self.environ,
        }
        places = (CHECKOUT, Path(sys.prefix), libraries())
        see = [str(p) for p in places if str(p).startswith(("/tmp/", "/run/"))]  # noqa: S108
        if self.layers:
            given |= {"PYTHONPATH": str(CHECKOUT), "PY": "/opt/hingecue/bin/python3"}
            see = [str(CHECKOUT)]
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in given.items()]
        (self.share / "environ.sh").write_text("".join(lines), "utf-8")
        (self.share / "plan.sh").write_text(f". ./environ.sh\n{plan}\n", "utf-8")
        words = [
            str(place / "vmlinux"),
            f"mem={MEMORY}",
            *("root=none", "rootfstype=hostfs", "rootflags=/", "ro", f"init={HERE / 'init'}"),
            *(f"vdev.share={self.share}", f"vdev.modules={place}", f"vdev.see={','.join(see)}"),
            f"vdev.mode={'whole' if self.layers else 'systemd' if self.systemd else 'plain'}",
            f"vdev.lower={':'.join(map(str, self.layers)) or '/'}",
            *("con=null", "con0=null,fd:1", "ssl=null", "quiet"),
        ]
        if self.travels:
            words.append("time-travel=inf-cpu")
        if self.data is not None:
            words.append(f"ubd0={self.data}")
        with (self.share / "console.log").open("wb") as console:
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, start_new_session=True
            )

    def run(self, plan: str, limit_s: float = LIMIT_S) -> Outcome:
        """Boot, run the plan to its end, and give what it left; a guest that hangs is killed."""
        process = self.start(plan)
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.cut(process)
        return self.outcome()

    def cut(self, process: subprocess.Popen[bytes]) -> None:
        """Cut the power: every process of the guest ends at once, with nothing written any more."""
        os.killpg(process.pid, 9)
        process.wait()

    def outcome(self) -> Outcome:
        """Give what the plan left behind."""
        status = self._text("status").strip()
        return Outcome(int(status) if status else None, self._text("out.log"), self._text("console.log"))

    def wait_for(self, word: str, process: subprocess.Popen[bytes], limit_s: float = LIMIT_S) -> str:
        """Wait until the plan has said a word; give all that it has said."""
        end = time.monotonic() + limit_s
        while word not in (said := self._text("out.log")):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the guest never said {word!r}:\n{said}\n{self._text('console.log')}")
            time.sleep(0.05)
        return said

    def _text(self, name: str) -> str:
        path = self.share / name
        return path.read_text("utf-8", "replace") if path.exists() else ""
