"""What init() declared with `self.I`, whatever the strategy trades: one symbol, or several.

An indicator of one of several symbols has one value for each of that symbol's bars. Here it has one
for each moment: its newest by then. So all that compares series by bar does it for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting._util import _indicator_warmup_nbars, _strategy_indicators

from algoops import PortfolioStrategy
from components.sandbox.guest.replay import indicators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from algoops.indicator import Indicator

Series = list[np.ndarray[Any, Any]]


def series_of(strategy: Any) -> Series:
    """The values of each indicator at all bars that the strategy was shown."""
    if not isinstance(strategy, PortfolioStrategy):
        return [np.array(indicator) for indicator in strategy._indicators]  # noqa: SLF001  # the package's list
    return [_by_moment(strategy, s, values) for s, values in _of_symbols(strategy)]


def newest_of(strategy: Any) -> list[Any]:
    """The last value of each indicator; of several rows an array, without a bar NaN."""
    values = (
        [v for _, v in _of_symbols(strategy)]
        if isinstance(strategy, PortfolioStrategy)
        else strategy._indicators  # noqa: SLF001  # the package's list
    )
    return [
        (v[-1] if v.ndim == 1 else np.array(v[:, -1])) if v.shape[-1] else np.nan for v in values
    ]


def names_of(strategy: Any) -> list[str]:
    """What to call each declared indicator: its attribute, else its own name."""
    if isinstance(strategy, PortfolioStrategy):
        return [f"{s} {values.name}" for s, values in _of_symbols(strategy)]
    attributes = {id(value): name for name, value in vars(strategy).items()}
    for name, value in vars(strategy).items():
        base = getattr(value, "base", None)
        if base is not None and isinstance(value, np.ndarray):
            attributes.setdefault(id(base), name)
    names = []
    for number, indicator in enumerate(strategy._indicators, start=1):  # noqa: SLF001
        own = indicator.name if isinstance(indicator.name, str) else " ".join(indicator.name or [])
        names.append(attributes.get(id(indicator)) or own or f"indicator {number}")
    return names


def attributes(strategy: Any) -> list[tuple[str, Any]]:
    """Attributes that have to be cut at each bar; indicators of several symbols cut themselves."""
    if isinstance(strategy, PortfolioStrategy):
        return []
    return list(_strategy_indicators(strategy))


def warmup(strategy: Any) -> int:
    """The first bar at which all have a value, where all bars are there (the package's rule)."""
    if not isinstance(strategy, PortfolioStrategy):
        return int(_indicator_warmup_nbars(strategy))
    found = (_first(strategy, s, one.first) for _, s, one in _waited_for(strategy))
    return max(found, default=0)


def first_valid(strategy: Any, silent: frozenset[str]) -> int | None:
    """The same on the bars so far; None: not yet. `silent`: those that never have a value."""
    if not isinstance(strategy, PortfolioStrategy):
        return indicators.first_valid(strategy, silent)
    first = 0
    for key, symbol, indicator in _waited_for(strategy):
        if key not in silent and _has_an_empty_row(indicator):
            return None
        first = max(first, _first(strategy, symbol, indicator.first))
    return first


def silent(strategy: Any) -> frozenset[str]:
    """Those without any value; asked where there are thousands of bars."""
    if isinstance(strategy, PortfolioStrategy):
        return frozenset(k for k, _, one in _waited_for(strategy) if _has_an_empty_row(one))
    return frozenset(name for name in vars(strategy) if _is_silent(strategy, name))


def _is_silent(strategy: Any, name: str) -> bool:
    alone = type("Alone", (), {})()
    vars(alone)[name] = vars(strategy)[name]
    return indicators.first_valid(alone, frozenset()) is None


# --- several symbols ------------------------------------------------------------------------------


def _of_symbols(strategy: PortfolioStrategy) -> Iterator[tuple[str, Any]]:
    return ((s, indicator._values) for s, indicator in strategy._indicators)  # noqa: SLF001  # the author's package


def _waited_for(strategy: PortfolioStrategy) -> Iterator[tuple[str, str, Indicator]]:
    """Indicators that trading waits for (key, symbol, indicator): not of those listed later."""
    data: Any = strategy.data
    for number, (symbol, indicator) in enumerate(strategy._indicators):  # noqa: SLF001  # as above
        if not indicator.scatter and not data.is_late(symbol):
            yield str(number), symbol, indicator


def _has_an_empty_row(indicator: Indicator) -> bool:
    values = np.asarray(indicator._values).astype(float)  # noqa: SLF001  # as above
    return bool(np.isnan(values).all(axis=-1).any())


def _first(strategy: PortfolioStrategy, symbol: str, bar: int) -> int:
    """The moment of a symbol's bar, counted from the first that is shown."""
    data: Any = strategy.data
    return int(data.moments_of(symbol)[bar])


def _by_moment(
    strategy: PortfolioStrategy, symbol: str, values: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    data: Any = strategy.data
    if values.shape[-1] == data.moments:
        return np.array(values)
    has_bar = np.zeros(data.moments, int)
    if values.shape[-1]:
        has_bar[data.moments_of(symbol)[-values.shape[-1] :]] = 1
    at = has_bar.cumsum()
    padded = np.concatenate([np.full((*values.shape[:-1], 1), np.nan), values], axis=-1)
    return np.asarray(padded[..., at])
