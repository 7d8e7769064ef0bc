"""`Strategy.I` for re-evaluations: the same checks and the same array, without the naming.

init() runs again at every bar, and the package's `I` spends most of its time on legends and on
guessing overlays. The first init() of the instance that trades still uses the package's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting._util import _Indicator

from components.sandbox.guest.replay.lean import plain

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = (("plot", True), ("overlay", None), ("color", None), ("scatter", False))
UNSHOWN = dict(SHOWN)
ROWS_AND_BARS = 2
"""Dimensions of an indicator of several rows."""


class Declarations:
    """What is known of the `self.I` calls of one init(), in their order.

    Attributes:
        lean: True while init() is only re-evaluated.
        flipped: call number -> whether its array came with bars as rows. A prefix of as many bars
            as the indicator has rows can't tell; earlier calls and the rehearsal can.
    """

    def __init__(self) -> None:
        self.lean = False
        self.number = 0
        self.flipped: dict[int, bool] = {}

    def begin(self, *, lean: bool) -> None:
        """An init() starts."""
        self.lean = lean
        self.number = 0


def install(declarations: Declarations) -> None:
    """Replace `Strategy.I`; authors' own wrappers that call it get ours."""
    original = Strategy.I

    def declare(self: Strategy, func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if not declarations.lean:
            return original(self, func, *args, **options)
        return _lean(declarations, self, func, args, options)

    declare.__name__ = declare.__qualname__ = "I"
    Strategy.I = declare


def _lean(
    declarations: Declarations,
    strategy: Strategy,
    func: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> Any:
    name = options.pop("name", None) if options else None
    shown = {key: options.pop(key, default) for key, default in SHOWN} if options else UNSHOWN
    value = func(*args, **options)
    bars = len(strategy._data)  # noqa: SLF001  # the package's own I reads it too
    array = _oriented(declarations, value, bars)
    if array is None or not 1 <= array.ndim <= ROWS_AND_BARS or array.shape[-1] != bars:
        raise ValueError(
            "Indicators must return (optionally a tuple of) numpy.arrays of same length as "
            f"`data` (data: {bars} bars; returned: {getattr(array, 'shape', value)!r})"
        )
    indicator = array.view(_Indicator)
    indicator.name = name if isinstance(name, str) else (name and list(name)) or ""
    indicator._opts = _IndicatorOptions(shown, strategy._data)  # noqa: SLF001  # what _Array.__new__ does
    strategy._indicators.append(indicator)  # noqa: SLF001  # as the package does
    return indicator


class _IndicatorOptions(dict[str, Any]):
    """An indicator's options; its index is built when somebody asks (`.s`, `.df`).

    It knows the data, not the strategy: that would be a cycle, and garbage to look for, each bar.
    """

    def __init__(self, shown: dict[str, Any], data: Any) -> None:
        super().__init__(shown)
        self.data = data

    def __missing__(self, key: str) -> Any:
        if key == "index":
            return self.data.index
        raise KeyError(key)


def _oriented(declarations: Declarations, value: Any, bars: int) -> np.ndarray[Any, Any] | None:
    """As the package does it: rows are series; an array with bars as rows is turned."""
    number = declarations.number
    declarations.number += 1
    if isinstance(value, pd.DataFrame):
        return np.asarray(value.to_numpy().T, order="C")
    try:
        array = plain(value)
    except ValueError:
        return None
    if array.ndim < ROWS_AND_BARS:
        return array if array.ndim else None
    if array.ndim > ROWS_AND_BARS:
        return None
    rows, columns = array.shape
    if rows == bars == columns:
        turn = declarations.flipped.get(number, False)
    else:
        turn = declarations.flipped[number] = rows == bars
    return array.T if turn else array


def first_valid(strategy: Strategy, silent: frozenset[str]) -> int | None:
    """Index of the first bar at which all declared indicators have a value; None: not yet.

    The package's rule (`_indicator_warmup_nbars`), on a prefix: a series without any value so far
    is still to come, unless it is known to stay `silent` (an array meant to be written to).
    """
    first = 0
    for name, value in vars(strategy).items():
        if not isinstance(value, _Indicator) or value._opts["scatter"]:  # noqa: SLF001
            continue
        missing = np.isnan(value.astype(float))
        if name not in silent and missing.all(axis=-1).any():
            return None
        first = max(first, int(missing.argmin(axis=-1).max()))
    return first
