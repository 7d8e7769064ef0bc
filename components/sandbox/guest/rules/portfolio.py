"""Rules without code on several symbols with one account: each symbol by the same rules."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from algoops import PortfolioStrategy
from components.sandbox.guest.rules.strategy import Halting, Rules, members_of, read_program

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIDES = ("long", "short")


def build_portfolio(program: str) -> type[PortfolioStrategy]:
    """The portfolio strategy of a program.

    Args:
        program: as for one symbol; its `max_positions` may be None (one for each symbol).

    Raises:
        ValueError: the text is not a program of this version.
    """
    document = read_program(program)
    members = members_of(document)
    kind = type("SymbolRules", (SymbolRules,), members)
    own = {"_kind": kind, "_defaults": document["parameters"], "_risk": members["_risk"]}
    return type(document["name"], (RulePortfolio,), {**own, "__doc__": members["__doc__"]})


class SymbolRules(Rules):
    """The rules on one symbol of a portfolio; parameters are looked up in the portfolio's."""

    def __init__(self, portfolio: RulePortfolio, symbol: str) -> None:
        self._portfolio = portfolio
        self._symbol = symbol
        self._seen = 0

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_portfolio"]._given[name]  # noqa: SLF001  # made together
        except KeyError:
            raise AttributeError(name) from None

    @property
    def data(self) -> Any:
        """The symbol's bars."""
        return self._portfolio.data[self._symbol]

    @property
    def trades(self) -> tuple[Any, ...]:
        """The symbol's open trades."""
        return tuple(self._book.trades)

    @property
    def position(self) -> Any:
        """The symbol's."""
        return self._portfolio.position(self._symbol)

    @property
    def equity(self) -> float:
        """The account's."""
        return self._portfolio.equity

    @property
    def _book(self) -> Any:
        return self._portfolio._books[self._symbol]  # noqa: SLF001  # the author's package

    def I(self, *args: Any, **options: Any) -> Any:  # noqa: E743, N802  # as in backtesting.py
        """Declare an indicator of this symbol."""
        return self._portfolio.I(*args, symbol=self._symbol, **options)

    def buy(self, **order: Any) -> None:
        """Enter long, and take a place of the account's."""
        self._portfolio.buy(self._symbol, **order)
        self._portfolio.take("long")

    def sell(self, **order: Any) -> None:
        """Enter short; as `buy`."""
        self._portfolio.sell(self._symbol, **order)
        self._portfolio.take("short")

    def has_new_bar(self) -> bool:
        """Whether there are more bars than when this was last asked."""
        before, self._seen = self._seen, len(self.data)
        return self._seen > before

    def _is_free(self, side: str) -> bool:
        held = len(self._open(side))
        return held < self._portfolio.most_each and self._portfolio.left(side) > 0

    def _size(self, close: float, stop: float | None) -> float | None:
        """Without a size in the definition, equal parts of the money for all places left."""
        if self._sizing["method"] != "equal_parts":
            return super()._size(close, stop)
        sides = [side for side in _SIDES if self._entry[side]]
        left = max(self._portfolio.left(side) for side in sides)
        symbols = math.ceil(left / self._portfolio.most_each)
        return None if symbols <= 1 else 1 / symbols


class RulePortfolio(PortfolioStrategy, Halting):
    """Base of all portfolios made of rules."""

    _kind: ClassVar[type[SymbolRules]]
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, account: Any, data: Any, parameters: Mapping[str, Any]) -> None:
        super().__init__(account, data, {})
        if unknown := parameters.keys() - self._defaults.keys():
            raise AttributeError(f"the definition has no parameter {', '.join(sorted(unknown))}")
        self._given = {**self._defaults, **parameters}
        self._most = self._risk["max_positions"] or len(self.symbols)
        self.most_each = math.ceil(self._most / len(self.symbols))
        self._taken = dict.fromkeys(_SIDES, 0)

    def init(self) -> None:
        """Declare the indicators of each symbol."""
        self._rules = tuple(self._kind(self, symbol) for symbol in self.symbols)
        for rules in self._rules:
            rules.init()

    def next(self) -> None:
        """One time: the drawdown limit, then of all symbols stops and exits, then entries."""
        new = [rules for rules in self._rules if rules.has_new_bar()]
        if self._drawn_down():
            return
        listed = set(self.listed)
        for rules in new:
            if rules._symbol not in listed and rules.trades:  # noqa: SLF001  # made together
                rules.position.close()  # it has left the universe
        judged = [rules for rules in new if rules._symbol in listed]  # noqa: SLF001  # as above
        left = [rules._leave_sides() for rules in judged]  # noqa: SLF001  # as above
        self._count()
        for rules, sides in zip(judged, left, strict=True):
            rules._enter_sides(sides)  # noqa: SLF001  # as above

    def left(self, side: str) -> int:
        """How many places of this side are left: a trade has its own until it is closed."""
        return self._most - self._taken[side]

    def take(self, side: str) -> None:
        """Take a place."""
        self._taken[side] += 1

    def _count(self) -> None:
        for side in _SIDES:
            held = [t for t in (*self.trades, *self._entering()) if t.is_long == (side == "long")]
            self._taken[side] = len(held)

    def _entering(self) -> list[Any]:
        """Orders of no trade, which wait for their symbol's next bar."""
        return [order for order in self.orders if order.parent_trade is None]

    def _close_all(self) -> None:
        for order in self._entering():
            order.cancel()
        for symbol in self.symbols:
            self.position(symbol).close()
