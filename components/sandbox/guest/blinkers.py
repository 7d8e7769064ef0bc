"""Blinkers for a strategy that holds all data: at some bars it has only what could be known there.

Where it then asks for other orders, it had looked ahead; also where it keeps its data beside
`self.I`, which nobody can cut to the current bar for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .graft import Graft, writes_to_arrays
from .places import state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backtesting import Strategy

    from .trial import Trial


class Blinkers:
    """Puts data from prefixes into one instance, and takes it out again.

    Args:
        trial: fresh instances of the same class on prefixes.
        bars: where the blinkers are worn.
        length: of the whole data.
        folder: the author's.
    """

    def __init__(self, trial: Trial, bars: Iterable[int], length: int, folder: str) -> None:
        self._trial = trial
        self._bars = frozenset(bars)
        self._length = length
        self._folder = folder
        self._graft: Graft | None = None
        self._all: Strategy | None = None
        self._worn = False

    @property
    def fit(self) -> bool:
        """Whether they can be worn, and there is something that only they would show.

        Arrays that next() writes into can't be changed and back. A strategy that holds nothing
        but parameters and declared indicators, which are compared value by value, needs none.
        """
        if writes_to_arrays(self._folder):
            return False
        strategy = self._trial.fresh(self._length)
        declared = {id(indicator) for indicator in strategy._indicators}  # noqa: SLF001  # the package's list
        return any(
            name not in strategy._params and id(value) not in declared  # noqa: SLF001  # as above
            for name, value in state(strategy).items()
        )

    def measure(self, strategy: Strategy) -> None:
        """Look at the instance, after its init()."""
        self._graft = Graft(strategy, self._folder)
        self._all = self._trial.fresh(self._length)

    def take_off(self) -> None:
        """Before the package cuts the indicators to a bar: all data is back."""
        if self._worn and self._graft is not None and self._all is not None:
            self._graft.take(self._all, self._length)
        self._worn = False

    def put_on(self, bar: int) -> None:
        """Before next() sees `bar`, where it is one of the bars."""
        if bar in self._bars and self._graft is not None:
            self._graft.take(self._trial.fresh(bar + 1), bar + 1)
            self._worn = True
