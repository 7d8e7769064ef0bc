"""The soak's processes: which they are, what they use, and what is left of them at the end."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "ALGOOPS_SOAK"
"""Environment variable whose value all processes of one soak inherit."""

EVERY_S = 0.25
WORKER = "components.executor.worker"
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


@dataclass(frozen=True)
class Process:
    """One living process; `started` tells it apart from a later one with its number."""

    pid: int
    parent: int
    started: int
    command: str

    @property
    def is_worker(self) -> bool:
        """Whether it is one of the executor's."""
        return WORKER in self.command

    @property
    def is_sandbox(self) -> bool:
        """Whether it is bubblewrap's own."""
        return self.command.partition(" ")[0].endswith("bwrap")


@dataclass(frozen=True)
class Sample:
    """What a daemon used at one moment: resident memory in MiB, open files."""

    daemon: int
    at_s: float
    rss_mb: float
    files: int


def alive() -> Iterator[Process]:
    """All processes of this machine, without those that only wait to be reaped."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _read(int(entry.name))) is not None:
            yield found


def ours(mark: str, folder: Path) -> list[Process]:
    """The processes of a soak: those that carry its mark, or name its folder; not this one."""
    words = f"{MARK}={mark}".encode()
    return sorted(
        (
            p
            for p in alive()
            if p.pid != os.getpid() and (str(folder) in p.command or words in _environment(p.pid))
        ),
        key=lambda p: p.pid,
    )


def below(roots: set[int]) -> list[Process]:
    """The descendants of some processes."""
    everybody = list(alive())
    family, grown = set(roots), True
    while grown:
        more = {p.pid for p in everybody if p.parent in family} - family
        family |= more
        grown = bool(more)
    return [p for p in everybody if p.pid in family - roots]


def containers(folder: Path) -> list[str]:
    """Ids of the containers of a soak, by the socket folder that is mounted into each."""
    listed = _docker("ps", "--all", "--quiet", "--no-trunc", "--filter", "label=algoops.owner")
    if not listed:
        return []
    form = "{{.Id}} {{range .Mounts}}{{.Source}} {{end}}"
    shown = _docker("inspect", "--format", form, *listed.split())
    return sorted(line.split()[0] for line in shown.splitlines() if str(folder) in line)


def kill_container(name: str) -> None:
    """SIGKILL; one that has just ended by itself is as good."""
    _docker("kill", name)


def tell(pid: int, number: signal.Signals) -> bool:
    """Send a signal; False when the process has ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


class Witness:
    """Looks at the daemon and all below it, four times a second, and remembers."""

    def __init__(self, mark: str, folder: Path) -> None:
        self._mark, self._folder = mark, folder
        self._daemon: int | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="witness", daemon=True)
        self.samples: list[Sample] = []
        self.seen: dict[int, Process] = {}
        self.owners: set[str] = set()
        self._at_s = 0.0

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def follow(self, pid: int | None) -> None:
        """Which process is the daemon from now on."""
        self._daemon = pid

    def stop(self) -> None:
        """Look no more."""
        self._end.set()
        self._thread.join()

    def left(self) -> list[Process]:
        """Those of the processes ever seen that are still there."""
        now = {p.pid: p for p in alive()}
        marked = ours(self._mark, self._folder)
        same = [p for p in self.seen.values() if _same(now.get(p.pid), p)]
        return sorted({*marked, *same}, key=lambda p: p.pid)

    def _watch(self) -> None:
        while not self._end.wait(EVERY_S):
            self._at_s += EVERY_S
            daemon = self._daemon
            if daemon is None:
                continue
            with contextlib.suppress(OSError, ValueError, IndexError):
                self.samples.append(_sample(daemon, self._at_s))
                self.seen |= {p.pid: p for p in below({daemon})}
            homes = self._folder.glob(f"t/algoops-sandbox-{os.getuid()}/*")
            self.owners |= {home.name for home in homes}


def _same(now: Process | None, before: Process) -> bool:
    return now is not None and now.started == before.started


def _sample(pid: int, at_s: float) -> Sample:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Sample(pid, at_s, pages * PAGE_MB, files)


def _read(pid: int) -> Process | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (OSError, UnicodeDecodeError):
        return None
    fields = line.rpartition(")")[2].split()
    if fields[0] in {"Z", "X"}:
        return None
    return Process(pid, int(fields[1]), int(fields[19]), command.strip())


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _docker(*words: str) -> str:
    try:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout
