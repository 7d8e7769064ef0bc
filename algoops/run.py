"""A portfolio strategy on data frames, in this process: for notebooks and tests."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
from backtesting.backtesting import _OutOfMoneyError

from algoops.exchange.asked import BySymbol
from algoops.exchange.broker import Account
from algoops.exchange.shared import SharedAccount
from algoops.statistics import AccountCurve, account_statistics
from algoops.strategy import PortfolioStrategy, SymbolBars
from algoops.timeline import Timeline, checked
from algoops.universe import parse_universe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    import pandas as pd

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
        TypeError: no portfolio strategy, or data that is no dict.
        ValueError: data, terms or a universe that can't be used; says which.
        OSError: no such file.
    """
    if not (isinstance(strategy, type) and issubclass(strategy, PortfolioStrategy)):
        raise TypeError(f"strategy must be a class of PortfolioStrategy, found {strategy!r:.60}")
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
        self._data = BySymbol(
            (symbol, SymbolBars(symbol, frame)) for symbol, frame in frames.items()
        )
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
        for at in range(self._start, len(self._equity)):
            for number in self._timeline.due[at]:
                bars = self._books[number]._data  # noqa: SLF001  # as above
                bars._set_length(len(bars) + 1)  # noqa: SLF001  # as above
            self._account.work_on(self._timeline, at)
            self._equity[at] = self._account.equity
            self.strategy.next()
        if self._finalize:
            self._account.finish()
            self._equity[-1] = self._account.equity

    def stats(self) -> pd.Series[Any]:
        """The package's statistics of the account."""
        stats = account_statistics(self._books, self._timeline, self._frames, self._curve())
        stats["_strategy"] = self.strategy
        return stats

    def _curve(self) -> AccountCurve:
        return AccountCurve(self._equity, self._start, self._account.cash)


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
