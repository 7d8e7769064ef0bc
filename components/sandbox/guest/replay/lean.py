"""Pandas and `crossover`, without the work that they do anew for every short series.

init() runs again at every bar, so a moving average of pandas' is built thousands of times, and two
thirds of its time go into finding out, each time, that the data is a plain array of floats. Where
it is, the same compiled functions are called here with the same arguments, to the same bits;
everything else goes pandas' own way.
"""

from __future__ import annotations

import functools
import importlib
import operator
from typing import TYPE_CHECKING, Any

import backtesting.lib
import numpy as np
import pandas as pd
from backtesting._util import _Array, _Indicator
from pandas.core.generic import NDFrame
from pandas.core.window.ewm import ExponentialMovingWindow
from pandas.core.window.expanding import Expanding
from pandas.core.window.rolling import BaseWindow, Rolling

if TYPE_CHECKING:
    from collections.abc import Callable

_Manager: Any = importlib.import_module("pandas.core.internals").SingleBlockManager
_Indexer: Any = importlib.import_module("pandas.core.indexers.objects").FixedWindowIndexer
_Bounds = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]

_NDFrame: Any = NDFrame
_RangeIndex: Any = pd.RangeIndex
_COMPARED = "3."
_FLOAT = np.dtype("<f8")
_PRICES = (_Array, _Indicator)
_ARRAYS = (np.ndarray, *_PRICES)
_WINDOWS = (Rolling, Expanding, ExponentialMovingWindow)
_EXACT = frozenset({operator.add, operator.sub, operator.mul, operator.truediv})
"""Operators whose result pandas leaves as numpy gives it."""
_MOST_COMPUTED = 100_000
"""Longer series may go to another library for arithmetic."""
_WHOLE = 2**53
"""Whole numbers below are floats without rounding."""
_FIRST_BOUNDS = 4_096
_MOST_WINDOWS = 64


def install() -> None:
    """Take the short ways, once a process; through pandas only one that they were compared with."""
    backtesting.lib.crossover = _short_crossover(backtesting.lib.crossover)
    if not pd.__version__.startswith(_COMPARED):
        return
    series: Any = pd.Series
    window: Any = BaseWindow
    series.__init__ = _short_init(series.__init__)
    series.shift = _short_shift(series.shift)
    series._arith_method = _short_arithmetic(series._arith_method)  # noqa: SLF001  # see above
    window._apply_series = _short_apply(window._apply_series)  # noqa: SLF001  # see above
    _Indexer.get_window_bounds = _remembered(_Indexer.get_window_bounds)


def _short_crossover(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`crossover` of two arrays, which need not be asked at each bar whether they are numbers."""

    @functools.wraps(original)
    def crossover(series1: Any, series2: Any) -> Any:
        if type(series1) not in _ARRAYS or type(series2) not in _ARRAYS:
            return original(series1, series2)
        try:
            return series1[-2] < series2[-2] and series1[-1] > series2[-1]
        except IndexError:
            return False

    return crossover


def plain(value: Any) -> np.ndarray[Any, Any]:
    """`np.asarray(value, order="C")`; a series' values are read-only, as pandas gives them.

    Raises:
        ValueError: numpy's, for rows of different lengths.
    """
    values = value._values if type(value) is pd.Series else None  # noqa: SLF001  # see above
    if type(values) is not np.ndarray or values.dtype != _FLOAT or not values.flags.c_contiguous:
        return np.asarray(value, order="C")
    array = values.view()
    array.flags.writeable = False
    return array


def _short_init(original: Callable[..., None]) -> Callable[..., None]:
    """`pd.Series(prices)` without further arguments."""

    def initialise(self: Any, data: Any = None, *args: Any, **options: Any) -> None:
        known = type(data) in _PRICES and data.ndim == 1 and data.dtype == _FLOAT
        if not known or args or options:
            original(self, data, *args, **options)
            return
        index = _RangeIndex._simple_new(range(len(data)))  # noqa: SLF001  # see above
        _NDFrame.__init__(self, _Manager.from_array(data.copy(), index))
        self._name = None

    return initialise


def _short_apply(original: Callable[..., Any]) -> Callable[..., Any]:
    """A window's function on one series of floats."""

    def apply_series(
        self: Any, function: Callable[[np.ndarray[Any, Any]], Any], name: str | None = None
    ) -> Any:
        series = self.obj
        values: Any = series._values if type(series) is pd.Series else None  # noqa: SLF001  # see above
        if (
            type(values) not in _ARRAYS
            or values.dtype != _FLOAT
            or not len(values)
            or type(self) not in _WINDOWS
            or self.step is not None
            or name == "count"
        ):
            return original(self, function, name)
        values = np.asarray(values)
        infinite = np.isinf(values)
        result = function(np.where(infinite, np.nan, values) if infinite.any() else values)
        return _made(result, series.index, series._name)  # noqa: SLF001  # see above

    return apply_series


def _made(values: Any, index: Any, name: Any) -> Any:
    """A series of floats that nobody else holds."""
    made: Any = object.__new__(pd.Series)
    _NDFrame.__init__(made, _Manager.from_array(values, index))
    object.__setattr__(made, "_name", name)
    return made


def _floats(series: Any) -> Any:
    """The values of a usual series without anything to pass on to results, or None."""
    if type(series) is not pd.Series or series._attrs:  # noqa: SLF001  # see above
        return None
    values = series._values  # noqa: SLF001  # see above
    known = type(values) in _ARRAYS and values.dtype == _FLOAT
    usual = series._flags._allows_duplicate_labels  # noqa: SLF001  # see above
    return values if known and usual and len(values) <= _MOST_COMPUTED else None


def _short_shift(original: Callable[..., Any]) -> Callable[..., Any]:
    """`series.shift(bars)`, as it is and as `pct_change` calls it."""

    def shift(self: Any, periods: Any = 1, freq: Any = None, axis: Any = 0, **options: Any) -> Any:
        values = _floats(self)
        plain_way = type(periods) is int and periods and freq is None and axis == 0
        if values is None or not plain_way or options:
            return original(self, periods, freq, axis, **options)
        made = np.empty_like(values)
        bars = min(abs(periods), len(values))
        if periods > 0:
            made[:bars], made[bars:] = np.nan, values[: len(values) - bars]
        else:
            made[len(values) - bars :], made[: len(values) - bars] = np.nan, values[bars:]
        return _made(made, self.index.view(), self._name)

    return shift


def _short_arithmetic(original: Callable[..., Any]) -> Callable[..., Any]:
    """A series with a number, or with a series of the same bars and name."""

    def arith_method(self: Any, other: Any, op: Any) -> Any:
        values = _floats(self) if op in _EXACT else None
        if values is None:
            return original(self, other, op)
        right = other
        if type(other) is pd.Series:
            right = _floats(other)
            alike = other._name is self._name and self.index.equals(other.index)  # noqa: SLF001  # see above
            right = np.asarray(right) if right is not None and alike else None
        elif type(other) is not float and not (type(other) is int and abs(other) < _WHOLE):
            right = None
        if right is None:
            return original(self, other, op)
        with np.errstate(all="ignore"):  # as pandas
            result = op(np.asarray(values), right)
        return _made(result, self.index, self._name)

    return arith_method


def _remembered(original: Callable[..., _Bounds]) -> Callable[..., _Bounds]:
    """Where each bar's window begins and ends: for the first bars the same, however many follow."""
    known: dict[int, _Bounds] = {}

    def get_window_bounds(
        self: Any,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,  # noqa: FBT001  # pandas' own signature
        closed: str | None = None,
        step: int | None = None,
    ) -> _Bounds:
        if center or closed is not None or step is not None:
            return original(self, num_values, min_periods, center, closed, step)
        bounds = known.get(self.window_size)
        if bounds is None or len(bounds[0]) < num_values:
            if len(known) >= _MOST_WINDOWS:
                known.clear()
            length = max(_FIRST_BOUNDS, 2 * num_values)
            bounds = known[self.window_size] = original(self, length, min_periods, center)
        return bounds[0][:num_values], bounds[1][:num_values]

    return get_window_bounds
