"""`def prepare(df)` in strategy.py: columns computed from the bars so far, before each init()."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtesting import Strategy

NAME = "prepare"


class PrepareError(Exception):
    """What prepare() returned can't be used; the message says what to return."""

    __module__ = "builtins"  # a traceback names it without our package


def with_columns(kind: type[Strategy], prepare: Any) -> type[Strategy]:
    """The strategy, its init() preceded by the author's `prepare` where there is one.

    Args:
        kind: the author's class.
        prepare: what strategy.py calls `prepare`; a function of one argument is meant, everything
            else is the author's own affair.

    Returns:
        A subclass whose data has the columns that `prepare` added, or the class itself.
    """
    if not is_prepare(prepare):
        return kind

    def init(self: Any) -> None:
        _add(self.data, prepare)
        kind.init(self)

    members = {"init": init, "__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind,), members)


def is_prepare(found: Any) -> bool:
    """Whether what strategy.py calls `prepare` is meant: a function of one argument."""
    if not inspect.isfunction(found):
        return False
    try:
        inspect.signature(found).bind(None)
    except TypeError:
        return False
    return True


def _add(data: Any, prepare: Callable[[pd.DataFrame], Any]) -> None:
    bars = data.df
    made = prepare(bars.copy())
    if not isinstance(made, pd.DataFrame):
        raise PrepareError(
            f"prepare(df) must return the DataFrame with its new columns, found {_kind(made)}"
        )
    if len(made) != len(bars) or not made.index.equals(bars.index):
        raise PrepareError(
            f"prepare(df) must keep every bar: it was given {len(bars)} and returned {len(made)} "
            "rows or another index; leave out dropna(), reset_index() and their like"
        )
    for name in bars.columns:
        if name in made and not _same(made[name], bars[name]):
            raise PrepareError(
                f"prepare(df) changed {name}: give the changed values a column of their own"
            )
    for name in made.columns:
        if name not in bars:
            bars[name] = made[name]
    data._update()  # noqa: SLF001  # as the package does after init(): columns become arrays


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, pd.Series) and bool(
        np.array_equal(one.to_numpy(), other.to_numpy(), equal_nan=True)
    )


def _kind(value: object) -> str:
    return "nothing (is the return missing?)" if value is None else type(value).__name__
