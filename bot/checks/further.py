"""The further runs that the risk policy asks for: neighbours, costs, delay, walk-forward."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.checks.jobs import not_made
from bot.checks.subject import Bench
from components.engine.costs import at_double_costs, cost_multiple, delay_keep
from components.engine.extra_runs import extra_runs, judge_extra
from components.engine.job_bars import times_of
from components.engine.walk_forward import choices, walked
from components.ports import BacktestJob
from components.schema.definition.models import ParameterSpec, ScalarValue
from components.schema.policies.risk import FURTHER_METRICS, RiskPolicy
from components.schema.results.evidence import Track
from components.schema.results.further import Further
from components.schema.results.report import GateResult
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Finding,
    Severity,
    Status,
)

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
        extras = extra_runs(policy, job, parameters, times_of(job, bench.data))
        outcomes = run([extra.job for extra in extras])
        broken = not_made("the further runs that the policy asks for", outcomes)
        if broken:
            return (), broken
        judged += judge_extra(policy, result, list(zip(extras, outcomes, strict=True)))
    return tuple(judged), ""


@dataclass(frozen=True)
class FurtherRuns:
    """What further runs for gates came to.

    Attributes:
        figures: one a symbol; none where the policy has no gate on them, or they were not run.
        findings: a note where they were not run.
        broken: the machine's fault: there is no verdict then.
    """

    figures: tuple[Further, ...] = ()
    findings: tuple[Finding, ...] = ()
    broken: str = ""


def further_runs(
    bench: Bench,
    parameters: Mapping[str, ScalarValue | ParameterSpec],
    backtests: Sequence[tuple[BacktestJob, ExecutionResult]],
    run: Run,
    judged: Sequence[GateResult],
) -> FurtherRuns:
    """The runs that gates of the policy ask for, where the cheaper gates hold.

    Gates on luck are not among the cheaper ones: they change with the count of tries, and what is
    kept for a content may not depend on it.

    Args:
        bench: policy and data.
        parameters: the definition's, with their ranges.
        backtests: what was run, one job a symbol.
        run: runs jobs and waits for them; nobody may hear what they say (see docs/metrics.md).
        judged: the cheaper gates.
    """
    policy = bench.policies.risk
    wanted = FURTHER_METRICS & {gate.metric for gate in policy.gates}
    if not wanted:
        return FurtherRuns()
    if any(not gate.passed and gate.severity == "block" for gate in judged):
        return FurtherRuns(findings=(_not_run(wanted),))
    figures = []
    for job, result in backtests:
        dear = _costlier(job) if "cost_multiple" in wanted else []
        late = _later(job) if "delay_keep" in wanted else []
        others = _others(policy, job, parameters) if "oos_keep" in wanted else []
        outcomes = run([*dear, *late, *others])
        broken = not_made("the further runs that the policy's gates ask for", outcomes)
        if broken:
            return FurtherRuns(broken=broken)
        found = Further(symbol=result.symbol)
        if "oos_keep" in wanted:
            tracks = [_track(outcome) for outcome in outcomes[len(dear) + len(late) :]]
            found = walked(policy.out_of_sample, result.symbol, result.track, tracks)
        if dear:
            found = found.model_copy(update=_cost_figures(result, outcomes[0]))
        if late:
            found = found.model_copy(update=_delay_figures(result, outcomes[len(dear)]))
        figures.append(found)
    return FurtherRuns(tuple(figures))


def _costlier(job: BacktestJob) -> list[BacktestJob]:
    """The job at double costs; none where no backtest takes so much: the figure is undefined."""
    config = at_double_costs(job.config)
    return [] if config is None else [replace(job, config=config, label=f"{job.label}/costs-x2")]


def _later(job: BacktestJob) -> list[BacktestJob]:
    return [replace(job, delay=1, label=f"{job.label}/one-bar-later")]


def _others(
    policy: RiskPolicy, job: BacktestJob, parameters: Mapping[str, ScalarValue | ParameterSpec]
) -> list[BacktestJob]:
    sets = choices(parameters, job.parameters, policy.out_of_sample.choices)
    return [
        replace(job, parameters=chosen, label=f"{job.label}/choice-{number}")
        for number, chosen in enumerate(sets, 1)
    ]


def ran_in_order(outcome: ExecutionResult) -> bool:
    """Whether a run's figures may be used: it ended in order and knew nothing too early."""
    return outcome.status is Status.PASSED and bool(outcome.looked_at) and not _leaks(outcome)


def _leaks(outcome: ExecutionResult) -> bool:
    return any(leak.severity is Severity.ERROR for leak in outcome.lookahead)


def _track(outcome: ExecutionResult) -> Track | None:
    return outcome.track if ran_in_order(outcome) else None


def _cost_figures(once: ExecutionResult, twice: ExecutionResult) -> dict[str, float | None]:
    values = [
        r.metrics.return_pct if r.metrics and ran_in_order(r) else None for r in (once, twice)
    ]
    before, after = values
    if before is None or after is None:
        return {}
    return {"cost_multiple": cost_multiple(before, after), "double_cost_return_pct": after}


def _delay_figures(prompt: ExecutionResult, late: ExecutionResult) -> dict[str, float | None]:
    if (
        prompt.metrics is None
        or late.metrics is None
        or not (ran_in_order(prompt) and ran_in_order(late))
    ):
        return {}
    return {
        "delay_keep": delay_keep(prompt.metrics.sharpe, late.metrics.sharpe),
        "delayed_sharpe": late.metrics.sharpe,
        "delayed_return_pct": late.metrics.return_pct,
    }


def _not_run(wanted: Collection[str]) -> Finding:
    return Finding(
        check=CheckName.POLICY,
        rule="further-runs-not-made",
        severity=Severity.INFO,
        message=f"{', '.join(sorted(wanted))}: not computed, because other gates do not hold",
        hint="the further runs are made once all other blocking gates hold",
    )
