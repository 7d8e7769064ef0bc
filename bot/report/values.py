"""What the renderings of a report share: icons, numbers, metrics and where a finding is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import quote

from components.schema.results.report import GateResult, Report, StrategyReport
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Finding,
    Metrics,
    Outcome,
    Severity,
    Status,
    Verdict,
)
from components.texts import number_words

BASE_PREFIX = "base/"


def base_id(branch: str) -> str:
    """The base itself in the shape of a proposal: for reports on what is live."""
    return f"{BASE_PREFIX}{branch}"


def is_live(proposal_id: str) -> bool:
    """Whether a report is about what is live, not about a proposal."""
    return proposal_id.startswith(BASE_PREFIX)


VERDICT_ICON = {
    Verdict.PASSED: "✅",
    Verdict.FAILED: "❌",
    Verdict.ERROR: "⚠️",
    Verdict.NEUTRAL: "⚪",
}
OUTCOME_ICON = {
    Outcome.PASSED: "✅",
    Outcome.FAILED: "❌",
    Outcome.ERROR: "⚠️",
    Outcome.SKIPPED: "⚪",
}
SEVERITY_ICON = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "💡"}
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
LINKED_PATH_CAP = 500
_PULL = re.compile(r"(https?://[^\s?#]+/[^/\s?#]+/[^/\s?#]+)/pull/\d+")


@dataclass(frozen=True)
class Shown:
    """One metric as it is shown: its field, its words, and what makes it better."""

    field: str
    label: str
    unit: Literal["%", "", "count"]
    better: Literal["high", "low magnitude", "neither"]


HEADLINE = (
    Shown("return_pct", "Return", "%", "high"),
    Shown("sharpe", "Sharpe", "", "high"),
    Shown("max_drawdown_pct", "Max drawdown", "%", "low magnitude"),
    Shown("trades", "Trades", "count", "neither"),
)
SHARPE = HEADLINE[1]
SYMBOLS = 20
"""Symbols of a strategy that are shown one by one."""

MORE = (
    Shown("buy_hold_return_pct", "Buy and hold", "%", "neither"),
    Shown("cagr_pct", "CAGR", "%", "high"),
    Shown("volatility_ann_pct", "Volatility, annual", "%", "low magnitude"),
    Shown("sortino", "Sortino", "", "high"),
    Shown("calmar", "Calmar", "", "high"),
    Shown("win_rate_pct", "Win rate", "%", "high"),
    Shown("profit_factor", "Profit factor", "", "high"),
    Shown("expectancy_pct", "Expectancy", "%", "high"),
    Shown("exposure_pct", "Exposure", "%", "neither"),
    Shown("alpha", "Alpha", "", "high"),
    Shown("beta", "Beta", "", "neither"),
    Shown("sqn", "SQN", "", "high"),
    Shown("commissions", "Commissions", "", "low magnitude"),
)


def number(metrics: Metrics | None, shown: Shown) -> float | None:
    """The value of a metric, or None where it is undefined."""
    value = getattr(metrics, shown.field, None)
    return None if value is None else float(value)


def words(value: float | None, shown: Shown) -> str:
    """A number for people; an undefined one is said to be so, never shown as 0."""
    if value is None:
        return "n/a"
    if shown.unit == "count":
        return f"{value:z,.0f}"
    return f"{value:z,.1f} %" if shown.unit == "%" else f"{value:z,.2f}"


def change(before: float | None, after: float | None, shown: Shown) -> str:
    """The difference with an arrow: up is better, down is worse, whatever the number's sign."""
    if before is None or after is None:
        return ""
    digits = {"%": 1, "": 2, "count": 0}[shown.unit]
    delta = round(after - before, digits)
    if delta == 0:
        return "same"
    text = f"{delta:+z,.{digits}f}"
    if shown.better == "neither":
        return text
    gain = abs(before) - abs(after) if shown.better == "low magnitude" else after - before
    return f"▲ {text}" if gain > 0 else f"▼ {text}"


class _HasMetrics(Protocol):
    """A backtest."""

    @property
    def metrics(self) -> Metrics | None: ...


class _HasFigures(Protocol):
    """A strategy's report, or a part of one."""

    @property
    def aggregate(self) -> Metrics | None: ...
    @property
    def results(self) -> Sequence[_HasMetrics]: ...


def metrics_of(strategy: _HasFigures) -> Metrics | None:
    """The metrics that stand for a strategy: the account of all symbols, or its only one's."""
    if strategy.aggregate is not None:
        return strategy.aggregate
    return next((r.metrics for r in strategy.results if r.metrics is not None), None)


def has_figures(report: Report) -> bool:
    """Whether any backtest of it came to figures, so that a tear sheet shows something."""
    return any(r.metrics is not None for s in report.strategies for r in s.results)


def unit_words(results: Sequence[ExecutionResult]) -> str:
    """What was traded in parts of a unit, as a sentence, or ""."""
    parts = {result.symbol: result.unit for result in results if result.unit != 1}
    told = [f"{symbol} in multiples of {number_words(unit)}" for symbol, unit in parts.items()]
    return f"Traded {', '.join(told)}." if told else ""


def account_words(results: Sequence[ExecutionResult]) -> str:
    """What the figures of several symbols are of, and each one's Sharpe ratio; "" for one."""
    if len(results) == 1:
        return ""
    known = [(r.metrics.sharpe if r.metrics else None, r.symbol) for r in results]
    known.sort(key=lambda pair: (pair[0] is not None, pair[0] or 0.0))
    told = [f"{symbol} {words(ratio, SHARPE)}" for ratio, symbol in known[:SYMBOLS]]
    more = f" and {len(known) - SYMBOLS} more" if len(known) > SYMBOLS else ""
    return (
        f"Figures of one account with the same money in each of {len(known)} symbols. Sharpe ratio "
        f"of each, the worst first: {', '.join(told)}{more}."
    )


def band_words(results: Sequence[ExecutionResult]) -> str:
    """Between which figures the order of events inside of bars leaves the results, or ""."""
    return " ".join(filter(None, map(_band_words, results)))


def _band_words(result: ExecutionResult) -> str:
    band, counted = result.band, result.metrics
    if band is None or counted is None:
        return ""
    spans = []
    for shown in HEADLINE[:3]:
        span = band.span(shown.field, counted)
        if span is not None:
            spans.append(f"{shown.label} {words(span[0], shown)} to {words(span[1], shown)}")
    told = "; ".join(spans) or "the other order could not be played"
    trades = f"{band.trades:,} trade{'' if band.trades == 1 else 's'}"
    return f"{result.symbol}: single bars can't decide {trades}, so by the order of events: {told}."


def troubles(strategy: StrategyReport) -> list[str]:
    """What made a strategy fail and no finding says: broken gates, executions that ended badly."""
    told = {c.name for c in strategy.checks for f in c.findings if f.severity is Severity.ERROR}
    found: list[str] = []
    if not told & {CheckName.SANDBOX_TEST, CheckName.BACKTEST, CheckName.LOOKAHEAD}:
        found += [_ending(r) for r in strategy.results if r.status is not Status.PASSED]
    if CheckName.POLICY not in told:
        found += [gate_words(g) for g in strategy.gates if not g.passed and g.severity == "block"]
    return found


def _ending(result: ExecutionResult) -> str:
    last = result.traceback.strip().rpartition("\n")[2]
    parts = (result.status.value.replace("_", " "), result.message, last)
    text = ": ".join(part for part in parts if part)
    return f"{result.symbol}: {text}" if result.symbol else text


def gate_words(gate: GateResult) -> str:
    """A gate as a sentence: what was found, what was asked for, and why."""
    against = {"absolute": "", "base": " of the deployed version", "benchmark": " of the benchmark"}
    value, limit = ("undefined" if v is None else f"{v:z,.2f}" for v in (gate.value, gate.limit))
    where = f" ({gate.symbol})" if gate.symbol else ""
    why = f": {gate.message}" if gate.message else ""
    return (
        f"gate {gate.id}{where}: {gate.metric} is {value}, "
        f"must be {gate.op} {limit}{against[gate.compare]}{why}"
    )


def by_urgency(strategies: Sequence[StrategyReport]) -> list[StrategyReport]:
    """What needs somebody's attention first; by name within."""
    order = {Verdict.FAILED: 0, Verdict.ERROR: 1, Verdict.PASSED: 2, Verdict.NEUTRAL: 3}
    return sorted(strategies, key=lambda s: (order[s.verdict], s.name))


def weighed_findings(report: Report) -> list[Finding]:
    """All different findings, each at its path in the repository, the gravest first."""
    return sorted(
        set(_located(report)),
        key=lambda f: (_WEIGHT[f.severity], f.file, f.line or 0, f.column or 0, f.rule, f.message),
    )


def findings_by_file(report: Report) -> dict[str, list[Finding]]:
    """All findings by path in the repository, the gravest first; "" holds those without a file."""
    grouped: dict[str, list[Finding]] = {}
    for finding in weighed_findings(report):
        grouped.setdefault(finding.file, []).append(finding)
    return grouped


def _located(report: Report) -> Iterator[Finding]:
    yield from report.findings
    for check in report.checks:
        yield from check.findings
    for strategy in report.strategies:
        for check in strategy.checks:
            for finding in check.findings:
                yield finding.model_copy(update={"file": _path(strategy.path, finding.file)})


def _path(folder: str, file: str) -> str:
    if not file or not folder or file == folder or file.startswith(f"{folder}/"):
        return file
    return f"{folder}/{file}"


def repository_url(report: Report) -> str:
    """The web address of the repository, read from the pull request's, else ""."""
    match = _PULL.match(report.proposal.url)
    return match.group(1) if match else ""


def line_url(report: Report, finding: Finding) -> str:
    """Where a finding can be looked at, else ""."""
    root = repository_url(report)
    if not root or not 0 < len(finding.file) <= LINKED_PATH_CAP:
        return ""
    lines = f"#L{finding.line}" if finding.line else ""
    return f"{root}/blob/{quote(report.head_commit)}/{quote(finding.file, errors='replace')}{lines}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """`1 strategy`, `2 strategies`."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
