"""Executes a compiled rule program as a real `backtesting.Strategy`: as the same code would."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import talib
from backtesting import Strategy

from components.sandbox.guest.rules.nodes import all_of, column, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.sandbox.guest.rules.nodes import Code, Condition


def build_strategy(program: str) -> type[Strategy]:
    """The strategy class of a program.

    Args:
        program: compiled rules as JSON text, as the host's rule compiler writes them.

    Returns:
        A class with the program's parameters as class attributes, ready for a backtest.

    Raises:
        ValueError: the text is not a program of this version.
    """
    document = read_program(program)
    members = {**document["parameters"], **members_of(document)}
    return type(document["name"], (RuleStrategy,), members)


def read_program(program: str) -> dict[str, Any]:
    """A program's document. Raises ValueError: it is not of this version."""
    document: dict[str, Any] = json.loads(program)
    if document.get("version") != 1:
        raise ValueError(f"rule program of version {document.get('version')!r}, expected 1")
    return document


def members_of(document: dict[str, Any]) -> dict[str, Any]:
    """What a class of these rules has beside the parameters."""
    return {
        "_indicator_calls": tuple(document["indicators"]),
        "_entry": {side: all_of(codes) for side, codes in document["entry"].items()},
        "_exit": {side: all_of(codes) for side, codes in document["exit"].items()},
        "_sizing": document["sizing"],
        "_risk": document["risk"],
        "_unit": document.get("unit", 1.0),
        "__doc__": "Rules of a definition without code.",
    }


def _plain(value: float) -> float:
    """A whole number as TA-Lib takes it, also where the definition writes 10.0 or 1e1."""
    return int(value) if float(value).is_integer() else value


class Rules:
    """What rules do on one symbol, which they know by the names of `backtesting.Strategy`.

    Attributes:
        data: the bars so far.
        trades, position, equity: as in backtesting.py.
        I, buy, sell: as there.
    """

    data: Any
    trades: Any
    position: Any
    equity: Any
    I: Any  # noqa: E741  # as in backtesting.py
    buy: Any
    sell: Any

    _indicator_calls: ClassVar[tuple[dict[str, Any], ...]] = ()
    _entry: ClassVar[dict[str, Condition | None]] = {}
    _exit: ClassVar[dict[str, Condition | None]] = {}
    _sizing: ClassVar[dict[str, Any]] = {}
    _risk: ClassVar[dict[str, Any]] = {}
    _unit: ClassVar[float] = 1.0
    """What the broker trades whole numbers of; rules see the asset's own prices and sizes."""

    def init(self) -> None:
        """Declare the indicators, in the program's order: sources come before their users."""
        for call in self._indicator_calls:
            given = {key: number(code)(self, 0) for key, code in call["parameters"].items()}
            arguments = {key: _plain(value) for key, value in given.items()}
            series = [self._input(code) for code in call["inputs"]]
            value = self.I(
                _computed, call["function"], call["output"], series, arguments, name=call["name"]
            )
            setattr(self, call["name"], value)

    def _leave_sides(self) -> list[str]:
        """Stops first, then exits: the sides that are left on this bar."""
        self._trail()
        return [side for side in ("long", "short") if self._leave(side)]

    def _enter_sides(self, left: list[str]) -> None:
        for side in ("long", "short"):
            if side not in left and self._may_enter(side, left):
                self._enter(side)

    def _input(self, code: Code) -> np.ndarray:
        """A whole input series of an indicator."""
        kind, name, *row = code
        if kind == "series":
            return np.asarray(column(self, name), dtype=float)
        values = np.asarray(getattr(self, name), dtype=float)
        return values if values.ndim == 1 else values[row[0]]

    def _open(self, side: str) -> list[Any]:
        return [trade for trade in self.trades if trade.is_long == (side == "long")]

    def _trail(self) -> None:
        distance = self._risk["trailing_stop_pct"]
        if distance is None:
            return
        close = self.data.Close[-1]
        for trade in self.trades:
            if trade.is_long:
                trade.sl = max(trade.sl or -math.inf, close * (1 - distance / 100))
            else:
                trade.sl = min(trade.sl or math.inf, close * (1 + distance / 100))

    def _leave(self, side: str) -> bool:
        rule, trades = self._exit[side], self._open(side)
        if rule is None or not trades or not rule(self, 0):
            return False
        for trade in trades:
            trade.close()
        return True

    def _may_enter(self, side: str, left: list[str]) -> bool:
        other = "short" if side == "long" else "long"
        if self._open(other) and other not in left:
            return False
        rule = self._entry[side]
        return self._is_free(side) and rule is not None and rule(self, 0) is True

    def _is_free(self, side: str) -> bool:
        return bool(len(self._open(side)) < self._risk["max_positions"])

    def _enter(self, side: str) -> None:
        sign = 1 if side == "long" else -1
        close = float(self.data.Close[-1])
        stop, target = self._stop(close, sign), self._target(close, sign)
        size = self._size(close, stop)
        if size is not None and size <= 0:
            return
        place = self.buy if side == "long" else self.sell
        chosen = {} if size is None else {"size": size}
        place(sl=stop, tp=target, **chosen)

    def _stop(self, close: float, sign: int) -> float | None:
        distances = [self._risk["stop_loss_pct"], self._risk["trailing_stop_pct"]]
        given = [distance for distance in distances if distance is not None]
        return close * (1 - sign * min(given) / 100) if given else None

    def _target(self, close: float, sign: int) -> float | None:
        distance = self._risk["take_profit_pct"]
        price = None if distance is None else close * (1 + sign * distance / 100)
        return price if price is None or price > 0 else None

    def _size(self, close: float, stop: float | None) -> float | None:
        """Size of an entry: a fraction below 1, or whole units; None: all equity."""
        method, value = self._sizing["method"], self._sizing["value"]
        if method == "equity_fraction":
            return float(value) if value < 1 else None
        if method == "fixed_units":
            return round(int(value) / self._unit)
        if stop is None or math.isclose(stop, close):
            return 0
        return float(math.floor(self.equity * value / 100 / abs(close - stop)))


class Halting:
    """The limit below the account's peak that ends trading."""

    _risk: ClassVar[dict[str, Any]] = {}
    _peak = 0.0
    _halted = False
    equity: Any

    def _drawn_down(self) -> bool:
        """Whether the limit has ended trading; closes everything when it does."""
        limit = self._risk["max_drawdown_pct"]
        if limit is None:
            return False
        self._peak = max(self._peak, self.equity)
        if not self._halted and self.equity <= self._peak * (1 - limit / 100):
            self._halted = True
            self._close_all()
        return self._halted

    def _close_all(self) -> None:
        # why: one symbol's position and an account's are closed in other ways; never made itself
        raise NotImplementedError


class RuleStrategy(Rules, Halting, Strategy):  # type: ignore[misc]  # the package has no type hints
    """Base of all strategies made of rules on one symbol."""

    def init(self) -> None:
        """Declare the indicators."""
        self._peak = 0.0
        self._halted = False
        super().init()

    def next(self) -> None:
        """One bar: the drawdown limit, stops, exits, entries."""
        if not self._drawn_down():
            self._enter_sides(self._leave_sides())

    def _close_all(self) -> None:
        self.position.close()


def _computed(
    function: str,
    output: int | None,
    series: Sequence[np.ndarray],
    arguments: dict[str, float],
) -> Any:
    """Values of a TA-Lib function, or of one row of its outputs."""
    value = getattr(talib, function)(*series, **arguments)
    return value if output is None else value[output]
