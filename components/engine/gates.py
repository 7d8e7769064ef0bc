"""PURE: results against the operator's policy. What can't be judged has not passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.policies.risk import (
    BOOK_METRICS,
    CHANGING_METRICS,
    FURTHER_METRICS,
    LUCK_METRICS,
)
from components.schema.results.report import GateResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.schema.policies.risk import Floors, Gate, RiskPolicy
    from components.schema.results.book import BookFit
    from components.schema.results.evidence import Luck
    from components.schema.results.further import Further
    from components.schema.results.values import ExecutionResult, Metrics

Whole = tuple["Metrics", "Metrics | None"]
"""Metrics of an account, and of buying and holding with its money."""

_NOT_DEPLOYED = "nothing is deployed yet"
_DOES_NOT_RUN = "the deployed version does not run any more"


def judge(
    policy: RiskPolicy,
    results: Sequence[ExecutionResult],
    base: Sequence[ExecutionResult] | None,
    whole: Whole | None = None,
) -> tuple[GateResult, ...]:
    """All gates but those on luck, the book and further runs, on each symbol and on all of them.

    Args:
        policy: the gates.
        results: one backtest a symbol.
        base: the deployed version on the same data, as far as it still runs; None: nothing is
            deployed. A gate that compares with what is not there holds, and says why.
        whole: the account of all symbols, where it is known already.

    Returns:
        One result a gate and symbol (symbol "" is the account of all). A metric that is
        undefined, or a result without metrics, breaks its gate.
    """
    deployed = {result.symbol: result.metrics for result in base or () if result.metrics}
    alone = _NOT_DEPLOYED if base is None else _DOES_NOT_RUN
    apart = CHANGING_METRICS | FURTHER_METRICS
    own = [gate for gate in policy.gates if gate.metric not in apart]
    judged = [
        _judged(gate, result.symbol, result.metrics, _reference(gate, result, deployed), alone)
        for gate in own
        for result in results
        if gate.scope != "aggregate" or len(results) == 1
    ]
    if len(results) > 1:
        metrics, held = whole or account_of(results)
        everywhere = all(result.symbol in deployed for result in results)
        before = account_of(base or ())[0] if everywhere else None
        for gate in own:
            if gate.scope != "symbol":
                reference = before if gate.compare == "base" else held
                judged.append(_judged(gate, "", metrics, reference, alone))
    return tuple(judged)


def account_of(results: Sequence[ExecutionResult]) -> Whole:
    """See `together.together`."""
    from components.engine.together import together  # noqa: PLC0415  # pandas: no need for gates

    return together(results)


def judge_luck(policy: RiskPolicy, luck: Sequence[Luck]) -> tuple[GateResult, ...]:
    """The gates on luck (`psr`, `dsr`, `pbo`, `min_track_years`), on each symbol.

    With too few tries for a probability of overfitting a gate on it holds, and says why.
    """
    return tuple(
        _result(gate, one.symbol, None, None, passed=True, why="fewer than ten comparable tries")
        if gate.metric == "pbo" and one.pbo is None
        else _judged(gate, one.symbol, one, None, "")
        for gate in policy.gates
        if gate.metric in LUCK_METRICS
        for one in luck
    )


def judge_further(policy: RiskPolicy, further: Sequence[Further]) -> tuple[GateResult, ...]:
    """The gates on further runs (`cost_multiple`, `delay_keep`, `oos_keep`), on each symbol."""
    return tuple(
        _judged(gate, one.symbol, one, None, "")
        for gate in policy.gates
        if gate.metric in FURTHER_METRICS
        for one in further
    )


def judge_book(policy: RiskPolicy, book: BookFit) -> tuple[GateResult, ...]:
    """The gates on the book (`correlation_with_book`, `marginal_sharpe`), once for all symbols.

    With nothing to compare with they hold, and say why; what can't be computed breaks them.
    """
    on_book = (gate for gate in policy.gates if gate.metric in BOOK_METRICS)
    return tuple(_on_book(gate, book) for gate in on_book)


def _on_book(gate: Gate, book: BookFit) -> GateResult:
    if book.exempt:
        return _result(gate, "", None, None, passed=True, why=book.why)
    value = _metric(book, gate.metric)
    if value is None:
        return _result(gate, "", None, gate.value, passed=False, why=book.why)
    most = book.alike[0].name if gate.metric == "correlation_with_book" else ""
    passed = holds(gate.op, value, gate.value)
    return _result(gate, "", value, gate.value, passed=passed, why=most and f"with {most}")


def _reference(
    gate: Gate, result: ExecutionResult, deployed: Mapping[str, Metrics]
) -> Metrics | None:
    return deployed.get(result.symbol) if gate.compare == "base" else result.benchmark


def _judged(
    gate: Gate,
    symbol: str,
    metrics: Metrics | Luck | Further | None,
    reference: Metrics | None,
    alone: str,
) -> GateResult:
    value = _metric(metrics, gate.metric)
    if gate.compare == "base" and reference is None:
        return _result(gate, symbol, value, None, passed=True, why=alone)
    limit = gate.value
    if gate.compare != "absolute":
        compared = _metric(reference, gate.metric)
        if compared is None:
            return _result(gate, symbol, value, None, passed=False, why="nothing to compare with")
        limit = compared + gate.value
    if value is None:
        return _result(gate, symbol, None, limit, passed=False, why="undefined")
    return _result(gate, symbol, value, limit, passed=holds(gate.op, value, limit))


def _metric(metrics: Metrics | Luck | Further | BookFit | None, name: str) -> float | None:
    value = getattr(metrics, name) if metrics is not None else None
    return None if value is None else float(value)


def holds(op: str, value: float, limit: float) -> bool:
    """Whether a value is on the right side of a limit; what is no number never is."""
    return {
        ">=": value >= limit,
        ">": value > limit,
        "<=": value <= limit,
        "<": value < limit,
    }[op]


def _result(  # the parts of one sentence
    gate: Gate,
    symbol: str,
    value: float | None,
    limit: float | None,
    *,
    passed: bool,
    why: str = "",
) -> GateResult:
    margin = None
    if value is not None and limit is not None:
        margin = value - limit if gate.op in {">=", ">"} else limit - value
    return GateResult(
        id=gate.id,
        metric=gate.metric,
        op=gate.op,
        compare=gate.compare,
        severity=gate.severity,
        symbol=symbol,
        value=value,
        limit=limit,
        margin=margin,
        passed=passed,
        message=_sentence(gate, symbol, value, limit, passed=passed, why=why),
    )


def _sentence(  # as above
    gate: Gate, symbol: str, value: float | None, limit: float | None, *, passed: bool, why: str
) -> str:
    where = f"{symbol}: " if symbol else ""
    found = "undefined" if value is None else f"{value:.4g}"
    needs = "" if limit is None else f", needs {gate.op} {limit:.4g}"
    against = {"absolute": "", "base": " (deployed version)", "benchmark": " (buy and hold)"}
    compared = against[gate.compare] if limit is not None else ""
    reason = f" ({why})" if why and why != "undefined" else ""
    told = "" if passed or not gate.message else f"{gate.message}: "
    return f"{where}{told}{gate.metric} {found}{needs}{compared}{reason}"


def resolve_config(policy: RiskPolicy, wanted: BacktestConfig | None) -> BacktestConfig:
    """The configuration a strategy is run with: its own, never below the policy's floors.

    Args:
        policy: floors and defaults.
        wanted: what the definition asks for; None: the policy's settings for such.

    Returns:
        The configuration; commission and slippage raised to the floors, margin raised to the
        least allowed.
    """
    config = wanted or policy.backtest
    if config is None:
        config = BacktestConfig(initial_capital=policy.defaults.initial_capital)
    elif "initial_capital" not in config.model_fields_set:
        config = config.model_copy(update={"initial_capital": policy.defaults.initial_capital})
    return config.model_copy(
        update={
            "commission": _commission(policy.floors, config),
            "slippage": max(config.slippage, policy.floors.slippage),
            "margin": max(config.margin, policy.floors.margin),
        }
    )


def _commission(floors: Floors, config: BacktestConfig) -> CommissionScheme:
    scheme = config.commission
    if not isinstance(scheme, CommissionScheme):
        scheme = CommissionScheme(pct=scheme)
    return CommissionScheme(
        fixed=max(scheme.fixed, floors.commission_fixed),
        pct=max(scheme.pct, floors.commission_pct),
    )
