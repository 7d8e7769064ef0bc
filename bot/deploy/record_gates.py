"""Gates on the record of orders, before a version goes on. Too little data passes none of them."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from statistics import fmean, stdev
from typing import Any

from bot.config.stages import RecordGate, RecordMetric
from bot.landing.context import World
from bot.landing.execution import executions
from bot.proposals.check import known_verdict
from components.engine.gates import holds
from components.state.tables.forward import OrderState, Sealed
from components.state.tables.records import Deployment

FEWEST = 3
"""Bars below which returns have no spread."""


class _Unknown(Exception):
    """Why a metric has no value: its gate does not hold then."""


def broken_gate(
    world: World, gates: Sequence[RecordGate], live: Deployment, record: Sequence[OrderState]
) -> str:
    """Why the first gate does not hold, "" where all do.

    Args:
        world: everything.
        gates: each has to hold on every symbol.
        live: the landing that the record is of.
        record: how its orders stand, one a symbol; none: it is not whole yet.
    """
    for gate in gates:
        words = f"{gate.metric} {gate.op} {gate.value:g} on its record"
        if not record:
            return f"{words} is asked for, and there is none yet"
        for one in record:
            problem = _problem(world, gate, live, one)
            if problem:
                return f"{words} is asked for; on {one.symbol} {problem}"
    return ""


def _problem(world: World, gate: RecordGate, live: Deployment, one: OrderState) -> str:
    rows = world.store.forward.sealed(one.track)
    count = sum(row.counts for row in rows)
    if count < gate.bars:
        return f"{count} of {gate.bars} bars are there"
    try:
        value = _METRICS[gate.metric](world, live, one, rows)
    except _Unknown as error:
        return f"it is not known: {error}"
    return "" if holds(gate.op, value, gate.value) else f"it is {value:.4g}"


def _trades(_world: World, _live: Deployment, _one: OrderState, rows: Sequence[Sealed]) -> float:
    since = [row for row in rows if row.counts]
    if not all(row.fills for row in since):
        raise _Unknown("fills were not noted at all bars")
    return float(sum(one["fill"]["opens"] for row in since for one in json.loads(row.fills)))


def _return(_world: World, _live: Deployment, _one: OrderState, rows: Sequence[Sealed]) -> float:
    return 100 * (rows[-1].equity / _first(rows) - 1)


def _drawdown(_world: World, _live: Deployment, _one: OrderState, rows: Sequence[Sealed]) -> float:
    _first(rows)
    equity = [row.equity for row in rows]
    peaks = accumulate(equity, max)
    return 100 * min(now / peak - 1 for now, peak in zip(equity, peaks, strict=True))


def _first(rows: Sequence[Sealed]) -> float:
    if not rows or rows[0].equity <= 0:
        raise _Unknown("there was no money at the deploy")
    return rows[0].equity


def _sharpe(world: World, live: Deployment, one: OrderState, rows: Sequence[Sealed]) -> float:
    returns = [b.equity / a.equity - 1 for a, b in pairwise(rows) if a.equity > 0]
    spread = stdev(returns) if len(returns) >= FEWEST else 0.0
    if not spread:
        raise _Unknown("its returns have no spread")
    report = known_verdict(world.store, live.content_key) if live.content_key else None
    for result in report.results if report is not None else ():
        if result.symbol == one.symbol and result.metrics and result.metrics.bars_a_year:
            return float(fmean(returns) / spread * math.sqrt(result.metrics.bars_a_year))
    raise _Unknown("how many bars a year has is not known, for its backtest is not")


def _over_band(_world: World, _live: Deployment, one: OrderState, rows: Sequence[Sealed]) -> float:
    edge: Mapping[str, Any] = json.loads(one.edge or "{}")
    if edge.get("band_pct") is None or edge["bars"] != len(rows) - 1:
        raise _Unknown("the band of its backtest is not")
    return float(edge["return_pct"] - edge["band_pct"][0])


def _cost(world: World, live: Deployment, one: OrderState, _rows: Sequence[Sealed]) -> float:
    """Of a portfolio that of the symbol which costs most; all that have fills need enough."""
    own = one.symbols or (one.symbol,)
    found = [e for e in executions(world.store, live.repository, live.name) if e["symbol"] in own]
    costs = [(e["cost_pct"], e["floor_pct"]) for e in found]
    if not costs or not all(cost is not None and cost["interval"] for cost, _ in costs):
        raise _Unknown("fills of five trades are needed")
    return float(max(cost["interval"][1] - floor for cost, floor in costs))


_METRICS: Mapping[
    RecordMetric, Callable[[World, Deployment, OrderState, Sequence[Sealed]], float]
] = {
    "trades": _trades,
    "return_pct": _return,
    "max_drawdown_pct": _drawdown,
    "sharpe": _sharpe,
    "over_band_pct": _over_band,
    "cost_over_floors_pct": _cost,
}
