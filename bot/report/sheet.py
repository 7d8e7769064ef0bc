"""A report's tear sheet: one HTML file with pictures, for people without the page; it prints.

Nothing in it comes from elsewhere, and its Content-Security-Policy lets nothing run or load.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from bot.report import sheet_figures as figures
from bot.report.contributions import HEAD, contribution_rows
from bot.report.further import further_rows
from bot.report.luck import evidence_rows, luck_rows
from bot.report.sheet_figures import Rows
from bot.report.templates import environment
from bot.report.values import HEADLINE, MORE, band_words, number, unit_words, words
from components.errors import UserError
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import ExecutionResult, Metrics

HERE = Path(__file__).parent
MOST = 40
MOST_SYMBOLS = 50
"""Backtests that are drawn; a file with more would open in no browser."""

TEXT_CAP = 600
CSS = (HERE / "sheet.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
CSP = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""What a browser may do with the file: use its one style, and nothing else."""


@dataclass(frozen=True)
class Sheet:
    """One backtest as it is shown; `missing` says in words why there are no figures."""

    name: str
    version: str
    symbol: str
    interval: str
    verdict: str
    missing: str
    body: dict[str, Any]


def sheet(report: Report) -> str:
    """The whole file.

    Args:
        report: what was found out; everything in it that somebody wrote is escaped here.

    Returns:
        An HTML document.

    Raises:
        UserError: a report from elsewhere has times or numbers that no chart can show.
    """
    pairs = [(s, r) for s in report.strategies for r in s.results][:MOST]
    try:
        sheets = [_sheet(report, strategy, result) for strategy, result in pairs]
    except (ValueError, ArithmeticError) as error:
        raise UserError(
            f"this report can't be drawn, a time or a number in it is wrong: {error}",
            hint="use one that `algoops check` or the daemon wrote",
        ) from error
    return _template().render(
        report=report,
        css=Markup(CSS),  # noqa: S704  # our own file
        csp=CSP,
        sheets=sheets,
        more=sum(len(s.results) for s in report.strategies) - len(sheets),
        unmade=[s for s in report.strategies if not s.results],
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    return environment(HERE, TEXT_CAP).get_template("sheet.html")


def _sheet(report: Report, strategy: StrategyReport, result: ExecutionResult) -> Sheet:
    missing = "" if result.metrics is not None else _missing(result)
    body = {} if result.metrics is None else _body(strategy, result, result.metrics)
    body["provenance"] = _provenance(report, strategy, result)
    return Sheet(
        name=strategy.name,
        version=strategy.version,
        symbol=result.symbol,
        interval=result.interval,
        verdict=str(strategy.verdict),
        missing=missing,
        body=body,
    )


def _missing(result: ExecutionResult) -> str:
    ended = str(result.status).replace("_", " ")
    told = f": {result.message}" if result.message else ""
    return f"This backtest has no figures. It ended as {ended}{told}"


def _body(strategy: StrategyReport, result: ExecutionResult, metrics: Metrics) -> dict[str, Any]:
    evidence, luck = result.evidence, [x for x in strategy.luck if x.symbol == result.symbol]
    further = [x for x in strategy.further if x.symbol == result.symbol]
    months = figures.month_table(evidence) if evidence is not None else None
    return {
        "period": f"{metrics.start[:10]} to {metrics.end[:10]}",
        "notes": list(filter(None, (unit_words([result]), band_words([result])))),
        "luck": [one.line for one in luck],
        "luck_rows": [row for one in luck for row in luck_rows(one)],
        "further_rows": [row for one in further for row in further_rows(one)],
        "evidence_rows": evidence_rows(evidence) if evidence is not None else [],
        "columns": _columns(strategy, result),
        "equity": figures.equity_chart(result),
        "drawdown": figures.drawdown_chart(result),
        "months": months,
        "years": figures.year_chart(evidence) if evidence is not None else Markup(),
        "rolling": figures.rolling_chart(evidence, metrics) if evidence is not None else Markup(),
        "regimes": evidence.regimes if evidence is not None else (),
        "contributions": contribution_rows(result)[:MOST_SYMBOLS],
        "contribution_head": HEAD,
        "more_symbols": max(0, len(result.contributions) - MOST_SYMBOLS),
        "trades": figures.trade_rows(result.trades, metrics),
        "spread": figures.spread_chart(result.trades),
        "costs": figures.cost_rows(result),
        "cost_chart": figures.cost_chart(result),
        "all_symbols": ", all symbols" if len(strategy.results) > 1 else "",
        "gates": [g for g in strategy.gates if g.symbol in {"", result.symbol}],
    }


def _columns(
    strategy: StrategyReport, result: ExecutionResult
) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """The figures of a result beside those of the deployed version and of holding."""
    alone = len(strategy.results) == 1  # the account of several symbols is no symbol's
    named = [
        ("This version", result.metrics),
        ("Deployed", strategy.base_metrics if alone else None),
        ("Buy and hold", result.benchmark),
    ]
    known = [(name, metrics) for name, metrics in named if metrics is not None]
    rows = [
        (shown.label, [words(number(metrics, shown), shown) for _, metrics in known])
        for shown in HEADLINE + MORE
    ]
    return [name for name, _ in known], rows


def _provenance(report: Report, strategy: StrategyReport, result: ExecutionResult) -> Rows:
    of = result.provenance
    rows = [
        ("Commit", report.head_commit),
        ("Base", report.base_commit),
        ("Folder (git tree)", strategy.tree),
        ("Policies", of.policy_hash),
        ("Data", of.data_hash),
        ("Engine", of.engine),
        ("Sandbox", f"{of.backend} {of.image}".strip()),
        ("Bars reach the strategy", of.causality),
        ("Seed", str(of.seed)),
        ("Orders", result.orders_sha256),
        ("Returns", result.evidence.returns_sha256 if result.evidence is not None else ""),
    ]
    return [(name, value) for name, value in rows if value]
