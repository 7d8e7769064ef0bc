"""Backtests asked for over HTTP: the same engine and sandbox as in checks, on chosen data."""

import json
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from bot.checks.backtests import Task, Wishes, resolve_tasks
from bot.checks.base_policies import bench_now
from bot.checks.strategy import Superseded, prepare
from bot.core.job_output import log_output
from bot.core.notices import BacktestChanged
from bot.core.requests import BacktestRequest, LimitRequest
from bot.daemon.lookup import Found, find_subject
from bot.landing.context import World
from bot.landing.tries import StoreCounter
from components.engine import gates
from components.errors import TransientError, UserError
from components.ports import BacktestJob
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import ExecutionResult, Limits, Severity, Status
from components.state.tables.records import Job

POLL_S = 0.1
Ran = list[tuple[BacktestJob, ExecutionResult]]


def backtest_tasks(
    world: World, found: Found, request: BacktestRequest
) -> tuple[tuple[Task, ...], str]:
    """What a request asks to run, with the policy's floors applied; and the compiled rules, or "".

    Raises:
        UserError: the definition is wrong, a symbol is not known, the dates are.
    """
    bench = bench_now(found.watched.where, world.bench, found.watched.base_branch)
    definition = prepare(found.subject, bench).definition
    if definition.definition is None:
        problems = "; ".join(f.message for f in definition.findings if f.severity is Severity.ERROR)
        raise UserError(f"the definition of {found.strategy.name} is not valid: {problems}")
    tasks, findings = resolve_tasks(
        definition.definition,
        bench.policies.risk,
        bench.data,
        causality=bench.causality,
        wishes=Wishes(request.config, request.start, request.end, request.symbols),
        files=found.subject.files,
    )
    if findings:
        raise UserError("; ".join(f.message for f in findings))
    return tasks, definition.rules


def lowered(limits: Limits, request: LimitRequest) -> Limits:
    """The policy's limits with what a request lowers."""
    return limits.lowered_by(wall_s=request.wall_s, memory_mb=request.memory_mb, cpus=request.cpus)


def run_backtest_job(world: World, job: Job) -> None:
    """Run one requested backtest to its end; each symbol moves its progress.

    Raises:
        Superseded: the daemon is stopping.
    """
    number = int(job.payload["backtest"])
    record = world.store.backtests.get(number)
    if record is None or not world.store.backtests.start(number):
        return
    try:
        counter, ran = _run(world, number, request_from(dict(record.request)))
    except UserError as error:
        world.store.backtests.finish(number, "failed", error=str(error))
    except Superseded:
        raise
    except Exception as error:
        if job.attempts >= job.max_attempts:  # nobody tries again: whoever asked is told
            words = str(error) if isinstance(error, TransientError) else "the bot met a bug"
            world.store.backtests.finish(number, "failed", error=words)
        raise
    else:
        _finish(world, number, record.strategy, counter, ran)
    world.progress.tell(BacktestChanged(number))


def _finish(world: World, number: int, name: str, counter: StoreCounter, ran: Ran) -> None:
    """Record results and tries together: nobody sees a result that is not counted."""
    results = [result for _, result in ran]
    bad = [r for r in results if r.status is not Status.PASSED]
    aggregate = gates.account_of(results)[0] if not bad else None
    document = {
        "results": [r.model_dump(mode="json") for r in results],
        "aggregate": aggregate.model_dump(mode="json") if aggregate else None,
    }
    with world.store.transaction():
        counter.record(name, "", ran)
        world.store.backtests.finish(
            number,
            "failed" if bad else "completed",
            result=json.dumps(document),
            error=(bad[0].message or str(bad[0].status)) if bad else "",
        )


def _run(world: World, number: int, request: BacktestRequest) -> tuple[StoreCounter, Ran]:
    found = find_subject(world, request.name, request.ref)
    tasks, rules = backtest_tasks(world, found, request)
    limits = lowered(world.bench.policies.sandbox.limits, request.limits)
    ran = []
    for done, task in enumerate(tasks):
        name = found.strategy.name
        job = task.job(name, found.subject.files, rules, limits, f"{name}/{task.symbol}")
        future = world.bench.executor.submit(job, partial(log_output, job.label))
        ran.append((job, _wait(world, future)))
        world.store.backtests.progress(number, (done + 1) / len(tasks))
        world.progress.tell(BacktestChanged(number))
    counter = StoreCounter(world.store, found.watched.name, "backtest", request.ref, request.actor)
    return counter, ran


def _wait(world: World, future: Future[ExecutionResult]) -> ExecutionResult:
    deadline = time.monotonic() + 86_400
    while time.monotonic() < deadline:
        if world.stopping.is_set():
            future.cancel()
            raise Superseded
        try:
            return future.result(timeout=POLL_S)
        except TimeoutError:
            continue
    raise UserError("the backtest did not end within a day")


def request_to(request: BacktestRequest) -> dict[str, Any]:
    """A request as JSON values."""
    return {
        "name": request.name,
        "actor": request.actor,
        "ref": request.ref,
        "config": request.config.model_dump(mode="json") if request.config else None,
        "start": request.start,
        "end": request.end,
        "symbols": list(request.symbols),
        "limits": {
            "wall_s": request.limits.wall_s,
            "memory_mb": request.limits.memory_mb,
            "cpus": request.limits.cpus,
        },
    }


def request_from(document: dict[str, Any]) -> BacktestRequest:
    """The request that `request_to` wrote."""
    config = document["config"]
    return BacktestRequest(
        name=document["name"],
        actor=document["actor"],
        ref=document["ref"],
        config=BacktestConfig.model_validate(config) if config else None,
        start=document["start"],
        end=document["end"],
        symbols=tuple(document["symbols"]),
        limits=LimitRequest(**document["limits"]),
    )
