"""PURE: whether a job is run once more: only what is a function of its content is kept.

What the machine did to a job (no sandbox, a worker or guest killed from outside, no processor to be
had) says nothing about its content. Nor does a limit of CPU time that was reached while other jobs
ran beside it: they share caches and the halves of a core, which makes CPU seconds up to twice as
long. Such a job runs once more with no other job beside it; what it does then counts.
"""

from typing import Literal

from components.ports import BacktestJob, Job
from components.schema.results.values import ExecutionResult, Status

MOST_RUNS = 3
"""Of one job, where the machine fails it each time."""

STARVED = 0.1
"""Share of the CPU time used: who waited longer for a processor had others beside it."""

HELD = 1.1
"""A sealed job keeps its worker for so many times its wall-clock limit: its guest takes a while."""

Again = Literal["no", "beside others", "alone"]


def again(result: ExecutionResult, runs: int, *, alone: bool) -> Again:
    """How to go on after a run.

    Args:
        result: of the run.
        runs: how many there were, this one included.
        alone: no other job ran beside it at any time.
    """
    usage = result.resource_usage
    if result.status is Status.TIMEOUT:
        undisturbed = alone and (usage.waited_s or 0.0) <= STARVED * (usage.cpu_s or 0.0)
        return "no" if undisturbed or runs > 1 else "alone"
    if result.status is not Status.INFRASTRUCTURE_ERROR:
        return "no"
    if usage.waited_s is not None:
        return "no" if runs > 1 else "alone"
    return "no" if runs >= MOST_RUNS else "beside others"


def may_run_again(job: Job, result: ExecutionResult) -> bool:
    """Whether a second run tells nobody anything: a sealed job that was late has no second time."""
    return not (isinstance(job, BacktestJob) and job.sealed and result.status is Status.TIMEOUT)


def rest_s(job: Job, spent_s: float) -> float:
    """Seconds for which a job's worker stays taken after its end: 0, but for a sealed one.

    Nobody can then tell by the clock, by who waits, or by how many jobs run, what it did. Where it
    took longer (the machine failed, it ran again), until the next multiple.
    """
    if not (isinstance(job, BacktestJob) and job.sealed):
        return 0.0
    return -spent_s % (HELD * job.limits.wall_s)
