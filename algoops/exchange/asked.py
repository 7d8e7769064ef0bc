"""What a strategy asks for by symbol: a mistake is said in words, with the known symbols."""

from __future__ import annotations

from difflib import SequenceMatcher
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_WEIGHT = 1e6
"""A target weight beyond it is a mistake."""

_NAMED = 5
_SHOWN = 40
_Value = TypeVar("_Value")


class UnknownSymbol(KeyError, ValueError):
    """A symbol that is not among those of the strategy."""

    def __init__(self, symbol: object, there: tuple[str, ...]) -> None:
        super().__init__(symbol)
        self.symbol = symbol
        self.there = there

    def __str__(self) -> str:
        """Made when it is read: a strategy may catch the error at every bar."""
        known = ", ".join(_nearest(str(self.symbol)[:_SHOWN], self.there))
        many = len(self.there)
        of = f"the nearest of {many} are" if many > _NAMED else "there are"
        return f"no symbol {_short(self.symbol)} here: {of} {known}"


class BySymbol(dict[str, _Value]):
    """A dict of all symbols, whose KeyError names some of them."""

    def __missing__(self, symbol: object) -> _Value:
        raise UnknownSymbol(symbol, tuple(self))


def weights_of(asked: Mapping[str, Any]) -> dict[str, float]:
    """Target weights as plain numbers.

    Args:
        asked: a dict, or a series of pandas, of int, float or numpy's numbers.

    Raises:
        TypeError: no dict, or a weight that is no such number.
        ValueError: a weight beyond `MOST_WEIGHT` or not finite, or two of one symbol.
    """
    if not hasattr(asked, "items"):
        raise TypeError(f"weights must be a dict such as {{'SPX': 0.5}}, found {_short(asked)}")
    found: dict[str, float] = {}
    for symbol, weight in asked.items():
        if symbol in found:
            raise ValueError(f"{symbol} has two weights")
        if isinstance(weight, bool) or not isinstance(weight, Real):
            raise TypeError(
                f"the weight of {symbol} must be an int or a float, found {_short(weight)}"
            )
        found[symbol] = float(weight)
        if not abs(found[symbol]) <= MOST_WEIGHT:
            raise ValueError(
                f"the weight of {symbol} must be from -{MOST_WEIGHT:.0f} to {MOST_WEIGHT:.0f} "
                f"(1 is the whole equity), found {_short(weight)}"
            )
    return found


def _nearest(asked: str, there: tuple[str, ...]) -> list[str]:
    """A few of the symbols; of those that are equally near the first ones."""
    matcher = SequenceMatcher(b=asked.casefold())

    def unlike(symbol: str) -> float:
        matcher.set_seq1(symbol.casefold())
        return -matcher.ratio()

    return sorted(map(str, there), key=unlike)[:_NAMED]


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
