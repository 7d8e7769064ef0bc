"""The further runs that the risk policy asks for, run and judged: neighbours, walk-forward."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from bot.checks.jobs import not_made
from bot.checks.subject import Bench
from components.engine.extra_runs import extra_runs, judge_extra
from components.ports import BacktestJob
from components.schema.definition.models import ParameterSpec, ScalarValue
from components.schema.results.report import GateResult
from components.schema.results.values import ExecutionResult

Run = Callable[[Sequence[BacktestJob]], tuple[ExecutionResult, ...]]


def further_gates(
    bench: Bench,
    parameters: Mapping[str, ScalarValue | ParameterSpec],
    backtests: Sequence[tuple[BacktestJob, ExecutionResult]],
    run: Run,
) -> tuple[tuple[GateResult, ...], str]:
    """Gates `robustness` and `walk-forward` of each symbol, where the policy asks for them.

    Args:
        bench: policy and data.
        parameters: the definition's, with their ranges.
        backtests: what was run, one job a symbol.
        run: runs jobs and waits for them.

    Returns:
        The gates, and what broke on the machine's side ("" for nothing): then nothing is judged.
    """
    policy = bench.policies.risk
    if not (policy.robustness.enabled or policy.walk_forward.enabled):
        return (), ""
    judged: list[GateResult] = []
    for job, result in backtests:
        bars = bench.data.bars(job.symbol, job.interval, job.start, job.end)
        extras = extra_runs(policy, job, parameters, pd.DatetimeIndex(bars.frame.index))
        outcomes = run([extra.job for extra in extras])
        broken = not_made("the further runs that the policy asks for", outcomes)
        if broken:
            return (), broken
        judged += judge_extra(policy, result, list(zip(extras, outcomes, strict=True)))
    return tuple(judged), ""
