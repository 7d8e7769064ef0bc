"""Control groups, version 1 and 2: make one for a guest, and read what the kernel counted."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from components.sandbox.backends import owner
from components.schema.results.values import Limits

PERIOD_US = 100_000
HUGE_PAGE = 2 * 1024 * 1024
"""The largest piece of memory that the kernel adds at once: so near the limit, it was reached."""

MIB = 1024 * 1024
OURS = "algoops"
V1_CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")
V2_CONTROLLERS = ("memory", "pids", "cpu")
V1_PEAK = "memory.max_usage_in_bytes"
MOUNTS = Path("/proc/self/mounts")


@dataclass(frozen=True)
class Counters:
    """The kernel's word on a guest so far; None where nothing counts it.

    Attributes:
        cpu_s: CPU seconds of all its processes, ended ones too.
        max_memory_mb: peak, in MiB.
        oom_kills: how many of its processes the kernel killed because the group was at its own
            limit of memory; a machine without memory left kills too, and that is not counted.
    """

    cpu_s: float | None = None
    max_memory_mb: float | None = None
    oom_kills: int | None = None


@dataclass(frozen=True)
class Cgroup:
    """The folders of one group: by controller in version 1, all the same one in version 2."""

    folders: Mapping[str, Path] = field(default_factory=dict)
    unified: bool = False

    def add(self, pid: int) -> None:
        """Move a process in; what it starts from then on is in it too. Raises OSError."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def limit(self, limits: Limits) -> None:
        """Set the limits of the controllers that are there. Raises OSError."""
        for controller, settings in _settings(limits, unified=self.unified).items():
            if controller in self.folders:
                for name, value in settings.items():
                    path = self.folders[controller] / name
                    if path.exists():  # swap's bound is not there where swap is not
                        path.write_text(value, encoding="ascii")

    def counters(self) -> Counters:
        """What was counted so far; a group that is gone counts nothing."""
        return self._unified_counters() if self.unified else self._v1_counters()

    def forget_peak(self) -> None:
        """Count the peak of memory from now on; version 2 can't, its peak is that of all jobs."""
        if "memory" in self.folders and not self.unified:
            with contextlib.suppress(OSError):  # only the report's figure is of more than one job
                (self.folders["memory"] / V1_PEAK).write_text("0", encoding="ascii")

    def remove(self) -> None:
        """Remove the group where no process is in it any more."""
        for folder in set(self.folders.values()):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _v1_counters(self) -> Counters:
        nanoseconds = _number(self.folders.get("cpuacct"), "cpuacct.usage")
        memory = self.folders.get("memory")
        peak = _number(memory, V1_PEAK)
        limit = _number(memory, "memory.limit_in_bytes")
        return Counters(
            cpu_s=None if nanoseconds is None else nanoseconds / 1e9,
            max_memory_mb=None if peak is None else peak / MIB,
            # Newer kernels no longer count refusals there (memory.failcnt): the peak tells.
            oom_kills=_own_kills(
                _keyed(memory, "memory.oom_control", "oom_kill"),
                at_limit=peak is None or limit is None or peak > limit - HUGE_PAGE,
            ),
        )

    def _unified_counters(self) -> Counters:
        microseconds = _keyed(self.folders.get("cpu"), "cpu.stat", "usage_usec")
        peak = _number(self.folders.get("memory"), "memory.peak")
        return Counters(
            cpu_s=None if microseconds is None else microseconds / 1e6,
            max_memory_mb=None if peak is None else peak / MIB,
            oom_kills=_own_kills(
                _keyed(self.folders.get("memory"), "memory.events", "oom_kill"),
                at_limit=_keyed(self.folders.get("memory"), "memory.events", "oom") != 0,
            ),
        )


def make(name: str, limits: Limits, mounts: Path = MOUNTS) -> Cgroup:
    """A new group with these limits, as far as this machine lets us (perhaps with no folder)."""
    legacy, unified = _hierarchies(mounts)
    made = _make_v1(name, legacy) if "memory" in legacy else _make_v2(name, unified)
    with contextlib.suppress(OSError):
        made.limit(limits)
        return made
    made.remove()
    return Cgroup()


def of(pid: int, mounts: Path = MOUNTS, proc: Path = Path("/proc")) -> Cgroup:
    """The group that a process is in, to be read; without folders where we don't see it."""
    legacy, unified = _hierarchies(mounts)
    folders: dict[str, Path] = {}
    with contextlib.suppress(OSError):
        lines = (proc / str(pid) / "cgroup").read_text(encoding="ascii").splitlines()
        for line in lines:
            controllers, path = line.split(":", 2)[1:]
            for controller in controllers.split(",") if controllers else V2_CONTROLLERS:
                root = legacy.get(controller) if controllers else unified
                folder = root / path.lstrip("/") if root is not None else None
                if folder is not None and folder.is_dir() and path != "/":
                    folders.setdefault(controller, folder)
    return Cgroup(folders=folders, unified="memory" not in legacy)


def reap(mounts: Path = MOUNTS) -> int:
    """Remove empty groups of owners that have ended; how many."""
    legacy, unified = _hierarchies(mounts)
    places = [root / OURS for root in legacy.values()]
    places += list(_v2_places(unified)) if unified is not None else []
    removed = 0
    for place in {p for p in places if p.is_dir()}:
        for folder in place.iterdir():
            _kind, _dash, named = folder.name.partition("-")
            whose = owner.parse(named.partition("-")[0])
            if folder.is_dir() and whose is not None and whose.gone():
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    removed += 1
    return removed


def _hierarchies(mounts: Path) -> tuple[dict[str, Path], Path | None]:
    legacy: dict[str, Path] = {}
    unified: Path | None = None
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _device, place, kind, options, *_rest = line.split(" ")
        if kind == "cgroup2":
            unified = Path(place)
        elif kind == "cgroup":
            legacy |= {c: Path(place) for c in options.split(",") if c in V1_CONTROLLERS}
    return legacy, unified


def _make_v1(name: str, legacy: Mapping[str, Path]) -> Cgroup:
    folders: dict[str, Path] = {}
    for controller, root in legacy.items():
        with contextlib.suppress(OSError):
            folder = root / OURS / name
            folder.mkdir(parents=True, exist_ok=True)
            folders[controller] = folder
    return Cgroup(folders=folders)


def _make_v2(name: str, unified: Path | None) -> Cgroup:
    for place in _v2_places(unified) if unified is not None else ():
        with contextlib.suppress(OSError):
            place.mkdir(exist_ok=True)
            _delegate(place.parent)
            _delegate(place)
            folder = place / name
            folder.mkdir()
            offered = (folder / "cgroup.controllers").read_text(encoding="ascii").split()
            if "memory" in offered:
                has = [c for c in V2_CONTROLLERS if c in offered]
                return Cgroup(folders=dict.fromkeys(has, folder), unified=True)
            folder.rmdir()
    return Cgroup(unified=True)


def _v2_places(unified: Path) -> Iterator[Path]:
    """Where a group of ours may be allowed: the root, or beside our own group (delegation)."""
    yield unified / OURS
    own = Path("/proc/self/cgroup").read_text(encoding="ascii").rpartition("0::/")[2].strip()
    if own:
        yield (unified / own).parent / OURS


def _delegate(folder: Path) -> None:
    for controller in V2_CONTROLLERS:
        with contextlib.suppress(OSError):
            (folder / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")


def _settings(limits: Limits, *, unified: bool) -> dict[str, dict[str, str]]:
    memory = str(limits.memory_mb * MIB)
    quota = str(max(1_000, int(limits.cpus * PERIOD_US)))
    pids = {"pids.max": str(limits.pids)}
    if unified:
        return {
            "memory": {"memory.max": memory, "memory.swap.max": "0"},
            "pids": pids,
            "cpu": {"cpu.max": f"{quota} {PERIOD_US}"},
        }
    return {
        "memory": {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory},
        "pids": pids,
        "cpu": {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": quota},
    }


def _own_kills(kills: int | None, *, at_limit: bool) -> int | None:
    """Of kills of any kind, those for which the limit of the group was the reason."""
    return kills if at_limit else 0


def _number(folder: Path | None, name: str) -> int | None:
    if folder is None:
        return None
    try:
        return int(_read(folder / name))
    except (OSError, ValueError):
        return None


def _keyed(folder: Path | None, name: str, key: str) -> int | None:
    if folder is None:
        return None
    try:
        words = _read(folder / name).split()
    except OSError:
        return None
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    return int(pairs[key]) if key in pairs else None


def _read(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096).decode("ascii")
    finally:
        os.close(descriptor)
