"""A backtest or smoke test as a job: streamed, or audited where that is too dear."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from components.engine import drawdowns
from components.engine.attempt import Attempt
from components.engine.audit import MOST_ORDER_BARS, SAMPLED_BARS, Coverage
from components.engine.findings import UNFINISHED
from components.engine.forecast import TooDear
from components.engine.job_bars import Market, market_of
from components.errors import ConfigError, TransientError, UserError
from components.ports import BacktestJob, SmokeJob
from components.schema.results.values import (
    ExecutionResult,
    Status,
)

if TYPE_CHECKING:
    from components.ports import BarSource, Sandbox
    from components.schema.results.values import Limits

_SHARE, _ENOUGH = 0.1, 2_500
"""Where streaming was too dear: share of the bars without orders, or number, to be looked at."""
_PLANNED = 0.6
"""Share of a CPU time that the look may plan for."""


def run_backtest(job: BacktestJob, sandbox: Sandbox, data: BarSource) -> ExecutionResult:
    """Backtest one strategy on one symbol; fills and metrics are computed here, outside.

    Never raises for the author's or the machine's faults: they are results.
    """
    return _run(job, sandbox, data)


def run_smoke(job: SmokeJob, sandbox: Sandbox, data: BarSource) -> ExecutionResult:
    """Import, build with the parameters, and run the first bars. Never raises, as above."""
    return _run(job, sandbox, data)


def _run(job: BacktestJob | SmokeJob, sandbox: Sandbox, data: BarSource) -> ExecutionResult:
    began = time.perf_counter()
    drawdowns.install()
    try:
        outcome = _tried(job, sandbox, market_of(job, data))
    except (ConfigError, TransientError) as error:
        outcome = ExecutionResult(status=Status.INFRASTRUCTURE_ERROR, message=str(error))
    except UserError as error:
        outcome = ExecutionResult(status=Status.FAILED, message=str(error))
    return outcome.model_copy(
        update={
            "symbol": job.symbol,
            "interval": job.interval,
            "duration_s": round(time.perf_counter() - began, 6),
        }
    )


def _tried(job: BacktestJob | SmokeJob, sandbox: Sandbox, market: Market) -> ExecutionResult:
    """Streamed where that fits its CPU time, else once more on all data, audited.

    Where the audit fails without having found a leak (chance, an init() that can't be followed),
    streaming has the last word, so that no verdict depends on how fast the machine is. Where audits
    are configured it has that only where the audit came to no end, as with code that fails on few
    bars, and where its time allows it.
    """
    if isinstance(job, SmokeJob):
        return Attempt(job, sandbox, market).outcome()
    until = time.monotonic() + job.limits.wall_s
    coverage = None
    if job.causality == "streamed":
        try:
            return Attempt(job, sandbox, market).outcome()
        except TooDear as dear:
            coverage = _coverage(dear, job.limits, len(market.bars.frame))
    left = job if coverage is None else _in_time(job, until)
    audited = replace(left, causality="audited")
    outcome = Attempt(audited, sandbox, market, coverage).outcome()
    rules = {leak.rule for leak in outcome.lookahead}
    unsettled = {UNFINISHED} if coverage is None else rules - {"lookahead"}
    if "lookahead" in rules or not rules & unsettled:
        return outcome
    streamed = replace(_in_time(job, until), causality="streamed", stream_cpu_s=None)
    last_word = Attempt(streamed, sandbox, market).outcome()
    late = coverage is None and last_word.status is Status.TIMEOUT
    return outcome if late else last_word


def _in_time(job: BacktestJob, until: float) -> BacktestJob:
    left_s = max(1.0, until - time.monotonic())
    return replace(job, limits=job.limits.lowered_by(wall_s=left_s))


def _coverage(dear: TooDear, limits: Limits, bars: int) -> Coverage:
    """As much as the CPU time allows: a look at a bar costs about what streaming it would."""
    affordable = int(_PLANNED * limits.cpu_s / dear.whole_s * bars)
    least = min(int(_SHARE * bars), _ENOUGH)
    others = max(least, int(_PLANNED * dear.budget_s / dear.whole_s * bars))
    others = max(SAMPLED_BARS, min(others, affordable))
    return Coverage(orders=max(MOST_ORDER_BARS, affordable - others), others=others)
