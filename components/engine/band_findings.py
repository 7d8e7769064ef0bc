"""Says how far a result hangs on what single bars can't decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.engine.gates import judge
from components.schema.results.values import Band, CheckName, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from algoops.exchange.undecided import UndecidedTrade
    from components.schema.policies.risk import RiskPolicy
    from components.schema.results.report import GateResult
    from components.schema.results.values import ExecutionResult, Metrics


def band_of(
    asked: Sequence[UndecidedTrade], index: pd.Index, ends: tuple[Metrics | None, Metrics | None]
) -> Band | None:
    """The band of a result; None: each bar decided all by itself.

    Args:
        asked: the questions of the run, the first bar first.
        index: times of the bars.
        ends: metrics with the stop-losses first, and with the take-profits first.
    """
    undecided = [one.bar for one in asked if not one.answered]
    if not undecided:
        return None
    return Band(
        trades=len(undecided),
        first_bar=undecided[0],
        first_time=index[undecided[0]].isoformat(),
        stops_first=ends[0],
        targets_first=ends[1],
    )


def detail_findings(
    asked: Sequence[UndecidedTrade], detail: str | None, symbol: str, *, audited: bool
) -> tuple[Finding, ...]:
    """How often finer bars decided, or why they did not.

    Args:
        asked: the questions of the run.
        detail: interval of the finer bars, where the definition asks for them.
        symbol: for the message.
        audited: the strategy had all bars before any was filled.
    """
    if detail is None or not (asked or audited):
        return ()
    if audited:
        message = f"the bars of {detail} decide nothing in an audited run"
        hint = "all orders are in before the first fill: stream it, or take finer bars to trade on"
    else:
        known = sum(one.answered for one in asked)
        message = f"bars of {detail} decided {known:,} of {len(asked):,} trades that one bar can't"
        hint = (
            ""
            if known == len(asked)
            else "finer bars are missing there, don't make up the bar, or don't tell it either"
        )
    return (
        Finding(
            check=CheckName.BACKTEST,
            rule="detail",
            severity=Severity.WARNING if audited else Severity.INFO,
            message=f"{symbol}: {message}",
            hint=hint,
            found=detail,
        ),
    )


def band_findings(band: Band | None, counted: Metrics, symbol: str) -> tuple[Finding, ...]:
    """A warning where one bar could not decide a trade.

    Args:
        band: of the result.
        counted: the metrics that are judged.
        symbol: for the message.
    """
    if band is None:
        return ()
    what = "1 trade hangs" if band.trades == 1 else f"{band.trades:,} trades hang"
    message = (
        f"{symbol}: {what} on what one bar can't tell: whether stop-loss or take-profit came "
        f"first, or whether they came after the entry; first at {band.first_time} "
        f"(bar {band.first_bar})"
    )
    span = band.span("return_pct", counted)
    if span is None:
        message += "; the other order of events could not be played"
    else:
        message += (
            f"; the return is {counted.return_pct or 0:z,.2f} % as counted, and between "
            f"{span[0]:z,.2f} % and {span[1]:z,.2f} % by the order of events"
        )
    return (
        Finding(
            check=CheckName.BACKTEST,
            rule="orders-in-one-bar",
            severity=Severity.WARNING,
            message=message,
            hint="use finer bars, or wider stops: a bar does not tell which price came first",
            found=str(band.trades),
        ),
    )


def gates_within_the_band(
    policy: RiskPolicy,
    results: Sequence[ExecutionResult],
    base: Sequence[ExecutionResult] | None,
) -> tuple[Finding, ...]:
    """Warnings: blocking gates that hold with one order of events and break with the other."""
    if all(result.band is None for result in results):
        return ()
    orders = ("as counted", "with the stop-losses first", "with the take-profits first")
    versions = (None, "stops_first", "targets_first")
    judged = [judge(policy, [_at(result, end) for result in results], base) for end in versions]
    return tuple(
        _on_the_edge(same, orders)
        for same in zip(*judged, strict=True)
        if same[0].severity == "block" and len({gate.passed for gate in same}) > 1
    )


def _at(result: ExecutionResult, end: str | None) -> ExecutionResult:
    """The result at one end of its band; itself where it has none."""
    metrics = getattr(result.band, end) if end is not None and result.band is not None else None
    return result if metrics is None else result.model_copy(update={"metrics": metrics})


def _on_the_edge(gates: Sequence[GateResult], orders: Sequence[str]) -> Finding:
    told = "; ".join(
        f"{order} it {'holds' if gate.passed else 'breaks'} ("
        f"{'undefined' if gate.value is None else f'{gate.value:.4g}'})"
        for gate, order in zip(gates, orders, strict=True)
    )
    where = f"{gates[0].symbol}: " if gates[0].symbol else ""
    return Finding(
        check=CheckName.POLICY,
        rule="gate-within-the-band",
        severity=Severity.WARNING,
        message=(
            f"{where}gate {gates[0].id} ({gates[0].metric}) hangs on what single bars can't tell: "
            f"{told}"
        ),
        hint="what is counted decides; use finer bars, or wider stops, to know more",
        found=gates[0].id,
    )
