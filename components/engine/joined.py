"""The bars of several symbols that one account trades on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from algoops.statistics import held
from algoops.timeline import Timeline, checked
from algoops.universe import parse_universe
from components.engine.result import pip_of
from components.engine.units import in_units
from components.errors import UserError
from components.ports import Bars
from components.protocol.messages import Column, Listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.schema.definition.backtest import BacktestConfig


_PIP = 0.01
"""The smallest price change of a symbol without bars."""


@dataclass(frozen=True)
class JoinedBars:
    """Bars by symbol, in the units that are traded, and all their times.

    Attributes:
        pips: by symbol the smallest price change.
        moments: how many of the times are worked on.
    """

    frames: Mapping[str, pd.DataFrame]
    timeline: Timeline
    pips: Mapping[str, float]
    moments: int

    def up_to(self, moments: int) -> JoinedBars:
        """The same, of which no more than the first so many times are worked on."""
        return replace(self, moments=min(moments, self.moments))

    def listings(self) -> tuple[Listing, ...]:
        """What the wire says of each symbol."""
        return tuple(
            Listing(
                symbol,
                columns_of(frame),
                None if frame.index.name is None else str(frame.index.name),
                self.pips[symbol],
            )
            for symbol, frame in self.frames.items()
        )


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """What the wire says of a frame's columns."""
    return tuple(Column(str(n), column.to_numpy().dtype.str) for n, column in frame.items())


def check_settings(config: BacktestConfig, symbols: int) -> None:
    """Raises UserError for settings that several symbols cannot have."""
    if config.trade_on_close and symbols > 1:
        raise UserError(
            "trade_on_close takes one symbol",
            hint="where a symbol of a portfolio has no next bar, its close would be long over",
        )
    if config.detail is not None:
        raise UserError(
            "backtest.detail (finer bars) takes one symbol",
            hint="leave it out of the definition of a portfolio",
        )


def join(
    several: Sequence[Bars], unit: float, universe: bytes = b"", going_on: Sequence[str] = ()
) -> JoinedBars:
    """The bars of several symbols.

    Args:
        several: at least one, each of another symbol.
        unit: what is traded whole numbers of, in units of the assets.
        universe: who is a member when, a CSV file's content; b"": all are.
        going_on: see `BacktestJob`.

    Raises:
        UserError: they do not fit together: other lengths of bars, or only some have a time zone.
    """
    traded = [in_units(bars, unit) for bars in several]
    try:
        frames = checked({bars.symbol: bars.frame for bars in traded}, some_empty=True)
        timeline = Timeline(frames, parse_universe(universe) if universe else None, going_on)
    except (TypeError, ValueError) as error:
        raise UserError(str(error), hint="a portfolio's symbols need bars that fit") from error
    pips = {bars.symbol: pip_of(bars) if len(bars.frame) else _PIP for bars in traded}
    return JoinedBars(frames, timeline, pips, len(timeline.index))


def held_alike(name: str, several: Sequence[Bars], joined: JoinedBars) -> Bars:
    """What the same money in each symbol is worth at each time, as bars of a made-up symbol.

    Its hash is that of all the bars, and what is doubtful in any of them is in it.
    """
    gaps = [bars.gap for bars in several if bars.gap is not None]
    closes = held(joined.timeline, joined.frames)
    return Bars(
        symbol=name,
        interval=several[0].interval,
        frame=pd.DataFrame({"Close": closes}, index=joined.timeline.index),
        data_hash=hash_of(several),
        doubts=tuple(doubt for bars in several for doubt in bars.doubts),
        gap=max(gaps, key=lambda gap: gap.days, default=None),
    )


def hash_of(several: Sequence[Bars]) -> str:
    """SHA-256 (hex) of the bars of several symbols."""
    words = "|".join(f"{bars.symbol} {bars.data_hash}" for bars in several)
    return hashlib.sha256(words.encode()).hexdigest()


def side_by_side(name: str, several: Sequence[Bars], joined: JoinedBars) -> Bars:
    """All columns of all symbols as the data has them, at each time; no value: no bar then.

    Columns are called `SYMBOL Column`.
    """
    names = [f"{bars.symbol} {column}" for bars in several for column in bars.frame.columns]
    values = np.full((len(joined.timeline.index), len(names)), np.nan)
    column = 0
    for bars in several:
        width = len(bars.frame.columns)
        places = joined.timeline.places[bars.symbol]
        values[places, column : column + width] = bars.frame.to_numpy(dtype=float)
        column += width
    frame = pd.DataFrame(values, joined.timeline.index, names)
    return Bars(name, several[0].interval, frame, hash_of(several))


def members_by_number(joined: JoinedBars) -> dict[int, list[int]]:
    """By the times at which the universe changes, the numbers of its members; none: no universe."""
    found: dict[int, list[int]] = {}
    before: frozenset[str] | None = None
    for at, members in enumerate(joined.timeline.members or ()):
        if members != before:
            found[at] = [n for n, symbol in enumerate(joined.frames) if symbol in members]
        before = members
    return found
