"""PURE: the runs of one strategy on several symbols as one account, the same money in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from backtesting._stats import compute_stats

from components.engine.result import metrics_of
from components.schema.results.evidence import RunCurve
from components.schema.results.values import Metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.schema.results.values import ExecutionResult

UNDEFINED = Metrics(start="", end="", duration="")


def curve_of(equity: pd.Series[float], held: pd.Series[float] | None, risk_free: float) -> RunCurve:
    """What is kept of a run for that account.

    Args:
        equity: at the close of each bar, by time.
        held: the same of what is bought and held, or None.
        risk_free: what money earns without risk, a year, as a fraction.
    """
    index = pd.DatetimeIndex(equity.index)
    return RunCurve(
        times=index.as_unit("us").asi8.astype("<i8").tobytes(),
        zone="" if index.tz is None else str(index.tz),
        equity=equity.to_numpy().astype("<f8").tobytes(),
        held=b"" if held is None else held.to_numpy().astype("<f8").tobytes(),
        risk_free=risk_free,
    )


def together(results: Sequence[ExecutionResult]) -> tuple[Metrics, Metrics | None]:
    """The account that puts the same money into each symbol at the start and moves none after.

    Its equity is the mean of the runs' at every time at which any of them has a bar: a symbol
    counts with its last value, before its first bar with its cash. Sizes and costs are those of
    the runs, divided by the number of symbols; `trades` are all of them. Only symbol: its own.

    Args:
        results: one backtest a symbol. Where one of them has no equity, all is undefined.

    Returns:
        The metrics of the account, and those of buying and holding with the same money in each.
    """
    if len(results) == 1:
        return results[0].metrics or UNDEFINED, results[0].benchmark
    curves = [result.curve for result in results]
    known = [curve for curve in curves if curve is not None]
    if not known or len(known) < len(curves):
        return UNDEFINED, None
    zones = {curve.zone for curve in known}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    times = [_times(curve, zone) for curve in known]
    index = times[0]
    for other in times[1:]:
        index = index.union(other)
    equity = _mean([curve.equity for curve in known], times, index)
    held = _mean([c.held for c in known], times, index) if all(c.held for c in known) else None
    free = known[0].risk_free
    trades = pd.concat(
        [_trades(r, t, index, len(known)) for r, t in zip(results, times, strict=True)]
    )
    own = _metrics(equity, held, trades, free)
    bought = None if held is None else _metrics(held, held, trades.iloc[:0], free)
    paid = [r.metrics.commissions for r in results if r.metrics and r.metrics.commissions]
    return (
        own.model_copy(update={"commissions": sum(paid) / len(known) if paid else None}),
        bought and bought.model_copy(update={"exposure_pct": 100.0, "turnover": 0.0}),
    )


def _times(curve: RunCurve, zone: str) -> pd.DatetimeIndex:
    times = pd.DatetimeIndex(np.frombuffer(curve.times, "<i8").view("M8[us]"))
    return times.tz_localize("UTC").tz_convert(zone) if zone else times


def _mean(
    series: Sequence[bytes], times: Sequence[pd.DatetimeIndex], index: pd.DatetimeIndex
) -> pd.Series[float]:
    """Of the values at each time; a series has its last one, and before its first that one."""
    total = np.zeros(len(index))
    for raw, own in zip(series, times, strict=True):
        at = np.maximum(own.searchsorted(index, side="right") - 1, 0)
        total += np.frombuffer(raw, "<f8")[at]
    return pd.Series(total / len(series), index=index)


def _trades(
    result: ExecutionResult, times: pd.DatetimeIndex, index: pd.DatetimeIndex, share: int
) -> pd.DataFrame:
    """The trades as the package's statistics take them, with the account's bars."""
    place = index.searchsorted(times)
    trades = result.trades
    entries = place[[t.entry_bar for t in trades]] if trades else np.zeros(0, int)
    exits = place[[t.exit_bar for t in trades]] if trades else np.zeros(0, int)
    return pd.DataFrame(
        {
            "Size": np.array([t.size for t in trades], float) / share,
            "EntryBar": entries,
            "ExitBar": exits,
            "EntryPrice": np.array([t.entry_price for t in trades], float),
            "ExitPrice": np.array([t.exit_price for t in trades], float),
            "PnL": np.array([t.pnl for t in trades], float) / share,
            "ReturnPct": np.array([t.return_pct for t in trades], float) / 100,
            "Duration": index[exits] - index[entries],
        }
    )


def _metrics(
    equity: pd.Series[float], held: pd.Series[float] | None, trades: pd.DataFrame, free: float
) -> Metrics:
    frame = pd.DataFrame({"Close": equity if held is None else held}, index=equity.index)
    with np.errstate(all="ignore"):
        stats = compute_stats(
            trades=trades,
            equity=equity.to_numpy(),
            ohlc_data=frame,
            risk_free_rate=free,
            strategy_instance=None,
        )
    found = metrics_of(stats, free)
    known = None if held is None else found.buy_hold_return_pct
    return found.model_copy(update={"buy_hold_return_pct": known})
