"""The time that one job may use, and what the machine took of it: measured from outside.

CPU time is the limit that counts: it hardly depends on what else the machine does. The wall-clock
limit is for code that waits. Where it is reached because there was no processor to be had, or
because somebody stopped the guest, the job was not tried: that says nothing about its code.
"""

import threading
import time
from dataclasses import dataclass

from components.sandbox.backends.instance import Handle
from components.sandbox.limits import processes
from components.sandbox.limits.cgroups import MIB, Counters
from components.sandbox.session import outcome
from components.schema.results.values import Limits

STARVED = 0.1
"""Share of the wall-clock limit: who waited longer for a processor was not tried."""


@dataclass(frozen=True)
class Late:
    """A limit that was reached.

    Attributes:
        message: which one, as a sentence.
        excuse: why that says nothing about the code; "" where it does.
        starved_s: how long the job waited for a processor; None: not known.
    """

    message: str
    excuse: str = ""
    starved_s: float | None = None


class JobBudget:
    """Made when a job begins, in the thread that serves it.

    Attributes:
        limits: what the job may use.
    """

    def __init__(self, handle: Handle, limits: Limits) -> None:
        self.limits, self._handle = limits, handle
        self._before = handle.counters()
        self._waited = processes.waited_s(handle.first) or 0.0
        self._began, self._own_cpu = time.monotonic(), time.thread_time()
        self._thread = threading.get_native_id()
        self._own_wait = processes.thread_waited_s(self._thread)
        self._idle_wait, self._last_wait, self._last_frames = 0.0, self._own_wait, 0

    def used(self) -> Counters:
        """What the kernel counted of the guest since the job began."""
        before, after = self._before, self._handle.counters()
        cpu = None if after.cpu_s is None else after.cpu_s - (before.cpu_s or 0.0)
        kills = None if after.oom_kills is None else after.oom_kills - (before.oom_kills or 0)
        return Counters(cpu_s=cpu, max_memory_mb=after.max_memory_mb, oom_kills=kills)

    def spent(self, frames: int) -> Late | None:
        """Which limit is reached; None while none is. To be asked in the serving thread.

        Args:
            frames: how many the guest has sent so far: while none comes, this thread's own wait
                for a processor holds nobody up.
        """
        self._note(frames)
        limits = self.limits
        if time.monotonic() - self._began >= limits.wall_s:
            starved = self._starved_s()
            told = f"it took longer than {limits.wall_s:g} s"
            return Late(told, self._excuse(starved), starved)
        if (self.used().cpu_s or 0.0) > limits.cpu_s:
            return Late(outcome.cpu_spent(limits), "", self._starved_s())
        if time.thread_time() - self._own_cpu > limits.cpu_s:
            told = f"its orders took us more than {limits.cpu_s:g} s of CPU time to work on"
            return Late(told, "", self._starved_s())
        return None

    def _starved_s(self) -> float | None:
        """Seconds in which guest or host wanted a processor that others had; None: not known.

        Both ends may share one processor: what one waited while the other worked is their own.
        """
        waited = processes.waited_s(self._handle.first)
        if waited is None or self._last_wait is None or self._own_wait is None:
            return None
        own_cpu, guest_cpu = time.thread_time() - self._own_cpu, self.used().cpu_s or 0.0
        guest = waited - self._waited - own_cpu
        host = self._last_wait - self._own_wait - self._idle_wait - guest_cpu
        return round(max(0.0, guest) + max(0.0, host), 3)

    def _excuse(self, starved_s: float | None) -> str:
        if starved_s is None:
            return "how long it waited for a processor is not known on this machine"
        if processes.is_stopped(self._handle.first):
            return "somebody stopped it from outside"
        if starved_s > STARVED * self.limits.wall_s:
            return f"the machine was too busy: it waited {starved_s:.1f} s for a processor"
        return ""

    def _note(self, frames: int) -> None:
        wait = processes.thread_waited_s(self._thread)
        if wait is not None and self._last_wait is not None and frames == self._last_frames:
            self._idle_wait += wait - self._last_wait
        self._last_wait, self._last_frames = wait, frames


def rlimits(limits: Limits, by_process: tuple[str, ...]) -> dict[str, int]:
    """Per-process limits; memory and processes too where no control group holds them."""
    found = {
        "CORE": 0,
        "CPU": int(limits.cpu_s) + 2,
        "NOFILE": limits.nofile,
        "FSIZE": limits.fsize_mb * MIB,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    if "memory" in by_process:
        found["DATA"] = limits.memory_mb * MIB
    if "pids" in by_process:
        found["NPROC"] = limits.pids
    return found
