"""PURE: what another risk policy would have said of a report; no backtest is run.

Only gates are judged anew. Costs, data and further runs of the other policy (robustness,
walk-forward) would need backtests: what was run stays as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.engine import gates
from components.schema.policies.risk import BOOK_METRICS, FURTHER_METRICS, RiskPolicy
from components.schema.results.book import BookFit
from components.schema.results.report import GateResult, StrategyReport
from components.schema.results.values import ExecutionResult, Status


@dataclass(frozen=True)
class Tried:
    """One strategy of a run under both policies.

    Attributes:
        before, after: whether its gates held, and would hold.
        broken: gates that would block, in words.
        untold: ids of gates on what the report does not have: the deployed version, further runs.
    """

    name: str
    version: str
    before: bool
    after: bool
    broken: tuple[GateResult, ...]
    warned: tuple[GateResult, ...]
    untold: tuple[str, ...]


def tried(policy: RiskPolicy, report: StrategyReport) -> Tried | None:
    """A strategy's stored results under another policy; None where its gates were not reached."""
    if not report.gates or any(r.metrics is None for r in report.results):
        return None
    base = _base(report)
    there = any(g.compare == "base" and g.limit is not None for g in report.gates)
    unrun = FURTHER_METRICS - {g.metric for g in report.gates}
    unrun |= BOOK_METRICS if report.book is None else set()
    untold = tuple(
        g.id
        for g in policy.gates
        if (g.compare == "base" and there and not base) or g.metric in unrun
    )
    sealed = ("holdout",) if policy.holdout is not None and report.holdout is None else ()
    kept = policy.model_copy(update={"gates": tuple(g for g in policy.gates if g.id not in untold)})
    whole = (report.aggregate, report.aggregate_benchmark) if report.aggregate else None
    judged = gates.judge(kept, report.results, base or None, whole)
    judged = (*judged, *gates.judge_luck(kept, report.luck))
    judged = (*judged, *gates.judge_further(kept, report.further))
    judged = (*judged, *gates.judge_book(kept, report.book or BookFit()))
    broken = tuple(g for g in judged if not g.passed and g.severity == "block")
    return Tried(
        name=report.name,
        version=report.version,
        before=all(g.passed or g.severity == "warn" for g in report.gates),
        after=not broken,
        broken=broken,
        warned=tuple(g for g in judged if not g.passed and g.severity == "warn"),
        untold=(*untold, *sealed),
    )


def _base(report: StrategyReport) -> Sequence[ExecutionResult]:
    """The deployed version's result, where the report has it: with one symbol only."""
    if report.base_metrics is None or len(report.results) != 1:
        return ()
    symbol = report.results[0].symbol
    return (ExecutionResult(status=Status.PASSED, symbol=symbol, metrics=report.base_metrics),)
