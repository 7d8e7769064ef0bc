"""An indicator that shows no more values than its symbol has bars, wherever it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting._util import _Indicator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backtesting._util import _Data


class _Options(dict[str, Any]):
    """An indicator's options; its index is looked up when somebody asks (`.s`, `.df`)."""

    def __init__(self, bars: _Data) -> None:
        super().__init__()
        self._bars = bars

    def __missing__(self, key: str) -> Any:
        if key == "index":
            return self._bars.index
        raise KeyError(key)


def declared(values: np.ndarray[Any, Any], name: str, bars: _Data) -> _Indicator:
    """Values as the package's array, which shares the index of these bars."""
    array = np.asarray(values).view(_Indicator)
    array.name, array._opts = name, _Options(bars)  # noqa: SLF001  # as the package's own __new__
    return array


class Indicator(np.lib.mixins.NDArrayOperatorsMixin):
    """The values up to now: indexed, compared and computed with as an array is.

    In a condition, and as a number, it is its newest value, as in backtesting.py.

    Args:
        values: at all bars that there are; bars are the last dimension.
        shown: how many of them are over by now.
        scatter: it has values at few bars only, and the start of trading does not wait for it.
    """

    def __init__(
        self, values: _Indicator, shown: Callable[[], int], *, scatter: bool = False
    ) -> None:
        self._values = values
        self._shown = shown
        self.scatter = scatter

    @property
    def now(self) -> Any:
        """The values up to now as the package's array (with `.s` and `.df`)."""
        return self._values[..., : self._shown()]

    @property
    def first(self) -> int:
        """The first bar at which all rows have a value (the package's rule)."""
        if not self._values.shape[-1]:
            return 0
        return int(np.isnan(self._values.astype(float)).argmin(axis=-1).max())

    def __getitem__(self, key: Any) -> Any:
        return self.now[key]

    def __len__(self) -> int:
        return len(self.now)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.now)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.now, dtype) if copy else np.asarray(self.now, dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = (value.now if isinstance(value, Indicator) else value for value in inputs)
        return getattr(ufunc, method)(*plain, **options)

    def __bool__(self) -> bool:
        return bool(self.now)

    def __float__(self) -> float:
        return float(self.now)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.now, name)

    def __repr__(self) -> str:
        return repr(self.now)
