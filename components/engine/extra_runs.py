"""PURE: the further runs that a policy asks for (neighbouring parameters, walk-forward), judged.

Neighbours: each number among the parameters is moved one step up and down, one at a time. A result
that stands on one exact value is luck. Walk-forward: the same parameters on the first and on the
last part of the data; the last part is what the author fitted least.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from components.schema.definition.models import ParameterSpec
from components.schema.results.report import GateResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from components.ports import BacktestJob
    from components.schema.definition.models import ScalarValue
    from components.schema.policies.risk import GateMetric, RiskPolicy
    from components.schema.results.values import ExecutionResult


@dataclass(frozen=True)
class Extra:
    """One further run.

    Attributes:
        purpose: what it is for.
        label: for people: "fast=36", "until 2012-12-31".
        job: what to run.
    """

    purpose: Literal["neighbour", "in-sample", "out-of-sample"]
    label: str
    job: BacktestJob


def extra_runs(
    policy: RiskPolicy,
    job: BacktestJob,
    parameters: Mapping[str, ScalarValue | ParameterSpec],
    index: pd.DatetimeIndex,
) -> tuple[Extra, ...]:
    """The further runs of one backtest; none where the policy asks for none.

    Args:
        policy: the switches.
        job: the backtest as it was run.
        parameters: the definition's, with their ranges.
        index: times of the bars it was run on.
    """
    runs: list[Extra] = []
    if policy.robustness.enabled:
        runs += list(_neighbours(policy, job, parameters))[: policy.robustness.max_runs]
    if policy.walk_forward.enabled:
        runs += _halves(policy, job, index)
    return tuple(runs)


def _neighbours(
    policy: RiskPolicy, job: BacktestJob, parameters: Mapping[str, ScalarValue | ParameterSpec]
) -> Iterator[Extra]:
    for name, declared in parameters.items():
        value = job.parameters.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        for near in _near(value, declared, policy.robustness.step_pct):
            label = f"{name}={near:g}"
            changed = replace(
                job,
                parameters={**job.parameters, name: near},
                label=f"{job.label}/{label}",
            )
            yield Extra("neighbour", label, changed)


def _near(
    value: float, declared: ScalarValue | ParameterSpec, step_pct: float
) -> tuple[float, ...]:
    spec = declared if isinstance(declared, ParameterSpec) else ParameterSpec(default=value)
    if spec.choices is not None:
        return ()
    step = spec.step or abs(value) * step_pct / 100
    whole = isinstance(value, int)
    near = [value - step, value + step]
    if whole:
        near = [round(min(value - 1, near[0])), round(max(value + 1, near[1]))]
    low = float("-inf") if spec.min is None else spec.min
    high = float("inf") if spec.max is None else spec.max
    return tuple(v for v in near if low <= v <= high and v != value)


def _halves(policy: RiskPolicy, job: BacktestJob, index: pd.DatetimeIndex) -> list[Extra]:
    split = int(len(index) * (1 - policy.walk_forward.out_of_sample))
    if not 1 < split < len(index) - 1:
        return []
    last, first = index[split - 1], index[split]
    until, since = last.isoformat(), first.isoformat()
    return [
        Extra("in-sample", f"until {last.date()}", replace(job, end=until)),
        Extra("out-of-sample", f"since {first.date()}", replace(job, start=since)),
    ]


def judge_extra(
    policy: RiskPolicy, result: ExecutionResult, extras: Sequence[tuple[Extra, ExecutionResult]]
) -> tuple[GateResult, ...]:
    """Gates `robustness` and `walk-forward` of one symbol, for the runs that were made.

    Args:
        policy: limits and severities.
        result: the backtest itself.
        extras: its further runs with their results, in any order.
    """
    by_purpose: dict[str, list[tuple[Extra, ExecutionResult]]] = {}
    for extra, outcome in extras:
        by_purpose.setdefault(extra.purpose, []).append((extra, outcome))
    judged: list[GateResult] = []
    if near := by_purpose.get("neighbour"):
        judged.append(_robust(policy, result, near))
    inside, outside = by_purpose.get("in-sample"), by_purpose.get("out-of-sample")
    if inside and outside:
        judged.append(_walked(policy, result.symbol, inside[0], outside[0]))
    return tuple(judged)


def _robust(
    policy: RiskPolicy, result: ExecutionResult, near: Sequence[tuple[Extra, ExecutionResult]]
) -> GateResult:
    rule = policy.robustness
    own = _value(result, rule.metric)
    values = [(_value(outcome, rule.metric), extra.label) for extra, outcome in near]
    worst = min(values, key=lambda pair: float("-inf") if pair[0] is None else pair[0])
    told = (
        f"{rule.metric} {_shown(own)}, {_shown(worst[0])} with {worst[1]} ({len(near)} neighbours)"
    )
    return _gate(
        "robustness",
        rule.metric,
        rule.severity,
        result.symbol,
        (worst[0], _least(own, rule.keep)),
        told,
    )


def _walked(
    policy: RiskPolicy,
    symbol: str,
    inside: tuple[Extra, ExecutionResult],
    outside: tuple[Extra, ExecutionResult],
) -> GateResult:
    rule = policy.walk_forward
    before, after = _value(inside[1], rule.metric), _value(outside[1], rule.metric)
    told = (
        f"{rule.metric} {_shown(before)} {inside[0].label}, "
        f"{_shown(after)} {outside[0].label}{_degradation(before, after)}"
    )
    return _gate(
        "walk-forward", rule.metric, rule.severity, symbol, (after, _least(before, rule.keep)), told
    )


def _degradation(before: float | None, after: float | None) -> str:
    if not before or after is None:
        return ""
    return f" ({(after / before - 1) * 100:+.0f} %)"


def _least(own: float | None, keep: float) -> float | None:
    """What must be left: a share of a gain; a loss may not grow by more than the same share."""
    if own is None:
        return None
    return own * keep if own >= 0 else own * (2 - keep)


def _gate(  # the parts of one result
    name: str,
    metric: GateMetric,
    severity: Literal["block", "warn"],
    symbol: str,
    found: tuple[float | None, float | None],
    told: str,
) -> GateResult:
    value, limit = found
    known = value is not None and limit is not None
    margin = value - limit if value is not None and limit is not None else None
    return GateResult(
        id=name,
        metric=metric,
        op=">=",
        compare="absolute",
        severity=severity,
        symbol=symbol,
        value=value,
        limit=limit,
        margin=margin,
        passed=known and margin is not None and margin >= 0,
        message=f"{symbol}: {told}, needs >= {_shown(limit)}",
    )


def _value(result: ExecutionResult, metric: GateMetric) -> float | None:
    value = getattr(result.metrics, metric) if result.metrics is not None else None
    return None if value is None else float(value)


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
