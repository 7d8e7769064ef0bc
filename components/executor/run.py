"""One job on one sandbox: the same in a local worker and on a cluster."""

from typing import assert_never

from components.engine.run import run_backtest, run_smoke
from components.errors import AlgoOpsError
from components.executor.broken import broken
from components.executor.standstill import Standstill
from components.ports import BacktestJob, BarSource, Job, Sandbox, ScriptJob, SmokeJob
from components.sandbox.session.author_tests import has_tests, run_author_tests
from components.sandbox.session.script import run_script
from components.schema.results.values import ExecutionResult, Status

SHORTEST_S = 0.1
"""What is left at least for the author's tests."""


def run_job(job: Job, sandbox: Sandbox, data: BarSource) -> ExecutionResult:
    """Run a job to its result. The author's faults and the machine's are results; never raises."""
    try:
        with Standstill() as still:
            result = _dispatch(job, sandbox, data)
    except AlgoOpsError as error:
        return broken(str(error))
    except Exception as error:  # noqa: BLE001  # the boundary: our bug is never the author's fault
        return broken(f"this is a bug: {type(error).__name__}: {error}")
    if result.status is Status.TIMEOUT and still.seen:
        return broken(
            f"its worker was not scheduled for {still.longest_s:.0f} s, and its time ran out"
        )
    return result


def _dispatch(job: Job, sandbox: Sandbox, data: BarSource) -> ExecutionResult:
    match job:
        case BacktestJob():
            return run_backtest(job, sandbox, data)
        case SmokeJob():
            return _smoke(job, sandbox, data)
        case ScriptJob():
            return run_script(job, sandbox)
        case _:
            assert_never(job)


def _smoke(job: SmokeJob, sandbox: Sandbox, data: BarSource) -> ExecutionResult:
    """Our own test of the strategy first, then the author's tests beside it."""
    smoke = run_smoke(job, sandbox, data)
    if smoke.status is not Status.PASSED or not has_tests(job.files):
        return smoke
    spent_s = smoke.duration_s - smoke.phases_s["open"]
    rest = job.limits.lowered_by(wall_s=max(SHORTEST_S, job.limits.wall_s - spent_s))
    own = run_author_tests(job.files, sandbox, rest, label=job.label, seed=job.seed)
    both = {
        "tests": own.tests,
        "duration_s": smoke.duration_s + own.duration_s,
        "phases_s": {**smoke.phases_s, "author-tests": own.duration_s},
    }
    if own.status is Status.PASSED:
        return smoke.model_copy(update=both)
    return own.model_copy(
        update={
            **both,
            "symbol": smoke.symbol,
            "interval": smoke.interval,
            "provenance": smoke.provenance,
        }
    )
