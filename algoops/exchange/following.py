"""Bars of one of several symbols that follow a clock, at no cost while nobody looks at them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class MomentClock(Protocol):
    """How many of the moments of all symbols are over; one may have no bar at some of them.

    Attributes:
        moments: the number.
        turn: another one whenever the clock was set.
    """

    @property
    def moments(self) -> int: ...  # noqa: D102  # see above

    @property
    def turn(self) -> int: ...  # noqa: D102  # see above


class Following:
    """To be put before the package's `_Data` among the bases.

    Args:
        clock: what the number of bars follows.
        places: the moments of this symbol's bars, rising.
    """

    def __init__(self, clock: MomentClock, places: Sequence[int], *args: Any) -> None:
        self._clock = clock
        self._places = places
        self._followed = -1
        super().__init__(*args)

    def _follow(self) -> None:
        """Show the bars up to the clock's moment."""
        turn = self._clock.turn
        if turn != self._followed:
            self._followed = turn
            shown: Any = self
            shown._set_length(bisect_left(self._places, self._clock.moments))  # noqa: SLF001  # the package's own

    def __len__(self) -> int:
        self._follow()
        length: int = super().__len__()  # type: ignore[misc]  # `_Data` has it
        return length

    def _current_value(self, key: str) -> Any:
        self._follow()
        return super()._current_value(key)  # type: ignore[misc]  # as above

    def _Data__get_array(self, key: str) -> Any:  # noqa: N802  # the package's accessors call it
        self._follow()
        return super()._Data__get_array(key)  # type: ignore[misc]  # as above
