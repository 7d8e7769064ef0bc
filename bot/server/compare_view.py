"""Strategies side by side: curves on one axis, figures in one table, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from bot.report.lines import seconds_of
from bot.report.values import metrics_of
from bot.server import figures, reading, text
from bot.server.reading import ByContent
from bot.server.strategy_view import METRICS
from components.schema.results.values import Metrics
from components.state import Store
from components.state.tables.records import Strategy

BASE = 100.0
"""Where each curve begins: strategies start with different capital."""


class SidePoint(BaseModel):
    """Of a point of an equity curve."""

    time: str
    equity: float


class SideResult(BaseModel):
    """Of a backtest."""

    symbol: str = ""
    interval: str = ""
    metrics: Metrics | None = None
    equity: tuple[SidePoint, ...] = ()


class SideReport(BaseModel):
    """What a comparison needs of a `StrategyReport`: all of it takes twice as long to read."""

    aggregate: Metrics | None = None
    results: tuple[SideResult, ...] = ()


@dataclass(frozen=True)
class SideCurve:
    """The first backtest that has a curve: its points in seconds and from `BASE`, its days."""

    symbol: str
    interval: str
    first: str
    last: str
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class SideFigures:
    """What a report says; None where there is no backtest."""

    metrics: Metrics | None = None
    result: SideCurve | None = None
    symbols: int = 0


@dataclass(frozen=True)
class Side:
    """One strategy of a comparison."""

    key: str
    strategy: Strategy
    version: str
    figures: SideFigures


def sides() -> ByContent[SideReport, SideFigures]:
    """The figures of contents, kept."""
    return ByContent(SideReport, _figures, most=500)


@dataclass(frozen=True)
class Compared:
    """What the page shows.

    Attributes:
        lines: curves that begin at `BASE`, of those that have one.
        start, end: the days of the axis, low and high its values.
        marks: the values of the axis.
        rows: name of a figure -> one text for each side.
        unlike: the data or the time differ, so figures say less about each other.
    """

    sides: tuple[Side, ...]
    lines: tuple[figures.Line, ...]
    start: str
    end: str
    low: float
    high: float
    marks: tuple[figures.Mark, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    unlike: bool

    @property
    def missing(self) -> list[Strategy]:
        """Those without figures."""
        return [side.strategy for side in self.sides if side.figures.metrics is None]


def compared(
    store: Store, strategies: Sequence[Strategy], known: ByContent[SideReport, SideFigures]
) -> Compared:
    """Read what the page shows of these strategies."""
    sides = tuple(_side(store, one, f"c{place}", known) for place, one in enumerate(strategies, 1))
    results = [side.figures.result for side in sides if side.figures.result is not None]
    curves = [
        figures.Curve(side.key, side.key, side.figures.result.times, side.figures.result.values)
        for side in sides
        if side.figures.result is not None
    ]
    values = [value for curve in curves for value in curve.values]
    low, high = min(values, default=BASE), max(values, default=BASE)
    return Compared(
        sides=sides,
        lines=figures.lines_of(curves) if curves else (),
        start=min((one.first for one in results), default=""),
        end=max((one.last for one in results), default=""),
        low=low,
        high=high,
        marks=figures.marks(low, high, figures.STILL[1]),
        rows=tuple(_rows(sides)),
        unlike=len({(r.symbol, r.interval, r.first, r.last) for r in results}) > 1,
    )


def _side(
    store: Store, strategy: Strategy, key: str, known: ByContent[SideReport, SideFigures]
) -> Side:
    version = reading.shown_version(store, strategy)
    found = known.of(store, version.content_key) if version else None
    return Side(key, strategy, version.version if version else "", found or SideFigures())


def _figures(report: SideReport) -> SideFigures:
    shown = next((one for one in report.results if one.equity), None)
    return SideFigures(
        metrics=metrics_of(report),
        result=_curve(shown) if shown is not None else None,
        symbols=len(report.results),
    )


def _curve(result: SideResult) -> SideCurve:
    first = result.equity[0].equity or BASE
    return SideCurve(
        result.symbol,
        result.interval,
        result.equity[0].time[:10],
        result.equity[-1].time[:10],
        tuple(seconds_of(point.time) for point in result.equity),
        tuple(BASE * point.equity / first for point in result.equity),
    )


def _rows(sides: Sequence[Side]) -> list[tuple[str, tuple[str, ...]]]:
    luck = [
        ("Not luck", tuple(text.share(side.strategy.figures.luck) for side in sides)),
        ("Tries counted", tuple(text.count(side.strategy.figures.tries) for side in sides)),
    ]
    known = [
        (word, tuple(write(getattr(side.figures.metrics, key, None)) for side in sides))
        for key, word, write in METRICS
        if any(getattr(side.figures.metrics, key, None) is not None for side in sides)
    ]
    return known[:1] + luck + known[1:] if known else []
