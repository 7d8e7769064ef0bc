"""From the package's statistics to our values: undefined numbers become None."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting._stats import compute_stats
from backtesting._util import _Data

from components.schema.results.values import EquityPoint, Metrics, Trade
from components.texts import harmless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.ports import Bars

EQUITY_POINTS = 300
DAYS_A_YEAR = 365.25

_NUMBERS = {
    "exposure_pct": "Exposure Time [%]",
    "equity_final": "Equity Final [$]",
    "equity_peak": "Equity Peak [$]",
    "return_pct": "Return [%]",
    "buy_hold_return_pct": "Buy & Hold Return [%]",
    "return_ann_pct": "Return (Ann.) [%]",
    "volatility_ann_pct": "Volatility (Ann.) [%]",
    "cagr_pct": "CAGR [%]",
    "sharpe": "Sharpe Ratio",
    "sortino": "Sortino Ratio",
    "calmar": "Calmar Ratio",
    "alpha": "Alpha [%]",
    "beta": "Beta",
    "max_drawdown_pct": "Max. Drawdown [%]",
    "avg_drawdown_pct": "Avg. Drawdown [%]",
    "win_rate_pct": "Win Rate [%]",
    "best_trade_pct": "Best Trade [%]",
    "worst_trade_pct": "Worst Trade [%]",
    "avg_trade_pct": "Avg. Trade [%]",
    "profit_factor": "Profit Factor",
    "expectancy_pct": "Expectancy [%]",
    "sqn": "SQN",
    "kelly": "Kelly Criterion",
    "commissions": "Commissions [$]",
}
"""Our name -> the package's; units are the package's (percent where named)."""


def number(value: Any) -> float | None:
    """A finite float, or None for what is undefined."""
    if value is None:
        return None
    plain = float(value)
    return plain if math.isfinite(plain) else None


def metrics_of(stats: pd.Series[Any]) -> Metrics:
    """The package's statistics as our metrics.

    `turnover` is ours: value traded (entries and exits), as a multiple of mean equity, a year.
    """
    values: Mapping[str, float | None] = {
        ours: number(stats.get(theirs)) for ours, theirs in _NUMBERS.items()
    }
    longest = stats["Max. Drawdown Duration"]
    return Metrics(
        start=str(stats["Start"]),
        end=str(stats["End"]),
        duration=str(stats["Duration"]),
        max_drawdown_duration=None if pd.isna(longest) else str(longest),
        trades=int(stats["# Trades"]),
        turnover=_turnover(stats),
        **values,
    )


@lru_cache(maxsize=32)
def pip_of(bars: Bars) -> float:
    """The smallest price change, as the package computes it from the decimals of all closes."""
    return float(_Data(bars.frame).pip)


@lru_cache(maxsize=32)
def buy_and_hold(bars: Bars, benchmark: Bars, cash: float) -> Metrics | None:
    """The package's statistics of holding `benchmark` over the bars' time, without costs.

    Args:
        bars: what was traded on.
        benchmark: what is held.
        cash: initial capital.

    Returns:
        Metrics without trades, or None where the benchmark has no bar in that time.
    """
    frame = bars.frame
    held = benchmark.frame["Close"].reindex(frame.index, method="ffill").bfill()
    if held.isna().any():
        return None
    with np.errstate(all="ignore"):
        stats = compute_stats(
            trades=[],
            equity=(held / held.iloc[0] * cash).to_numpy(),
            ohlc_data=frame,
            risk_free_rate=0.0,
            strategy_instance=None,
        )
    return metrics_of(stats).model_copy(update={"exposure_pct": 100.0, "turnover": 0.0})


def _turnover(stats: pd.Series[Any]) -> float | None:
    trades = stats["_trades"]
    years = stats["Duration"].days / DAYS_A_YEAR
    mean = float(stats["_equity_curve"]["Equity"].mean())
    if not years or mean <= 0:
        return None
    traded = float((trades["Size"].abs() * (trades["EntryPrice"] + trades["ExitPrice"])).sum())
    return number(traded / mean / years)


def trades_of(stats: pd.Series[Any]) -> tuple[Trade, ...]:
    """The settled trades, in the package's order."""
    rows = stats["_trades"]
    return tuple(
        Trade(
            entry_bar=int(row.EntryBar),
            exit_bar=int(row.ExitBar),
            entry_time=row.EntryTime.isoformat(),
            exit_time=row.ExitTime.isoformat(),
            size=float(row.Size),
            entry_price=float(row.EntryPrice),
            exit_price=float(row.ExitPrice),
            sl=number(row.SL),
            tp=number(row.TP),
            pnl=float(row.PnL),
            return_pct=float(row.ReturnPct) * 100,
            commission=float(row.Commission),
            tag=None if row.Tag is None or row.Tag != row.Tag else harmless(str(row.Tag)),  # NaN
        )
        for row in rows.itertuples(index=False)
    )


def equity_of(
    stats: pd.Series[Any], benchmark: pd.Series[float], points: int = EQUITY_POINTS
) -> tuple[EquityPoint, ...]:
    """The equity curve, thinned to about `points`; first and last bar are always in it.

    Args:
        stats: the package's statistics.
        benchmark: closes of what is bought and held with the same money, by time; bars before
            its first close have none.
        points: how many points to keep.
    """
    curve = stats["_equity_curve"]["Equity"]
    drawdown = (curve / curve.cummax() - 1) * 100
    held = benchmark.reindex(curve.index, method="ffill")
    base = held.dropna()
    held = held / base.iloc[0] * curve.iloc[0] if len(base) else held
    picked = np.unique(np.linspace(0, len(curve) - 1, min(points, len(curve))).round().astype(int))
    rows = zip(
        curve.index[picked],
        curve.to_numpy()[picked].tolist(),
        drawdown.to_numpy()[picked].tolist(),
        held.to_numpy()[picked].tolist(),
        strict=True,
    )
    return tuple(
        EquityPoint(
            time=at.isoformat(),
            equity=equity,
            drawdown_pct=number(fall) or 0.0,
            benchmark=number(hold),
        )
        for at, equity, fall, hold in rows
    )
