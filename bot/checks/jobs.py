"""Jobs of one check: run on the executor, killed when the run is cancelled."""

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from threading import Event as Flag

from bot.checks.backtests import Task, digest_of, order_fields
from bot.checks.subject import DEFINITIONS, Bench, Subject, read_definition
from bot.core.job_output import OnOutput
from components.ports import BacktestJob, Job
from components.schema.definition.models import parameter_values
from components.schema.results.report import Change
from components.schema.results.values import ExecutionResult, Status


class Superseded(Exception):  # an outcome: somebody cancelled the run
    """The run was cancelled: a newer head, or a person's word."""


@dataclass(frozen=True)
class JobRunner:
    """Runs jobs on the executor, killed when the run is cancelled."""

    bench: Bench
    cancelled: Flag
    hear: OnOutput | None

    def run(self, jobs: Sequence[Job]) -> tuple[ExecutionResult, ...]:
        """Results in the jobs' order. Raises Superseded when somebody cancels."""
        hear = self.hear
        futures = [
            self.bench.executor.submit(
                job, partial(hear, job.label) if hear else None, self.bench.turn
            )
            for job in jobs
        ]
        try:
            return tuple(self._wait(future) for future in futures)
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def _wait(self, future: Future[ExecutionResult]) -> ExecutionResult:
        while True:
            if self.cancelled.is_set():
                raise Superseded
            try:
                result = future.result(timeout=0.1)
            except TimeoutError:
                continue
            except CancelledError as error:
                raise Superseded from error
            if result.status is Status.KILLED:
                raise Superseded
            return result


def backtest_of(
    name: str, files: Mapping[str, bytes], rules: str, task: Task, bench: Bench
) -> BacktestJob:
    """The job of one task on a strategy's files, within the policy's limits."""
    limits = bench.policies.sandbox.limits
    return task.job(name, files, rules, limits, f"{name}/{task.symbol}")


@dataclass(frozen=True)
class DeployedResults:
    """The deployed version on the proposal's data.

    Attributes:
        there: whether anything is deployed.
        results: where it still runs; `failed`: why it does not, elsewhere.
        broken: the machine's fault: there is no verdict then.
    """

    there: bool = False
    results: tuple[ExecutionResult, ...] = ()
    failed: tuple[str, ...] = ()
    broken: str = ""


def run_deployed(
    subject: Subject, bench: Bench, tasks: Sequence[Task], jobs: JobRunner
) -> DeployedResults:
    """Run the deployed version on the data of the proposed one."""
    if not subject.base_files:
        return DeployedResults()
    base = Subject(
        name=subject.name,
        path=subject.path,
        change=Change.UNCHANGED,
        tree=subject.base_tree,
        files=subject.base_files,
    )
    definition = read_definition(base, bench.policies)
    if definition.definition is None:
        return DeployedResults(there=True, failed=("its definition is not valid any more",))
    same_data = [t.on(parameter_values(definition.definition)) for t in tasks]
    results = jobs.run(
        [backtest_of(base.name, base.files, definition.rules, t, bench) for t in same_data]
    )
    return DeployedResults(
        there=True,
        results=tuple(r for r in results if r.status is Status.PASSED),
        failed=tuple(f"{r.symbol}: {r.message}" for r in results if r.status is not Status.PASSED),
        broken=not_made("the comparison with the deployed version", results),
    )


def not_made(what: str, results: Sequence[ExecutionResult]) -> str:
    """Why a comparison could not be made, or "".

    A run beside the proposal's own that did not end in time says nothing about the proposal: on a
    quicker machine there would be a comparison, and perhaps another verdict.
    """
    unmade = {Status.INFRASTRUCTURE_ERROR, Status.TIMEOUT}
    reasons = [f"{r.symbol}: {r.message}".lstrip(": ") for r in results if r.status in unmade]
    return f"{what} could not be made: {'; '.join(reasons)}" if reasons else ""


def content_of(job: BacktestJob) -> str:
    """SHA-256 (hex) of all that decides a job's orders, but for its name and its data."""
    fields = order_fields(job)
    files = {n: digest for n, digest in fields["files"].items() if n not in DEFINITIONS}
    return digest_of({**fields, "files": files})  # what counts of a definition is in other fields
