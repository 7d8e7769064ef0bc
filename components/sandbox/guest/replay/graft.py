"""Carries what init() derives from the data over to the instance that trades, bar after bar.

A fresh instance's init() ran on the bars so far. What it holds as data (arrays, series, numbers) is
put at the same place of the living instance, unless next() has taken that place over: state that
a strategy keeps between bars is its own.
"""

from __future__ import annotations

import dis
from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting._util import _Indicator

from algoops import PortfolioStrategy
from components.sandbox.guest.replay.places import is_data, places, state
from components.sandbox.guest.replay.portfolio import Carried
from components.sandbox.guest.runtime.loading import authors_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from backtesting import Strategy

_WRITING_NAMES = frozenset(
    {"fill", "put", "copyto", "sort", "itemset", "partition", "place", "putmask", "at", "out"}
)
_FIRST_INPLACE_OPERATOR = 13
"""Arguments of BINARY_OP from here on are `+=` and its like."""


class Graft:
    """One living instance, and what was last put into its places.

    Args:
        living: the instance that trades, after its init().
        folder: the author's folder.
        window: with a declared lookback, how many bars a re-evaluation sees; arrays of that many
            bars then extend the living instance's own by their last value. With several symbols
            indicators do so, and no array of the author's: nobody knows whose bars it has.
    """

    def __init__(self, living: Strategy, folder: str, window: int | None = None) -> None:
        self.living = living
        self.folder = folder
        self._carried = _carried(living, self._extended if window else None)
        self.window = None if self._carried else window
        self._put = {place.path: place.value for place in places(living, folder)}
        self._flat = all(is_data(value) for value in state(living).values())
        self._watched = writes_to_arrays(folder)
        self._pristine = (
            {p: v.copy() for p, v in self._put.items() if isinstance(v, np.ndarray)}
            if self._watched
            else {}
        )
        self._long: dict[str, np.ndarray[Any, Any]] = {}

    def take(self, fresh: Strategy, bars: int) -> None:
        """Put the data of a fresh instance, evaluated on `bars` bars, into the living one."""
        held = vars(self.living)
        for name, value in state(fresh).items():
            if name not in held or self._flat:
                self._place(name, held.get(name), held, value, bars)
        if not self._flat:
            self._take_deep(fresh, bars)
        if self._carried is not None:
            self._carried.take(fresh)

    def _take_deep(self, fresh: Strategy, bars: int) -> None:
        mine = {place.path: place for place in places(self.living, self.folder)}
        for path, value, _ in places(fresh, self.folder):
            if path in mine:
                target = _Filled()
                self._place(path, mine[path].value, target, value, bars)
                if path in target:
                    mine[path].fill(target[path])

    def _place(self, path: str, held: Any, target: dict[str, Any], value: Any, bars: int) -> None:
        if path in self._put and held is not self._put[path] and not _is_top(path, value):
            return
        if isinstance(value, np.ndarray):
            if self.window is not None and value.ndim and value.shape[-1] == self.window < bars:
                value = self._extended(path, held, value, bars)
            if self._watched and isinstance(held, np.ndarray):
                value = self._with_writes(path, held, value)
        target[path] = self._put[path] = value

    def _with_writes(
        self, path: str, held: np.ndarray[Any, Any], value: np.ndarray[Any, Any]
    ) -> np.ndarray[Any, Any]:
        """The fresh array, but with what next() wrote into the one before."""
        pristine = self._pristine.get(path)
        self._pristine[path] = value.copy()
        if pristine is None or pristine.shape != held.shape or held.ndim != value.ndim:
            return value
        written = _differing(held, pristine)
        if not written.any():
            return value
        shared = tuple(slice(0, min(a, b)) for a, b in zip(held.shape, value.shape, strict=True))
        value[shared] = np.where(written[shared], held[shared], value[shared])
        return value

    def _extended(self, path: str, held: Any, value: np.ndarray[Any, Any], bars: int) -> Any:
        """The held array, one bar longer: only the last value of the window is new."""
        room = self._long.get(path)
        if room is None or room.shape[-1] < bars:
            room = np.zeros((*value.shape[:-1], 2 * bars), value.dtype)
            known = np.asarray(held)[..., : bars - 1]
            room[..., : known.shape[-1]] = known
            self._long[path] = room
        room[..., bars - 1] = value[..., -1]
        longer: Any = room[..., :bars].view(type(value))
        if isinstance(value, _Indicator):
            longer.name, longer._opts = value.name, value._opts  # noqa: SLF001  # as the package
        return longer


def _carried(living: Any, extended: Callable[..., Any] | None) -> Carried | None:
    return Carried(living, extended) if isinstance(living, PortfolioStrategy) else None


class _Filled(dict[str, Any]):
    """Collects what `_place` decides for a place that is not an attribute."""


def _is_top(path: str, fresh: Any) -> bool:
    """The package renews indicator attributes at every bar, whatever next() did to them."""
    return isinstance(fresh, _Indicator) and path.isidentifier()


def _differing(one: np.ndarray[Any, Any], two: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    one, two = np.asarray(one), np.asarray(two)
    if one.dtype.itemsize == 8 and one.dtype == two.dtype and one.dtype != object:  # noqa: PLR2004
        return np.asarray(one.view("i8") != two.view("i8"))
    return np.asarray(one != two)


def writes_to_arrays(folder: str) -> bool:
    """Whether the author's code, or what it imports, could change an array in place after init().

    The package's own helpers (`from backtesting.lib import *`) change none of a strategy's.

    Then every array is compared with its copy at every bar; without it that cost is spared.
    """
    return any(
        _writes(code)
        for module in authors_modules(folder).values()
        for value in vars(module).values()
        if not str(getattr(value, "__module__", "")).startswith("backtesting.")
        for code in _codes(value)
    )


def _codes(value: Any) -> Iterator[CodeType]:
    if isinstance(value, type):
        for name, member in vars(value).items():
            function = getattr(member, "__func__", getattr(member, "fget", member))
            if name != "init" and hasattr(function, "__code__"):
                yield function.__code__
    elif hasattr(value, "__code__"):
        yield value.__code__


def _writes(code: CodeType) -> bool:
    for step in dis.get_instructions(code):
        if step.opname in {"STORE_SUBSCR", "STORE_SLICE", "DELETE_SUBSCR"}:
            return True
        if step.opname == "BINARY_OP" and (step.arg or 0) >= _FIRST_INPLACE_OPERATOR:
            return True
        if isinstance(step.argval, str) and step.argval in _WRITING_NAMES:
            return True
    return any(_writes(inner) for inner in code.co_consts if hasattr(inner, "co_code"))
