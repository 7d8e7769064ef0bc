"""A portfolio strategy on data frames, in this process: for notebooks and tests."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import pandas as pd
from backtesting._stats import compute_stats
from backtesting._util import _Indicator
from backtesting.backtesting import _OutOfMoneyError

from algoops.exchange.broker import Account
from algoops.exchange.shared import SharedAccount
from algoops.strategy import PortfolioStrategy, SymbolBars
from algoops.timeline import Timeline, checked
from algoops.universe import parse_universe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from algoops.exchange.shared import SymbolBook
    from algoops.universe import Universe


class Terms(TypedDict, total=False):
    """What an account is opened with; as `backtesting.Backtest` takes it.

    Attributes:
        cash: initial capital, 10,000 where it is not said.
        spread: fraction of the price.
        commission: fraction of an order's value, or (money an order, fraction).
        margin: 1 / leverage.
        trade_on_close: market orders are filled at the close before; with one symbol only.
    """

    cash: float
    spread: float
    commission: float | tuple[float, float]
    margin: float
    trade_on_close: bool
    hedging: bool
    exclusive_orders: bool
    finalize_trades: bool


def backtest(
    strategy: type[PortfolioStrategy],
    data: Mapping[str, pd.DataFrame],
    parameters: Mapping[str, Any] | None = None,
    *,
    universe: str | PathLike[str] | None = None,
    **terms: Unpack[Terms],
) -> pd.Series[Any]:
    """Run a strategy on several symbols with one cash account.

    Args:
        strategy: the class.
        data: bars of each symbol (Open, High, Low, Close, perhaps Volume) by time, rising.
        parameters: values for class attributes of the strategy.
        universe: path of a CSV file of who is a member when, which `listed` and orders obey.
        terms: of the account.

    Returns:
        Statistics as `backtesting.Backtest.run` gives them, of the account as a whole. Bars of
        trades and of the curve are those of all symbols together. Besides: `_trades` has `Symbol`,
        `_contributions` what each symbol brought, `_delisted` the symbols that ended early with
        their last times. "Buy & Hold" is the same money in each symbol.

    Raises:
        ValueError: data, terms or a universe that can't be used; says which.
        OSError: no such file.
    """
    members = None if universe is None else parse_universe(Path(universe).read_bytes())
    run = _NotebookRun(strategy, checked(data), parameters or {}, terms, members)
    run.trade()
    return run.stats()


class _NotebookRun:
    def __init__(
        self,
        strategy: type[PortfolioStrategy],
        frames: Mapping[str, pd.DataFrame],
        parameters: Mapping[str, Any],
        terms: Terms,
        universe: Universe | None = None,
    ) -> None:
        self._frames = frames
        self._timeline = Timeline(frames, universe)
        self._data = {symbol: SymbolBars(symbol, frame) for symbol, frame in frames.items()}
        self._finalize = terms.get("finalize_trades", False)
        opened = _account(terms)
        self._account = SharedAccount(opened.cash)
        self._books = list(self._account.open(self._data, opened).values())
        self._equity = np.full(len(self._timeline.index), np.nan)
        self._start = 0
        self.strategy = strategy(self._account, self._data, parameters)

    def trade(self) -> None:
        """Call init, then next at every time from the end of the warm-up on."""
        self.strategy.init()
        self._start = self._timeline.start(
            (symbol, indicator.first)
            for symbol, indicator in self.strategy._indicators  # noqa: SLF001  # its own package
            if not indicator.scatter
        )
        with np.errstate(invalid="ignore"):  # as the package: NaN >= 3 is just False
            try:
                self._go_on()
            except _OutOfMoneyError:
                self._equity[np.isnan(self._equity) & self._after_start()] = 0
        for symbol, bars in self._data.items():
            bars._set_length(len(self._frames[symbol]))  # noqa: SLF001  # as the package

    def _after_start(self) -> Any:
        return np.arange(len(self._equity)) >= self._start

    def _go_on(self) -> None:
        lengths = self._timeline.before(self._start)
        for bars, length in zip(self._data.values(), lengths, strict=True):
            bars._set_length(length)  # noqa: SLF001  # the package's own loop
        over = self._timeline.over
        gone = [number for at in range(self._start) for number in over[at]]
        for at in range(self._start, len(self._equity)):
            for number in (*gone, *over[at]):
                self._books[number].delist()
            gone = []
            due = [self._books[number] for number in self._timeline.due[at]]
            for book in due:
                book._data._set_length(len(book._data) + 1)  # noqa: SLF001  # as above
            if self._timeline.members is not None:
                self._account.members = self._timeline.members[at]
            self._account.next(due)
            self._equity[at] = self._account.equity
            self.strategy.listed = tuple(book.symbol for book in due if not book.untraded)
            self.strategy.next()
        if self._finalize:
            self._finish()

    def _finish(self) -> None:
        self._account.weights.clear()
        for book in self._books:
            if book.trades or book.orders:
                book.finish()
        self._equity[-1] = self._account.equity

    def stats(self) -> pd.Series[Any]:
        """The package's statistics of the account."""
        index = self._timeline.index
        equity = pd.Series(self._equity).bfill().fillna(self._account.cash).to_numpy()
        trades = self._trades()
        warm = np.append(np.full(max(self._start - 1, 0), np.nan), 0.0)
        with np.errstate(all="ignore"):
            stats = compute_stats(
                trades=trades,
                equity=equity,
                ohlc_data=pd.DataFrame({"Close": self._held()}, index=index),
                strategy_instance=SimpleNamespace(
                    _indicators=[], warm=_Indicator(warm, name="warm", scatter=False)
                ),
            )
        stats["Commissions [$]"] = float(trades["Commission"].sum())
        stats["_strategy"] = self.strategy
        stats["_contributions"] = self._contributions(trades)
        stats["_delisted"] = self._timeline.ended()
        found: pd.Series[Any] = stats
        return found

    def _held(self) -> Any:
        """The same money in each symbol from its first bar on; of one symbol its closes."""
        closes = [frame["Close"] for frame in self._frames.values()]
        if len(closes) == 1:
            return closes[0].to_numpy()
        index = self._timeline.index
        parts = [(c / c.iloc[0]).reindex(index, method="ffill").fillna(1.0) for c in closes]
        return sum(part.to_numpy() for part in parts) / len(parts)

    def _trades(self) -> pd.DataFrame:
        places = self._timeline.places
        rows = [
            {
                "Symbol": book.symbol,
                "Size": trade.size,
                "EntryBar": int(places[book.symbol][trade.entry_bar]),
                "ExitBar": int(places[book.symbol][trade.exit_bar]),
                "EntryPrice": trade.entry_price,
                "ExitPrice": trade.exit_price,
                "SL": trade.sl,
                "TP": trade.tp,
                "PnL": trade.pl,
                "Commission": trade._commissions,  # noqa: SLF001  # as the package's statistics
                "ReturnPct": trade.pl_pct,
                "EntryTime": trade.entry_time,
                "ExitTime": trade.exit_time,
                "Tag": trade.tag,
            }
            for book in self._books
            for trade in book.closed_trades
        ]
        found = pd.DataFrame(rows, columns=_COLUMNS)
        if len(self._books) > 1:
            found = found.sort_values("ExitBar", kind="stable", ignore_index=True)
        if not rows:
            numbers = ["EntryBar", "ExitBar", "PnL", "ReturnPct", "Commission", "Size"]
            found = found.astype(dict.fromkeys(numbers, float))
            found["Duration"] = pd.Series([], dtype="timedelta64[ns]")
            return found
        found["Duration"] = found["ExitTime"] - found["EntryTime"]
        return found

    def _contributions(self, trades: pd.DataFrame) -> pd.DataFrame:
        """Money that each symbol brought: of closed trades, and of those still open."""
        closed = trades.groupby("Symbol")["PnL"].agg(["sum", "count"])
        rows = {
            book.symbol: {
                "Closed": float(closed["sum"].get(book.symbol, 0.0)),
                "Open": _open_profit(book),
                "# Trades": int(closed["count"].get(book.symbol, 0)),
            }
            for book in self._books
        }
        found = pd.DataFrame.from_dict(rows, orient="index")
        found.insert(0, "PnL", found["Closed"] + found["Open"])
        return found


def _open_profit(book: SymbolBook) -> float:
    """Of open trades at the newest close, less what their entry cost."""
    paid = sum(book._commission(t.size, t.entry_price) for t in book.trades)  # noqa: SLF001  # as paid
    return float(book.profit - paid)


_COLUMNS = [
    "Symbol", "Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "SL", "TP", "PnL",
    "Commission", "ReturnPct", "EntryTime", "ExitTime", "Tag",
]  # fmt: skip


def _account(terms: Terms) -> Account:
    if unknown := terms.keys() - Terms.__annotations__.keys():
        raise ValueError(f"an account has no {', '.join(sorted(unknown))}")
    commission = terms.get("commission", 0.0)
    fixed, part = commission if isinstance(commission, tuple) else (0.0, commission)
    cash = float(terms.get("cash", 10_000))
    if not (0 < cash < math.inf):
        raise ValueError(f"cash must be above zero, found {cash}")
    return Account(
        cash=cash,
        spread=terms.get("spread", 0.0),
        commission_fixed=fixed,
        commission_pct=part,
        margin=terms.get("margin", 1.0),
        trade_on_close=terms.get("trade_on_close", False),
        hedging=terms.get("hedging", False),
        exclusive_orders=terms.get("exclusive_orders", False),
    )
