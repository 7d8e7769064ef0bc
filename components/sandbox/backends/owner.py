"""Whose a guest is: a process named so that its death can be told, and its private folder."""

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from components.errors import TransientError

_PARTS = 4
_STARTED_FIELD = 19
"""Index of `starttime` in /proc/<pid>/stat, counted after the command's closing parenthesis."""


@dataclass(frozen=True)
class Owner:
    """One process, told apart from later ones of the same id by boot and start time.

    Attributes:
        boot: first part of the machine's boot id.
        namespace: inode of the pid namespace which `pid` belongs to.
        started: clock ticks from boot to the process's start.
    """

    boot: str
    namespace: str
    pid: int
    started: int

    def __str__(self) -> str:
        return f"{self.boot}.{self.namespace}.{self.pid}.{self.started}"

    def gone(self) -> bool | None:
        """Whether it has ended; None when that can't be seen from here (another pid namespace)."""
        here = me()
        if self.boot != here.boot:
            return True
        if self.namespace != here.namespace:
            return None
        return _started(self.pid) != self.started


def me() -> Owner:
    """This process."""
    return _owner(os.getpid())


def parse(text: str) -> Owner | None:
    """The owner that `str(owner)` named, or None for other text."""
    parts = text.split(".")
    if len(parts) != _PARTS or not (parts[2].isdigit() and parts[3].isdigit()):
        return None
    return Owner(boot=parts[0], namespace=parts[1], pid=int(parts[2]), started=int(parts[3]))


def home() -> Path:
    """This process's own folder for sockets; made when it is missing.

    Raises:
        TransientError: someone else's file is in the way.
    """
    folder = base() / str(me())
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def base() -> Path:
    """The folder of all our processes of this user: private, and really ours."""
    folder = Path(tempfile.gettempdir()) / f"algoops-sandbox-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise TransientError(
            f"no sandbox: {folder} is not a private folder of ours", hint="remove it, or set TMPDIR"
        )
    return folder


def reap_homes() -> int:
    """Remove the folders of processes that have ended; how many."""
    dead = [
        folder
        for folder in base().iterdir()
        if (owner := parse(folder.name)) is not None and owner.gone()
    ]
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)
    return len(dead)


@cache
def _owner(pid: int) -> Owner:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").partition("-")[0]
    namespace = str(Path("/proc/self/ns/pid").stat().st_ino)
    return Owner(boot=boot, namespace=namespace, pid=pid, started=_started(pid) or 0)


def _started(pid: int) -> int | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = line.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[_STARTED_FIELD])
