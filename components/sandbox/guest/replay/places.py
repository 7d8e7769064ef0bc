"""Where a strategy keeps data: attributes, lists, dicts, tuples, closures, its own objects."""

from __future__ import annotations

import functools
import sys
import types
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from algoops import PortfolioStrategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backtesting import Strategy

OWN = frozenset({"_indicators", "_broker", "_data", "_params"})
"""The package's own attributes of a strategy."""

OF_A_PORTFOLIO = frozenset({"_indicators", "_account", "_books", "data", "symbols"})
"""Those of a strategy on several symbols."""

MAX_DEPTH = 6
_DATA = (
    *(np.ndarray, pd.Series, pd.DataFrame, pd.Index, np.generic, pd.Timestamp, pd.Timedelta),
    *(bool, int, float, complex, str, bytes, type(None)),
)


class DataPlace(NamedTuple):
    """A place that holds data: its path ("sma", "bands[0]"), its content, how to fill it."""

    path: str
    value: Any
    fill: Callable[[Any], None]


def state(strategy: Any) -> dict[str, Any]:
    """The author's attributes of an instance."""
    own = OF_A_PORTFOLIO if isinstance(strategy, PortfolioStrategy) else OWN
    return {name: value for name, value in vars(strategy).items() if name not in own}


def is_data(value: Any) -> bool:
    """Whether it is a value without places of its own (a tuple of such counts)."""
    if isinstance(value, tuple):
        return all(is_data(item) for item in value)
    if isinstance(value, functools.partial):
        return is_data(value.args) and is_data(tuple(value.keywords.values()))
    return isinstance(value, _DATA)


def places(strategy: Strategy, folder: str) -> Iterator[DataPlace]:
    """All places below an instance, in a fixed order.

    Args:
        strategy: where to begin.
        folder: objects of classes defined in files below it are entered too.
    """
    seen = {id(strategy)}
    for name, value in state(strategy).items():
        yield from _at(name, value, functools.partial(_set, vars(strategy), name), seen, folder)


def _at(
    path: str, value: Any, fill: Callable[[Any], None], seen: set[int], folder: str
) -> Iterator[DataPlace]:
    if is_data(value):
        yield DataPlace(path, value, fill)
        return
    if id(value) in seen or len(seen) > 1_000:  # noqa: PLR2004  # nobody keeps indicators that deep
        return
    seen.add(id(value))
    for below, inner, write in _below(value, folder):
        yield from _at(path + below, inner, write, seen, folder)


def _below(value: Any, folder: str) -> Iterator[DataPlace]:
    if isinstance(value, list):
        at = enumerate(value)
        yield from (DataPlace(f"[{n}]", item, functools.partial(_set, value, n)) for n, item in at)
    elif isinstance(value, tuple):
        yield from (DataPlace(f"[{at}]", item, _fixed) for at, item in enumerate(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield DataPlace(f"[{key!r}]", item, functools.partial(_set, value, key))
    elif isinstance(value, types.FunctionType):
        yield from _of_function(value)
    elif isinstance(value, types.MethodType):
        yield DataPlace(".__self__", value.__self__, _fixed)
    elif _is_author_object(value, folder):
        held = vars(value)
        yield from (
            DataPlace(f".{n}", v, functools.partial(_set, held, n)) for n, v in held.items()
        )


def _of_function(function: types.FunctionType) -> Iterator[DataPlace]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            content = cell.cell_contents
        except ValueError:  # a name that is not bound yet
            continue
        yield DataPlace(f".{name}", content, functools.partial(setattr, cell, "cell_contents"))
    if function.__defaults__:
        fill = functools.partial(setattr, function, "__defaults__")
        yield DataPlace(".defaults", function.__defaults__, fill)


def _is_author_object(value: Any, folder: str) -> bool:
    if isinstance(value, types.SimpleNamespace):
        return True
    module = sys.modules.get(type(value).__module__)
    file = str(getattr(module, "__file__", None) or "")
    return file.startswith(f"{folder}/") and isinstance(getattr(value, "__dict__", None), dict)


def _set(container: Any, key: Any, value: Any) -> None:
    container[key] = value


def _fixed(_value: Any) -> None:
    """A place that can't be filled by itself."""
