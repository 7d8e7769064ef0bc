"""Charts as data: the series that the browser draws, and still pictures for pages without it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.report.lines import MARGIN, Frame, Path, path_of, seconds_of
from bot.report.trade_stats import nice
from bot.server.text import MINUS
from components.schema.results.evidence import Luck
from components.schema.results.further import EquityAt
from components.schema.results.report import StrategyReport
from components.schema.results.values import EquityPoint, ExecutionResult

SPARK = (100.0, 28.0)
STILL = (1000.0, 220.0)
LOW = (1000.0, 110.0)
SPARK_POINTS = 60
STILL_POINTS = 400
DOT_MARGIN = 12.0
SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
MARKS = 4
"""About so many values are on an axis."""


@dataclass(frozen=True)
class Mark:
    """One value of a still chart's axis: its words, and its place in percent from the top."""

    words: str
    top: float


@dataclass(frozen=True)
class Line:
    """One line of a still chart; `key` is its style."""

    key: str
    label: str
    path: str
    area: str


@dataclass(frozen=True)
class Figure:
    """A still chart of equity and drawdown; `label` says in words what it shows.

    `marks`, `depths`, `days`: the axes, where the chart has them: the values of equity and
    drawdown, the first and the last day.
    """

    lines: tuple[Line, ...]
    drawdown: Line
    label: str
    marks: tuple[Mark, ...] = ()
    depths: tuple[Mark, ...] = ()
    days: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Curve:
    """One named equity curve."""

    key: str
    label: str
    times: tuple[float, ...]
    values: tuple[float, ...]


def result_of(report: StrategyReport, symbol: str) -> ExecutionResult | None:
    """The backtest on a symbol; "" takes the first that has a curve."""
    for result in report.results:
        if result.equity and symbol in {"", result.symbol}:
            return result
    return None


def curves_of(label: str, result: ExecutionResult, previous: ExecutionResult | None) -> list[Curve]:
    """The strategy, buy and hold where known, and the version before it where there is one."""
    points = result.equity
    times = tuple(seconds_of(p.time) for p in points)
    curves = [Curve("s1", label, times, tuple(p.equity for p in points))]
    held = [(t, p.benchmark) for t, p in zip(times, points, strict=True) if p.benchmark is not None]
    if held:
        curves.append(
            Curve("s2", "Buy and hold", tuple(t for t, _ in held), tuple(v for _, v in held))
        )
    if previous is not None:
        before = previous.equity
        times = tuple(seconds_of(p.time) for p in before)
        curves.append(Curve("s3", "Version before", times, tuple(p.equity for p in before)))
    return curves


def chart(curves: Sequence[Curve], points: Sequence[EquityPoint]) -> dict[str, object]:
    """The document that charts.js draws: one time axis in seconds, a value or null per series.

    Args:
        curves: equity curves.
        points: the strategy's own points, for the drawdown in percent.
    """
    axis = sorted({t for curve in curves for t in curve.times})
    drawdown = dict(zip(curves[0].times, (p.drawdown_pct for p in points), strict=True))
    return {
        "time": axis,
        "equity": [
            {"key": c.key, "label": c.label, "values": _aligned(axis, c.times, c.values)}
            for c in curves
        ],
        "drawdown": [
            {"key": "loss", "label": "Drawdown", "values": [drawdown.get(t) for t in axis]}
        ],
    }


def _aligned(
    axis: Sequence[float], times: Sequence[float], values: Sequence[float]
) -> list[float | None]:
    known = dict(zip(times, values, strict=True))
    return [known.get(t) for t in axis]


def figure(curves: Sequence[Curve], result: ExecutionResult) -> Figure:
    """The still chart: all curves in one frame, and the drawdown below."""
    start, end = _span(curves)
    depths = tuple(p.drawdown_pct for p in result.equity)
    below = Frame((start, end), (min(depths), 0.0), LOW, STILL_POINTS)
    down = path_of(curves[0].times, depths, below, edge=0.0)
    return Figure(
        lines=lines_of(curves),
        drawdown=Line("loss", "Drawdown", down.line, down.area),
        label=_in_words(result),
    )


def lines_of(curves: Sequence[Curve]) -> tuple[Line, ...]:
    """All curves in one frame."""
    low = min(min(c.values) for c in curves)
    high = max(max(c.values) for c in curves)
    frame = Frame(_span(curves), (low, high), STILL, STILL_POINTS)
    return tuple(
        Line(c.key, c.label, path.line, path.area)
        for c in curves
        for path in [path_of(c.times, c.values, frame)]
    )


def marks(low: float, high: float, tall: float, unit: str = "") -> tuple[Mark, ...]:
    """The round values between two, for a chart that is `tall` high."""
    reach = (high - low) or 1.0
    step = nice(reach / MARKS)
    return tuple(
        Mark(
            f"{_short(place * step)}{unit}",
            round(100 * (MARGIN + (tall - 2 * MARGIN) * (high - place * step) / reach) / tall, 1),
        )
        for place in range(math.ceil(low / step), math.floor(high / step) + 1)
    )


def _short(value: float) -> str:
    """A round number in few letters: 2.5, 1,000, 250k, 3M."""
    size, letter = next((one for one in SIZES if abs(value) >= 10 * one[0]), (1.0, ""))
    return f"{value / size:,.6g}{letter}".replace("-", MINUS)


def _span(curves: Sequence[Curve]) -> tuple[float, float]:
    return min(c.times[0] for c in curves), max(c.times[-1] for c in curves)


def _in_words(result: ExecutionResult) -> str:
    first, last = result.equity[0], result.equity[-1]
    deepest = min(p.drawdown_pct for p in result.equity)
    return (
        f"Equity on {result.symbol or 'its data'} from {first.time[:10]} to {last.time[:10]}: "
        f"{first.equity:z,.0f} became {last.equity:z,.0f}; deepest drawdown {deepest:z.1f} %"
    )


@dataclass(frozen=True)
class Dots:
    """Tries by their Sharpe ratio on one line; `luck` is where the best by luck would stand."""

    size: tuple[float, float]
    others: tuple[tuple[float, float], ...]
    own: float
    luck: float
    label: str


def dots(luck: Luck) -> Dots | None:
    """The tries of a family as dots; None where the result has no Sharpe ratio."""
    if luck.sharpe is None or luck.best_by_luck is None:
        return None
    values = (*luck.others, luck.sharpe, luck.best_by_luck, 0.0)
    low, high = min(values), max(values)
    wide, tall = LOW
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return round(DOT_MARGIN + (wide - 2 * DOT_MARGIN) * (value - low) / span, 1)

    return Dots(
        size=LOW,
        others=tuple(
            (x(v), round(tall * (0.3 + 0.4 * (i * 0.618 % 1)), 1))
            for i, v in enumerate(luck.others)
        ),
        own=x(luck.sharpe),
        luck=x(luck.best_by_luck),
        label=(
            f"Sharpe ratios of {len(luck.others)} tries on one line; this one is"
            f" {luck.sharpe:z.2f}, the best by luck would be {luck.best_by_luck:z.2f}"
        ),
    )


def spark(points: Sequence[EquityPoint | EquityAt]) -> Path | None:
    """A small equity curve; None without at least two points."""
    if len(points) < 2:  # noqa: PLR2004  # a line needs two ends
        return None
    values = [p.equity for p in points]
    steps = [float(i) for i in range(len(values))]
    frame = Frame((0.0, steps[-1]), (min(values), max(values)), SPARK, SPARK_POINTS)
    return path_of(steps, values, frame)
