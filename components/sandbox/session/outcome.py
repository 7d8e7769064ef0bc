"""PURE: what happened to a guest -> its status, in the kernel's words and ours."""

import signal
from dataclasses import dataclass, field

from components.sandbox.limits.cgroups import Counters
from components.schema.results.values import Limits, Status

OWN_SIGNALS = frozenset(
    (
        *(signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP),
        *(signal.SIGSYS, signal.SIGABRT, signal.SIGPIPE, signal.SIGXCPU, signal.SIGXFSZ),
        *(signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF),
    )
)
"""What a process brings upon itself: faults, limits, its own timers. Others come from outside."""


@dataclass(frozen=True)
class Facts:
    """What the trusted side saw.

    Attributes:
        ended: the job's process is known to have ended by itself (code or signal is set).
        killed: we were asked to kill it.
        late: which limit it reached, or "".
        excuse: why that says nothing about its code, or "".
        broke: which rule of the wire it broke, or "".
        used: what the kernel counted during the job.
    """

    ended: bool
    code: int | None = None
    signal: int | None = None
    killed: bool = False
    late: str = ""
    excuse: str = ""
    broke: str = ""
    used: Counters = field(default_factory=Counters)


def judge(facts: Facts, limits: Limits) -> tuple[Status, str]:
    """Status and a sentence for people. Memory comes before time: a starved guest is slow too.

    Nothing inside a guest can end its first process, and a job cannot send itself a signal. Where
    the one ends without a word on the job, or the other comes, somebody outside did it (an
    operator, the kernel when the machine has no memory left): that is never the author's fault.
    """
    memory = f"it needed more memory than {limits.memory_mb} MiB"
    stopped = "it was stopped: its result is no longer needed"
    found = (
        (facts.killed, Status.KILLED, stopped),
        (bool(facts.used.oom_kills), Status.OUT_OF_MEMORY, memory),
        (bool(facts.excuse), Status.INFRASTRUCTURE_ERROR, f"{facts.late}, but {facts.excuse}"),
        (bool(facts.late), Status.TIMEOUT, facts.late),
        (bool(facts.broke), Status.PROTOCOL_ERROR, facts.broke),
        (not facts.ended, Status.INFRASTRUCTURE_ERROR, "its sandbox ended while it ran"),
        (facts.signal is not None, *_by_signal(facts, limits)),
        (bool(facts.code), Status.FAILED, f"it ended with exit code {facts.code}"),
        (True, Status.PASSED, ""),
    )
    return next((status, message) for holds, status, message in found if holds)


def cpu_spent(limits: Limits) -> str:
    """The sentence for a spent CPU budget."""
    return f"it used more than {limits.cpu_s:g} s of CPU time"


def _by_signal(facts: Facts, limits: Limits) -> tuple[Status, str]:
    number = facts.signal or 0
    cpu_limit = number in {signal.SIGXCPU, signal.SIGKILL}
    if cpu_limit and (facts.used.cpu_s or 0.0) >= limits.cpu_s:
        return Status.TIMEOUT, cpu_spent(limits)
    if number in OWN_SIGNALS:
        return Status.CRASHED, f"it was ended by {_name(number)}"
    outside = f"somebody ended it from outside with {_name(number)}"
    return Status.INFRASTRUCTURE_ERROR, outside


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
