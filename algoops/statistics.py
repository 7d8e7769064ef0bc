"""The package's statistics of an account with several symbols, and what each symbol brought."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting._stats import compute_stats
from backtesting._util import _Indicator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backtesting.backtesting import Trade

    from algoops.exchange.book import SymbolBook
    from algoops.timeline import Timeline

_COLUMNS = [
    "Symbol", "Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "SL", "TP", "PnL",
    "Commission", "ReturnPct", "EntryTime", "ExitTime", "Tag",
]  # fmt: skip
_TOLD = [name for name in _COLUMNS if name not in {"EntryTime", "ExitTime"}]


@dataclass(frozen=True)
class AccountCurve:
    """What an account was worth.

    Attributes:
        equity: at each time, NaN before trading started.
        start: place of the first time at which the strategy traded.
        cash: at the end.
        risk_free: what money earns without risk, a year, as a fraction.
    """

    equity: np.ndarray[Any, Any]
    start: int
    cash: float
    risk_free: float = 0.0


def account_statistics(
    books: Sequence[SymbolBook],
    timeline: Timeline,
    frames: Mapping[str, pd.DataFrame],
    curve: AccountCurve,
) -> pd.Series[Any]:
    """Statistics as `backtesting.Backtest.run` gives them, of the account as a whole.

    Args:
        books: after the last bar.
        timeline: of all symbols.
        frames: bars of each.
        curve: the account's.

    Returns:
        Besides the package's own rows: `_trades` with `Symbol`, `_contributions`, and by symbol
        the times of first bars (`_listed`) and of last ones before the end (`_delisted`).
    """
    trades = _trades(books, timeline)
    warm = np.append(np.full(max(curve.start - 1, 0), np.nan), 0.0)
    with np.errstate(all="ignore"):
        stats: pd.Series[Any] = compute_stats(
            trades=trades,
            equity=pd.Series(curve.equity).bfill().fillna(curve.cash).to_numpy(),
            ohlc_data=pd.DataFrame({"Close": held(timeline, frames)}, index=timeline.index),
            risk_free_rate=curve.risk_free,
            strategy_instance=SimpleNamespace(
                _indicators=[], warm=_Indicator(warm, name="warm", scatter=False)
            ),
        )
    stats["Commissions [$]"] = float(sum(trades["Commission"]))  # in this order: as the package
    stats["_contributions"] = _contributions(books, trades)
    stats["_listed"] = {
        s: timeline.index[places[0]] for s, places in timeline.places.items() if len(places)
    }
    stats["_delisted"] = timeline.ended()
    return stats


def held(timeline: Timeline, frames: Mapping[str, pd.DataFrame]) -> np.ndarray[Any, Any]:
    """The same money in each symbol from its first bar on; of one symbol its closes."""
    closes = [frame["Close"] for frame in frames.values()]
    if len(closes) == 1:
        only: np.ndarray[Any, Any] = closes[0].to_numpy()
        return only
    index = timeline.index
    parts = [(c / c.iloc[0]).reindex(index, method="ffill").fillna(1.0) for c in closes if len(c)]
    together: np.ndarray[Any, Any] = sum(part.to_numpy() for part in parts) / len(parts)
    return together


def _trades(books: Sequence[SymbolBook], timeline: Timeline) -> pd.DataFrame:
    rows = [_row(book, timeline, trade) for book in books for trade in book.closed_trades]
    found = pd.DataFrame(rows, columns=_TOLD)
    if len(books) > 1:
        found = found.sort_values("ExitBar", kind="stable", ignore_index=True)
    if not rows:
        numbers = ["EntryBar", "ExitBar", "PnL", "ReturnPct", "Commission", "Size"]
        found = found.astype(dict.fromkeys(numbers, float)).reindex(columns=_COLUMNS)
        found["Duration"] = pd.Series([], dtype="timedelta64[ns]")
        return found
    for moment in ("Entry", "Exit"):  # all at once: one by one they took a third of a long run
        found[f"{moment}Time"] = timeline.index.take(found[f"{moment}Bar"].to_numpy())
    found = found[_COLUMNS]
    found["Duration"] = found["ExitTime"] - found["EntryTime"]
    return found


def _row(book: SymbolBook, timeline: Timeline, trade: Trade) -> tuple[Any, ...]:
    """In the order of `_TOLD`."""
    place = timeline.places[book.symbol]
    return (
        book.symbol, trade.size, int(place[trade.entry_bar]), int(place[trade.exit_bar]),
        trade.entry_price, trade.exit_price, trade.sl, trade.tp, trade.pl,
        trade._commissions, trade.pl_pct, trade.tag,  # noqa: SLF001  # as the package's statistics
    )  # fmt: skip


def _contributions(books: Sequence[SymbolBook], trades: pd.DataFrame) -> pd.DataFrame:
    """Money that each symbol brought: of closed trades, and of those still open."""
    closed = trades.groupby("Symbol")["PnL"].agg(["sum", "count"])
    rows = {
        book.symbol: {
            "Closed": float(closed["sum"].get(book.symbol, 0.0)),
            "Open": _open_profit(book),
            "# Trades": int(closed["count"].get(book.symbol, 0)),
        }
        for book in books
    }
    found = pd.DataFrame.from_dict(rows, orient="index")
    found.insert(0, "PnL", found["Closed"] + found["Open"])
    return found


def _open_profit(book: SymbolBook) -> float:
    """Of open trades at the newest close, less what their entry cost."""
    paid = sum(book._commission(t.size, t.entry_price) for t in book.trades)  # noqa: SLF001  # as paid
    return float(book.profit - paid)
