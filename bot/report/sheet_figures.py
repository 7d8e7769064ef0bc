"""PURE: the tables and charts of one backtest's tear sheet, from the numbers of its report."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from bot.report.lines import seconds_of
from bot.report.sheet_charts import Drawing, Trace, Words, bar_chart, day_words, line_chart
from bot.report.trade_stats import cost_curve, spread, stats_of
from components.schema.results.evidence import Evidence, Months
from components.schema.results.values import ExecutionResult, Metrics, Trade

Rows = list[tuple[str, str]]
NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
QUARTERS = ("Q1", "Q2", "Q3", "Q4")
SHADES = 4
_EDGES = (0.5, 2.0, 5.0)
"""Percent a month at which a cell is one shade darker."""

NONE = "n/a"


@dataclass(frozen=True)
class HeatCell:
    """One cell of the heat map: its words, and its style."""

    words: str
    style: str


@dataclass(frozen=True)
class MonthTable:
    """Returns by year, month and quarter, in percent."""

    head: tuple[str, ...]
    rows: tuple[tuple[int, tuple[HeatCell, ...]], ...]


def month_table(evidence: Evidence) -> MonthTable | None:
    """The heat map; None where the months were not recorded, or cannot be read."""
    months = evidence.months
    first = _first_month(months)
    if months is None or first is None:
        return None
    by_number = dict(enumerate(months.returns_pct, first))
    whole = {year.year: year.return_pct for year in evidence.years}
    rows = []
    for year in range(first // 12, (first + max(0, len(by_number) - 1)) // 12 + 1):
        own = [by_number.get(year * 12 + month) for month in range(12)]
        quarters = [_together(own[at : at + 3]) for at in range(0, 12, 3)]
        cells = [_cell(value, 1) for value in own] + [_cell(value, 2) for value in quarters]
        rows.append((year, (*cells, _cell(whole.get(year), 4))))
    return MonthTable((*NAMES, *QUARTERS, "Year"), tuple(rows))


def _first_month(months: Months | None) -> int | None:
    """The number of the first month, counted from the year 0; None where it is no month."""
    year, _, month = (months.first if months is not None else "").partition("-")
    whole = year.isascii() and year.isdigit() and month.isascii() and month.isdigit()
    if not whole or len(year) != 4 or not 1 <= int(month[:3]) <= 12:  # noqa: PLR2004  # a calendar's
        return None
    return int(year) * 12 + int(month) - 1


def _together(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return (math.prod(1 + value / 100 for value in known) - 1) * 100 if known else None


def _cell(value: float | None, widened: int) -> HeatCell:
    """A number in a shade; `widened`: how many times a month's edges."""
    if value is None:
        return HeatCell("", "none")
    shade = sum(abs(value) >= edge * widened for edge in _EDGES) + 1
    sign = "up" if value > 0 else "down"
    if round(value, 1) == 0:
        return HeatCell("0.0", "flat")
    style = f"{sign}{shade}"
    return HeatCell(f"{value:z,.1f}" if abs(value) < 1000 else f"{value:z,.0f}", style)  # noqa: PLR2004


def _money(value: float) -> str:
    return f"{value:z,.0f}" if abs(value) >= 10 else f"{value:,.2g}"  # noqa: PLR2004  # two digits


def _percent(value: float) -> str:
    return f"{value:z,.0f} %" if abs(value) >= 10 or value == round(value) else f"{value:.2g} %"  # noqa: PLR2004


def equity_chart(result: ExecutionResult) -> Markup:
    """Equity, and what holding would have been worth."""
    points = result.equity
    times = [seconds_of(point.time) for point in points]
    held = [(t, p.benchmark) for t, p in zip(times, points, strict=True) if p.benchmark is not None]
    curves = [
        Trace("held", [t for t, _ in held], [value for _, value in held]),
        Trace("own", times, [point.equity for point in points]),
    ]
    return line_chart(curves, Drawing("Equity by time", 230, _days(times), _money))


def drawdown_chart(result: ExecutionResult) -> Markup:
    """How far the equity is below its highest so far, in percent."""
    times = [seconds_of(point.time) for point in result.equity]
    falls = [point.drawdown_pct for point in result.equity]
    curves = [Trace("loss", times, falls, filled=True)]
    return line_chart(curves, Drawing("Drawdown by time, in percent", 90, _days(times), _percent))


def _days(times: Sequence[float]) -> Words:
    return day_words(times[-1] - times[0] if times else 0.0)


def year_chart(evidence: Evidence) -> Markup:
    """A bar for each calendar year."""
    bars = [(str(year.year), year.return_pct, year.return_pct >= 0) for year in evidence.years]
    return bar_chart(bars, Drawing("Return by year, in percent", 130, str, _percent))


def rolling_chart(evidence: Evidence, metrics: Metrics) -> Markup:
    """The Sharpe ratio of twelve months by their end; dashed: that of the whole run."""
    first = _first_month(evidence.months)
    if evidence.months is None or first is None:
        return Markup()
    curves = _unbroken(first + 1, evidence.months.rolling_sharpe)
    look = Drawing(
        "Sharpe ratio of the last twelve months, by time",
        130,
        lambda month: f"{int(month) // 12:04d}-{int(month) % 12 + 1:02d}",
        lambda value: f"{value:z.1f}",
        level=metrics.sharpe,
    )
    return line_chart(curves, look)


def _unbroken(first: int, values: Sequence[float | None]) -> list[Trace]:
    """A line for each run of known values: no value is drawn where there is none."""
    curves = []
    for known, run in groupby(enumerate(values, first), lambda pair: pair[1] is not None):
        if known:
            points = [(float(at), value) for at, value in run if value is not None]
            curves.append(Trace("own", [at for at, _ in points], [value for _, value in points]))
    return curves


def trade_rows(trades: Sequence[Trade], metrics: Metrics) -> Rows:
    """Figures of the trades: the report's own where it has them."""
    own = stats_of(trades)
    return [
        ("Trades", f"{metrics.trades:,} ({own.long:,} long, {own.short:,} short)"),
        ("Win rate", _maybe(metrics.win_rate_pct, 1, " %")),
        ("Average trade", _maybe(metrics.avg_trade_pct, 2, " %")),
        ("Average win", _maybe(own.average_win_pct, 2, " %")),
        ("Average loss", _maybe(own.average_loss_pct, 2, " %")),
        ("Best trade", _maybe(metrics.best_trade_pct, 2, " %")),
        ("Worst trade", _maybe(metrics.worst_trade_pct, 2, " %")),
        ("Profit factor", _maybe(metrics.profit_factor, 2)),
        ("Expectancy", _maybe(metrics.expectancy_pct, 2, " %")),
        ("SQN", _maybe(metrics.sqn, 2)),
        ("Most wins in a row", f"{own.most_wins:,}"),
        ("Most losses in a row", f"{own.most_losses:,}"),
        ("Average time held", _maybe(own.average_bars, 1, " bars")),
        ("Longest time held", _maybe(own.longest_bars, 0, " bars")),
        ("Turnover a year", _maybe(metrics.turnover, 2, " times equity")),
        ("Time with a position", _maybe(metrics.exposure_pct, 1, " %")),
    ]


def _maybe(value: float | None, digits: int, unit: str = "") -> str:
    return NONE if value is None else f"{value:z,.{digits}f}{unit}"


def spread_chart(trades: Sequence[Trade]) -> Markup:
    """How many trades brought how much."""
    bins = spread(trades)
    bars = [(f"{b.low:,.4g}", float(b.count), b.low >= 0) for b in bins]
    look = Drawing(
        "Number of trades by their return in percent",
        120,
        str,
        lambda value: f"{value:z,.0f}",
        whole=True,
    )
    return bar_chart(bars, look)


def cost_rows(result: ExecutionResult) -> list[tuple[str, str, str]]:
    """Further cost of an order, profit that it leaves, and its share of today's."""
    points = cost_curve(result.trades) if result.trades else ()
    now = points[0].profit if points else 0.0
    return [
        (
            f"{point.cost_pct:g} %",
            f"{point.profit:z,.0f}",
            f"{point.profit / now * 100:z,.0f} %" if now > 0 else NONE,
        )
        for point in points
    ]


def cost_chart(result: ExecutionResult) -> Markup:
    """Profit by the further cost of an order."""
    points = cost_curve(result.trades) if result.trades else ()
    curve = Trace("own", [p.cost_pct for p in points], [p.profit for p in points])
    look = Drawing(
        "Profit of all trades by the further cost of an order in percent",
        120,
        lambda value: f"{value:.2g} %",
        _money,
        level=0.0,
    )
    return line_chart([curve], look)
