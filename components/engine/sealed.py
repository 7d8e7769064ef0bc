"""Where the sealed bars of a symbol begin: what is seen by anybody ends on the day before."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from components.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from components.ports import MarketData
    from components.schema.policies.risk import Holdout

DAY = dt.timedelta(days=1)


def open_until(data: MarketData, holdout: Holdout, symbols: Iterable[str]) -> str:
    """Last day (ISO) on which no bar of these symbols is sealed.

    A symbol has one seal for all its intervals: with `last`, that share of the time from the first
    bar of any of its files to the last bar of any. So finer bars never show what coarser ones
    hide.

    Raises:
        UserError: no bars of a symbol, see `MarketData.bars`.
    """
    if holdout.since is not None:
        return (holdout.since - DAY).isoformat()
    return min(_before_last(data, symbol, holdout.share) for symbol in symbols)


def _before_last(data: MarketData, symbol: str, share: float) -> str:
    spans = [_span(data, symbol, interval) for name, interval in data.symbols() if name == symbol]
    if not spans:
        raise UserError(f"no data for {symbol}")
    first, last = min(low for low, _ in spans), max(high for _, high in spans)
    return ((last - (last - first) * share).normalize() - DAY).date().isoformat()


def _span(data: MarketData, symbol: str, interval: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    times = data.bars(symbol, interval, None, None).frame.index
    return times[0].tz_localize(None), times[-1].tz_localize(None)


def earlier(one: str | None, other: str) -> str:
    """The earlier of two days (ISO); None is no bound.

    Raises:
        UserError: `one` is not written as a whole day: "2015" would mean its last one.
    """
    if one and not re.fullmatch(r"\d{4}-\d\d-\d\d", one, re.ASCII):
        raise UserError(
            f"the last day {one!r} must be written as YYYY-MM-DD",
            hint=f"bars after {other} are sealed",
        )
    return min(one, other) if one else other
