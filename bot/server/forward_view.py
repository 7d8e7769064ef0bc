"""What came of a deployed strategy since: its curve beside the backtest's band, and its ticks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.report.lines import Frame, path_of, seconds_of
from bot.report.orders import edge_words
from bot.server.figures import STILL, STILL_POINTS
from components.engine.evidence.since import Promised, band_pct, promised_by
from components.schema.results.report import StrategyReport
from components.schema.results.values import ExecutionResult
from components.state import Store
from components.state.tables.forward import OrderState, Sealed
from components.state.tables.records import Strategy

BEFORE = 4
"""Of the backtest, so many times the span since the deploy are drawn before it."""

LEAST_S = 90 * 86_400.0
"""Of the backtest, at least so many seconds."""

TICKS = 250
"""Sealed bars that have a tick: the last ones."""


@dataclass(frozen=True)
class SealTick:
    """One sealed bar: where it stands on the axis, and whether its orders still are as sealed."""

    x: float
    tone: str


@dataclass(frozen=True)
class SinceFigure:
    """The end of the backtest's curve, and how it went on.

    Attributes:
        backtest, since, band: SVG paths; `band` may be "".
        deploy: where the deploy stands on the axis.
        ticks: see `SealTick`.
        label: what it shows, in words.
        said: what the ticks say, in words.
    """

    symbol: str
    backtest: str
    since: str
    band: str
    deploy: float
    ticks: tuple[SealTick, ...]
    label: str
    said: str


def since_figures(
    store: Store, repository: str, name: str, report: StrategyReport | None
) -> list[SinceFigure]:
    """A figure for each symbol of what is deployed that has bars since its deploy.

    Args:
        store: everything.
        repository: of the strategy.
        name: of the strategy.
        report: of the version that it is about.
    """
    landed = store.deployments.current(repository, name)
    if landed is None or report is None or report.tree != landed.tree:
        return []
    results = {one.symbol: one for one in report.results if one.equity}
    found = []
    for one in store.forward.all_standing(repository, name):
        rows = store.forward.sealed(one.track) if one.deployment == landed.id else []
        result = results.get(one.symbol)
        if result is not None and len(rows) > 1 and rows[0].equity > 0:
            found.append(_figure(one, rows, result))
    return found


def _figure(one: OrderState, rows: Sequence[Sealed], result: ExecutionResult) -> SinceFigure:
    """The account is drawn from where the backtest's curve was at the deploy."""
    times = [seconds_of(row.time) for row in rows]
    first = times[0] - max(BEFORE * (times[-1] - times[0]), LEAST_S)
    before = [(seconds_of(p.time), p.equity) for p in result.equity]
    before = [(t, v) for t, v in before if t <= times[0]] or before[:1]
    anchor = before[-1][1]
    before = [(t, v) for t, v in before if t >= first] or before[-1:]
    before = [*before, (times[0], anchor)]
    since = [anchor * row.equity / rows[0].equity for row in rows]
    low, high = _band(promised_by(result), anchor, len(rows))
    values = [*(v for _, v in before), *since, *low, *high]
    frame = Frame((before[0][0], times[-1]), (min(values), max(values)), STILL, STILL_POINTS)

    def drawn(line_times: Sequence[float], line: Sequence[float]) -> str:
        moved = [t - before[0][0] for t in line_times]
        own = Frame((0.0, frame.across[1] - frame.across[0]), frame.up, frame.size, frame.most)
        return path_of(moved, line, own).line

    def x(moment: float) -> float:
        return round(STILL[0] * (moment - frame.across[0]) / (frame.across[1] - frame.across[0]), 1)

    ticks = tuple(
        SealTick(x(moment), tone) for moment, tone in zip(times, _tones(one, times), strict=True)
    )[-TICKS:]
    band = drawn([*times, *times[::-1]], [*low, *high[::-1]]) + "Z" if low else ""
    return SinceFigure(
        symbol=one.symbol,
        backtest=drawn([t for t, _ in before], [v for _, v in before]),
        since=drawn(times, since),
        band=band,
        deploy=x(times[0]),
        ticks=ticks,
        label=_label(one, rows, since),
        said=_said(ticks),
    )


def _band(promised: Promised | None, anchor: float, bars: int) -> tuple[list[float], list[float]]:
    """Low and high end at each bar; empty where the backtest promised nothing that is known."""
    if promised is None:
        return [], []
    ends = [(0.0, 0.0), *(band_pct(promised, bar) for bar in range(1, bars))]
    return (
        [anchor * (1 + low / 100) for low, _ in ends],
        [anchor * (1 + high / 100) for _, high in ends],
    )


def _tones(one: OrderState, times: Sequence[float]) -> list[str]:
    """Whether each bar is before the first difference of record and replay."""
    if not one.integrity:
        return ["good"] * len(times)
    first = seconds_of(json.loads(one.integrity)["bar"])
    return ["good" if moment < first else "bad" for moment in times]


def _said(ticks: Sequence[SealTick]) -> str:
    bad = sum(tick.tone == "bad" for tick in ticks)
    bars = f"{len(ticks)} sealed bars"
    return f"{bars}, {bad} from the first difference on" if bad else f"{bars}, all as sealed"


def _label(one: OrderState, rows: Sequence[Sealed], since: Sequence[float]) -> str:
    return (
        f"{one.symbol} since the deploy at {rows[0].time[:10]}: {since[0]:z,.0f} became"
        f" {since[-1]:z,.0f} by {rows[-1].time[:10]}"
    )


@dataclass(frozen=True)
class SinceDeploy:
    """What stands in the list of strategies: the return of the symbol that came off worst.

    Attributes:
        below: whether one is below the band of its backtest.
        marks: "not as sealed" where that is so, or that there are no orders.
        words: each symbol's, for people.
    """

    return_pct: float
    below: bool
    marks: str
    words: str


def since_deploy(store: Store, strategy: Strategy) -> SinceDeploy | None:
    """Of what is deployed of a strategy; None where no bar has come since."""
    standing = store.forward.all_standing(strategy.repository, strategy.name)
    live = [one for one in standing if one.deployment]
    edges = {one.symbol: json.loads(one.edge) for one in live if one.edge}
    if not edges:
        return None
    return SinceDeploy(
        return_pct=min(edge["return_pct"] for edge in edges.values()),
        below=any(edge["says"] == "below the band" for edge in edges.values()),
        marks=next((mark for one in live if (mark := _mark(one))), ""),
        words="; ".join(f"{symbol}: {edge_words(edge)}" for symbol, edge in edges.items()),
    )


def _mark(one: OrderState) -> str:
    return "not as sealed" if one.integrity else "no orders" if one.reason else ""
