"""From the package's statistics to our values: undefined numbers become None."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting._stats import compute_stats
from backtesting._util import _Data

from components.engine import annual
from components.schema.results.values import Contribution, EquityPoint, Metrics, Trade
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
    "sharpe_geometric": "Sharpe Ratio",
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


def metrics_of(stats: pd.Series[Any], risk_free: float = 0.0) -> Metrics:
    """The package's statistics as our metrics (docs/metrics.md).

    `sharpe` is the field's, the package's own is `sharpe_geometric`. `turnover` is ours: value
    traded (entries and exits), as a multiple of mean equity, a year.

    Args:
        stats: of one run.
        risk_free: what money earns without risk, a year, as a fraction.
    """
    curve = stats["_equity_curve"]["Equity"]
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
        sharpe=annual.sharpe(curve, risk_free),
        bars_a_year=annual.bars_a_year(pd.DatetimeIndex(curve.index)),
        **values,
    )


@lru_cache(maxsize=32)
def pip_of(bars: Bars) -> float:
    """The smallest price change, as the package computes it from the decimals of all closes."""
    return float(_Data(bars.frame).pip)


@lru_cache(maxsize=32)
def buy_and_hold(
    bars: Bars, benchmark: Bars, cash: float, first: int = 0, risk_free: float = 0.0
) -> Metrics | None:
    """Statistics of holding `benchmark` from one bar to the last, without costs.

    Args:
        bars: what was traded on.
        benchmark: what is held.
        cash: initial capital, held as cash before.
        first: number of the bar at whose close it is bought.
        risk_free: what money earns without risk, a year, as a fraction.

    Returns:
        Metrics without trades, or None where the benchmark has no bar in that time.
    """
    equity = held_equity(bars, benchmark, cash, first)
    if equity is None:
        return None
    with np.errstate(all="ignore"):
        stats = compute_stats(
            trades=[],
            equity=equity.to_numpy(),
            ohlc_data=bars.frame,
            risk_free_rate=risk_free,
            strategy_instance=None,
        )
    found = metrics_of(stats, risk_free)
    own = {"exposure_pct": 100.0, "turnover": 0.0, "buy_hold_return_pct": found.return_pct}
    return found.model_copy(update=own)


def held_return_pct(bars: Bars, benchmark: Bars, cash: float, first: int) -> float | None:
    """What `held_equity` comes to, in percent, as the package's statistics compute it."""
    equity = held_equity(bars, benchmark, cash, first)
    if equity is None:
        return None
    worth = equity.to_numpy()
    return number((worth[-1] - worth[0]) / worth[0] * 100)


def held_equity(
    bars: Bars, benchmark: Bars, cash: float, first: int = 0
) -> pd.Series[float] | None:
    """What `cash` is worth at each bar, put into `benchmark` at the close of bar `first`.

    Returns:
        None where the benchmark has no bar in that time.
    """
    index = bars.frame.index
    held: pd.Series[float] = benchmark.frame["Close"].reindex(index, method="ffill").bfill()
    if held.isna().any():
        return None
    held.iloc[:first] = held.iloc[first]
    return held / held.iloc[0] * cash


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
            symbol=getattr(row, "Symbol", ""),
        )
        for row in rows.itertuples(index=False)
    )


def contributions_of(stats: pd.Series[Any]) -> tuple[Contribution, ...]:
    """What each of several symbols brought; of one symbol's run nothing."""
    if "_contributions" not in stats:
        return ()
    listed, ended = stats["_listed"], stats["_delisted"]
    return tuple(
        Contribution(
            symbol=symbol,
            pnl=float(row["PnL"]),
            closed=float(row["Closed"]),
            open=float(row["Open"]),
            trades=int(row["# Trades"]),
            first=listed[symbol].isoformat() if symbol in listed else "",
            delisted=ended[symbol].isoformat() if symbol in ended else "",
        )
        for symbol, row in stats["_contributions"].iterrows()
    )


def equity_of(
    stats: pd.Series[Any],
    benchmark: pd.Series[float],
    points: int = EQUITY_POINTS,
    first: int = 0,
) -> tuple[EquityPoint, ...]:
    """The equity curve, thinned to about `points`; first and last bar are always in it.

    Args:
        stats: the package's statistics.
        benchmark: closes of what is bought and held with the same money, by time; bars before
            its first close have none.
        points: how many points to keep.
        first: number of the bar at whose close it is bought; before that the money is cash.
    """
    curve = stats["_equity_curve"]["Equity"]
    drawdown = (curve / curve.cummax() - 1) * 100
    held = benchmark.reindex(curve.index, method="ffill")
    if len(held.iloc[first:]) and not np.isnan(held.iloc[first]):
        held.iloc[:first] = held.iloc[first]
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
