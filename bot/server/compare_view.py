"""Strategies side by side: curves on one axis, figures in one table, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.landing import kept
from bot.report.lines import seconds_of
from bot.report.values import metrics_of
from bot.server import figures, reading, text
from bot.server.strategy_view import METRICS
from components.schema.results.values import ExecutionResult, Metrics
from components.state import Store
from components.state.tables.records import Strategy

BASE = 100.0
"""Where each curve begins: strategies start with different capital."""


@dataclass(frozen=True)
class Side:
    """One strategy of a comparison; `metrics` and `result` are None where there is no backtest."""

    key: str
    strategy: Strategy
    version: str
    metrics: Metrics | None
    result: ExecutionResult | None
    symbols: int


@dataclass(frozen=True)
class Compared:
    """What the page shows.

    Attributes:
        lines: curves that begin at `BASE`, of those that have one.
        start, end: the days of the axis, low and high its values.
        rows: name of a figure -> one text for each side.
        unlike: the data or the time differ, so figures say less about each other.
    """

    sides: tuple[Side, ...]
    lines: tuple[figures.Line, ...]
    start: str
    end: str
    low: float
    high: float
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    unlike: bool

    @property
    def missing(self) -> list[Strategy]:
        """Those without figures."""
        return [side.strategy for side in self.sides if side.metrics is None]


def compared(store: Store, strategies: Sequence[Strategy]) -> Compared:
    """Read what the page shows of these strategies."""
    sides = tuple(_side(store, one, f"c{place}") for place, one in enumerate(strategies, 1))
    results = [side.result for side in sides if side.result is not None]
    curves = [_curve(side.key, side.result) for side in sides if side.result is not None]
    values = [value for curve in curves for value in curve.values]
    return Compared(
        sides=sides,
        lines=figures.lines_of(curves) if curves else (),
        start=min((r.equity[0].time[:10] for r in results), default=""),
        end=max((r.equity[-1].time[:10] for r in results), default=""),
        low=min(values, default=BASE),
        high=max(values, default=BASE),
        rows=tuple(_rows(sides)),
        unlike=len({_data(result) for result in results}) > 1,
    )


def _side(store: Store, strategy: Strategy, key: str) -> Side:
    version = reading.shown_version(store, strategy)
    report = kept.report_of(store, version)
    return Side(
        key=key,
        strategy=strategy,
        version=version.version if version else "",
        metrics=metrics_of(report) if report else None,
        result=figures.result_of(report, "") if report else None,
        symbols=len(report.results) if report else 0,
    )


def _data(result: ExecutionResult) -> tuple[str, str, str, str]:
    first, last = result.equity[0].time[:10], result.equity[-1].time[:10]
    return result.symbol, result.interval, first, last


def _curve(key: str, result: ExecutionResult) -> figures.Curve:
    first = result.equity[0].equity or BASE
    return figures.Curve(
        key,
        key,
        tuple(seconds_of(p.time) for p in result.equity),
        tuple(BASE * p.equity / first for p in result.equity),
    )


def _rows(sides: Sequence[Side]) -> list[tuple[str, tuple[str, ...]]]:
    luck = [
        ("Not luck", tuple(text.share(side.strategy.figures.luck) for side in sides)),
        ("Tries counted", tuple(text.count(side.strategy.figures.tries) for side in sides)),
    ]
    known = [
        (word, tuple(write(getattr(side.metrics, key, None)) for side in sides))
        for key, word, write in METRICS
        if any(getattr(side.metrics, key, None) is not None for side in sides)
    ]
    return known[:1] + luck + known[1:] if known else []
