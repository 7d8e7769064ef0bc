"""Bars of several symbols, of which some may not be listed in a time; without pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.errors import UserError
from components.ports import Bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.ports import BarSource

_NONE = "no bars"
"""The hash of no bars."""


def bars_of(
    data: BarSource, symbols: Sequence[str], interval: str, start: str | None, end: str | None
) -> list[Bars]:
    """The bars of each symbol; none of one that is not listed in that time, while others are.

    Raises:
        UserError: as `BarSource.bars`, for a symbol that there is not, or where all have none.
    """
    found, missing = [], None
    for symbol in symbols:
        try:
            bars = data.bars(symbol, interval, start, end)
        except UserError as error:
            whole = data.bars(symbol, interval, None, None)
            missing = missing or error
            bars = Bars(symbol, interval, whole.frame.iloc[:0], _NONE)
        found.append(bars)
    if missing is not None and all(bars.frame.empty for bars in found):
        raise missing
    return found
