"""What authors derive from: a strategy on several symbols with one cash account."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting._util import _Data

from algoops.indicator import Indicator, declared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from backtesting.backtesting import Order, Position, Trade

    from algoops.exchange.shared import SharedAccount

_ALL_MONEY = Strategy._FULL_EQUITY  # noqa: SLF001  # the package's own marker
_ROWS_AND_BARS = 2


class SymbolBars(_Data):  # type: ignore[misc]  # the package has no types
    """One symbol's bars, as `Strategy.data` of backtesting.py; its arrays know whose they are."""

    def __init__(self, symbol: str, frame: pd.DataFrame) -> None:
        self.symbol = symbol
        super().__init__(frame)

    def _update(self) -> None:
        super()._update()
        for name, array in self._Data__arrays.items():
            if name != "__index":
                array._opts["symbol"] = self.symbol  # noqa: SLF001  # slices carry it on


class PortfolioStrategy(ABC):
    """A strategy on several symbols. Derive from it; write `init` and `next`.

    Class attributes are parameters, as in backtesting.py.

    Attributes:
        data: the bars so far of each symbol, by symbol (`self.data["SPY"].Close[-1]`).
        symbols: all of them, in the order of the definition.
    """

    def __init__(
        self,
        account: SharedAccount,
        data: Mapping[str, SymbolBars],
        parameters: Mapping[str, Any],
    ) -> None:
        self.data = data
        self.symbols = tuple(data)
        self._account = account
        self._books = account.by_symbol()
        self._indicators: list[tuple[str, Indicator]] = []
        for name, value in parameters.items():
            if not hasattr(type(self), name):
                raise AttributeError(
                    f"{type(self).__name__} has no parameter {name!r}: set it as a class attribute"
                )
            setattr(self, name, value)

    @abstractmethod
    def init(self) -> None:
        """Called once before trading: declare indicators with `self.I`."""

    @abstractmethod
    def next(self) -> None:
        """Called at every time at which any symbol has a bar, when that bar is over."""

    def I(  # noqa: E743, N802  # as in backtesting.py
        self,
        func: Callable[..., Any],
        *args: Any,
        symbol: str | None = None,
        name: str | None = None,
        scatter: bool = False,
        **options: Any,
    ) -> Indicator:
        """Declare an indicator: `self.I(func, self.data["SPY"].Close, 20)`.

        Args:
            func: gives an array with one value a bar, or several such rows.
            args: passed on; from arrays of `self.data` among them it is known whose bars these are.
            symbol: whose bars, where the arguments do not tell.
            name: for plots; else the function's.
            scatter: it has values at few bars only; trading does not wait for it.
            options: passed on.

        Returns:
            An array that shows its values up to now, wherever it is kept.

        Raises:
            ValueError: it has another number of values than there are bars, or of symbols whose
                bars are at other times.
        """
        whose = symbol or self._owner(args, options)
        bars = self.data[whose]
        told = name or str(getattr(func, "__name__", "indicator"))
        array = self._values(whose, told, partial(func, *args, **options))
        indicator = Indicator(declared(array, told, bars), bars.__len__, scatter=scatter)
        self._indicators.append((whose, indicator))
        return indicator

    def _values(self, symbol: str, name: str, func: Callable[[], Any]) -> np.ndarray[Any, Any]:
        """An indicator's values; a symbol without a bar so far has none."""
        bars = len(self.data[symbol])
        return _rows(func(), bars, f"{symbol} {name}") if bars else np.empty(0)

    def _owner(self, args: tuple[Any, ...], options: Mapping[str, Any]) -> str:
        values = (*args, *options.values())
        given = [getattr(value, "_opts", None) for value in values]
        owners = list(dict.fromkeys(o["symbol"] for o in given if o and "symbol" in o))
        if not owners:
            if len(self.symbols) == 1:
                return self.symbols[0]
            raise ValueError("self.I: say whose bars these are: self.I(..., symbol='SPY')")
        for other in owners[1:]:
            if not self.data[owners[0]].index.equals(self.data[other].index):
                raise ValueError(
                    f"self.I: {owners[0]} and {other} have bars at other times; have each an "
                    "indicator of its own, and compare them in next()"
                )
        return str(owners[0])

    def buy(
        self, symbol: str, *, size: float = _ALL_MONEY, tag: object = None, **prices: float | None
    ) -> Order:
        """Place a long order, filled at the symbol's next open.

        Args:
            symbol: which one.
            size: units, or below 1 a share of the free money.
            tag: told in the trade.
            prices: `limit`, `stop`, `sl` (stop-loss) and `tp` (take-profit), as in backtesting.py.

        Raises:
            NotTraded: the symbol has no bar yet, or none any more.
        """
        return self._order(symbol, size, 1, tag, prices)

    def sell(
        self, symbol: str, *, size: float = _ALL_MONEY, tag: object = None, **prices: float | None
    ) -> Order:
        """Place a short order; as `buy`."""
        return self._order(symbol, size, -1, tag, prices)

    def _order(
        self, symbol: str, size: float, side: int, tag: object, prices: Mapping[str, float | None]
    ) -> Order:
        if not (0 < size < 1 or round(size) == size >= 1):
            raise ValueError(
                "size must be a share of the money below 1, or a whole number of units"
            )
        if unknown := prices.keys() - {"limit", "stop", "sl", "tp"}:
            raise TypeError(f"an order takes limit, stop, sl and tp, not {', '.join(unknown)}")
        return self._books[symbol].new_order(side * size, tag=tag, **prices)

    def target(self, weights: Mapping[str, float]) -> None:
        """Trade to these shares of the equity at the next open, and to nothing of all others.

        A weight of 0.5 is half of the equity, -0.5 half of it sold short. Positions are changed by
        the difference only; what is reduced goes first, and where costs leave too little money for
        all that is bought, all of that is made smaller alike.

        Raises:
            TypeError: weights that are no dict, or a weight that is no number.
            ValueError: a weight out of all bounds, or a symbol that is not there.
            NotTraded: a weight for a symbol that has no bar yet, or none any more.
        """
        self._account.set_weights(weights)

    def position(self, symbol: str) -> Position:
        """The position in a symbol, as `Strategy.position` of backtesting.py."""
        return self._books[symbol].position

    @property
    def listed(self) -> tuple[str, ...]:
        """Symbols that have a bar now, of the universe where there is one.

        Not one that is listed later, or no more, or lacks a bar.
        """
        return self._account.listed

    @property
    def equity(self) -> float:
        """Cash and all positions at their newest closes."""
        return self._account.equity

    @property
    def orders(self) -> tuple[Order, ...]:
        """Orders that wait; each has `symbol`."""
        return tuple(order for book in self._books.values() for order in book.orders)

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Open trades; each has `symbol`."""
        return tuple(trade for book in self._books.values() for trade in book.trades)

    @property
    def closed_trades(self) -> tuple[Trade, ...]:
        """Closed trades; each has `symbol`."""
        return tuple(trade for book in self._books.values() for trade in book.closed_trades)


def _rows(value: Any, bars: int, name: str) -> np.ndarray[Any, Any]:
    """As the package does it: rows are series; an array with bars as rows is turned."""
    array = np.asarray(value.T if isinstance(value, pd.DataFrame) else value)
    if array.ndim == _ROWS_AND_BARS and array.shape[0] == bars != array.shape[1]:
        array = array.T
    if not 1 <= array.ndim <= _ROWS_AND_BARS or array.shape[-1] != bars:
        raise ValueError(
            f"self.I: {name} must have one value for each of the {bars} bars, found an array of "
            f"shape {array.shape}"
        )
    return array
