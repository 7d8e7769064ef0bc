"""Finds the author's strategy class; sets the stage so that notebook files import unchanged."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import types
from typing import TYPE_CHECKING, Any

import backtesting.backtesting
import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.lib import TrailingStrategy

from algoops import PortfolioStrategy
from components.sandbox.guest.runtime.folder import open_folder
from components.sandbox.guest.runtime.preparing import NAME, PrepareError, is_prepare, with_columns

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = "strategy"
SAMPLE_BARS = 600
_BEFORE: set[str] = set()


class NoStrategy(Exception):
    """strategy.py does not say which class to run; the message says what to write."""

    __module__ = "builtins"  # a traceback names it without our package


def load(folder: Path, name: str, rules: str, *, portfolio: bool = False) -> Any:
    """The strategy class of a folder (its strategy.py), or the one built from a rule program.

    Each call runs the author's modules anew. `portfolio`: it has several symbols on one account.

    Raises:
        NoStrategy: there is no class, or more than one that could be meant.
        Exception: whatever the author's module raises while it is imported.
    """
    if rules:
        from components.sandbox.guest.rules.portfolio import build_portfolio  # noqa: PLC0415  # only definitions without code need it
        from components.sandbox.guest.rules.strategy import build_strategy  # noqa: PLC0415  # as above

        return build_portfolio(rules) if portfolio else build_strategy(rules)
    open_folder(folder)
    module = importlib.import_module(ENTRY)
    if not portfolio:
        return with_columns(choose(module, name), vars(module).get(NAME))
    if is_prepare(vars(module).get(NAME)):
        raise PrepareError("a portfolio has no prepare(df): compute what it needs in init()")
    return choose(module, name, PortfolioStrategy)


def authors_modules(folder: Path | str) -> dict[str, types.ModuleType]:
    """What has been imported of the author's folder, by name.

    Modules that were there before the first job are not looked at: in a forked process a look at
    each of a thousand copies its memory.
    """
    return {
        name: module
        for name, module in list(sys.modules.items())
        if name not in _BEFORE
        and str(getattr(module, "__file__", None) or "").startswith(f"{folder}/")
    }


def note_modules() -> None:
    """Everything imported so far is not the author's."""
    _BEFORE.update(sys.modules)


def choose(module: types.ModuleType, name: str, base: type = Strategy) -> Any:
    """The class that is meant: the only one, the last of a line of subclasses, or the named one.

    Args:
        module: the author's strategy.py.
        name: the definition's.
        base: what it derives from.

    Raises:
        NoStrategy: none, or several without a match.
    """
    found = [c for c in vars(module).values() if _is_candidate(c, base)]
    own = [c for c in found if c.__module__ == module.__name__] or found
    leaves = [c for c in dict.fromkeys(own) if not any(c in d.__mro__[1:] for d in own)]
    if len(leaves) == 1:
        return leaves[0]
    named = [c for c in own if _plain(c.__name__) == _plain(name)]
    if len(named) == 1:
        return named[0]
    if not leaves:
        raise NoStrategy(_none_of(module, base))
    names = ", ".join(c.__name__ for c in leaves)
    raise NoStrategy(
        f"strategy.py defines several strategies ({names}): keep one, or give one the name of "
        f"the definition ({name!r})"
    )


def _none_of(module: types.ModuleType, base: type) -> str:
    own, other = "backtesting.Strategy", "algoops.PortfolioStrategy"
    says = "with `framework: portfolio` and `symbols`"
    if base is PortfolioStrategy:
        own, other, says = other, own, "without `framework: portfolio`"
    told = f"strategy.py defines no subclass of {own}: write one"
    there = Strategy if base is PortfolioStrategy else PortfolioStrategy
    if any(_is_candidate(value, there) for value in vars(module).values()):
        told += f"; a subclass of {other} runs {says} in the definition"
    return told


def _is_candidate(value: object, base: type) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, base)
        and value.__module__.partition(".")[0] not in {"algoops", "backtesting"}
        and not inspect.isabstract(value)
    )


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def shim_sample_data() -> None:
    """Put made-up bars where the package keeps real ones (`backtesting.test`).

    Its GOOG, EURUSD and BTCUSD are real market data: whoever imports them holds the future. Files
    that import them for a notebook's `Backtest(GOOG, ...)` still load.
    """
    module: Any = types.ModuleType("backtesting.test")
    module.SMA = _sma
    for name in ("GOOG", "EURUSD", "BTCUSD"):
        setattr(module, name, made_up_sample().copy())
    sys.modules["backtesting.test"] = module
    backtesting.backtesting.plot = _no_plot


def _no_plot(*_args: object, **_options: object) -> None:
    """A notebook file's `bt.plot()`: there is nobody to look, but no reason to fail."""


def make_trailing_causal() -> None:
    """Mend the one indicator of `backtesting.lib` that uses future bars.

    `TrailingStrategy` fills the range of its first bars from later ones (`bfill`). Here those
    bars have the mean of what there is so far; from the full period on nothing differs.
    """

    def set_atr_periods(self: TrailingStrategy, periods: int = 100) -> None:
        high, low = self.data.High, self.data.Low
        before = pd.Series(self.data.Close).shift(1)
        ranges = np.max([high - low, (before - high).abs(), (before - low).abs()], axis=0)
        mean = pd.Series(ranges).rolling(periods, min_periods=1).mean()
        self._TrailingStrategy__atr = mean.bfill().to_numpy()  # the first bar has no close before

    set_atr_periods.__doc__ = TrailingStrategy.set_atr_periods.__doc__
    TrailingStrategy.set_atr_periods = set_atr_periods


def _sma(arr: Any, n: int) -> pd.Series:
    return pd.Series(arr).rolling(n).mean()


@functools.cache
def made_up_sample() -> pd.DataFrame:
    """Made-up daily bars under the names that the package gives its sample data."""
    steps = np.arange(SAMPLE_BARS)
    close = 100 + 10 * np.sin(steps / 15) + steps / 50
    index = pd.date_range("2000-01-03", periods=SAMPLE_BARS, freq="B")
    values = {"Open": close, "High": close + 1, "Low": close - 1, "Close": close}
    return pd.DataFrame({**values, "Volume": np.full(SAMPLE_BARS, 1_000)}, index=index)
