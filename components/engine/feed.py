"""Bars on their way to a guest, and the orders of a run on many bars on their way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.broker import TooManyOrders, check_count
from components.engine.joined import members_by_number
from components.engine.wire import BadAnswer, Frame, Wire
from components.protocol.messages import (
    Bar,
    BarBlock,
    MarketMoment,
    MomentBlock,
    Op,
    RunWhole,
    SymbolBlock,
)
from components.sandbox.guest.lookahead.differences import asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.engine.joined import JoinedBars
    from components.protocol.messages import Decided, WholeRun

BARS_A_FRAME = 8_192
FRAME_BYTES = 16 * 1024 * 1024
"""Of several symbols so much goes into one frame: all of five hundred would be above the cap."""
MAX_OPS_IN_ALL = 1_000_000
"""Requests of a whole run (audited mode), which are all kept before the first is worked on."""


class Feed:
    """One frame of bars.

    Attributes:
        bars: how many there are.
    """

    bars: int

    def __init__(self, wire: Wire, frame: pd.DataFrame) -> None:
        self._wire = wire
        self._times: list[int] = pd.DatetimeIndex(frame.index).asi8.tolist()
        self._columns = [column.to_numpy() for _, column in frame.items()]
        self.bars = len(self._times)

    def one_by_one(self) -> Iterator[Frame]:
        """A request for each bar, ready to be posted."""
        rows = zip(*(column.tolist() for column in self._columns), strict=True)
        for at, values in zip(self._times, rows, strict=True):
            yield self._wire.frame(Bar(self._wire.nonce(), at, list(values)))

    def told(self, bar: int, answers: Sequence[Decided]) -> Frame:
        """A request for one bar, with what finer bars tell of the strategy's trades in it."""
        values = [column[bar].item() for column in self._columns]
        return self._wire.frame(Bar(self._wire.nonce(), self._times[bar], values, list(answers)))

    def portion(self, start: int, end: int) -> None:
        """Send the bars from `start` on, `end` not included. Raises as `Wire`."""
        for at in range(start, end, BARS_A_FRAME):
            part = slice(at, min(at + BARS_A_FRAME, end))
            times = np.array(self._times[part], "<i8").tobytes()
            columns = [np.ascontiguousarray(column[part]).tobytes() for column in self._columns]
            self._wire.send(BarBlock(self._wire.nonce(), times, columns))
            self._wire.reply()


class MomentFeed(Feed):
    """The bars of several symbols; `bars`: how many moments they make."""

    def __init__(self, wire: Wire, joined: JoinedBars) -> None:
        self._wire = wire
        self._due, self._over = joined.timeline.due, joined.timeline.over
        self._places = [joined.timeline.places[symbol] for symbol in joined.frames]
        self._members = members_by_number(joined)
        self._moments: list[int] = joined.timeline.index.asi8.tolist()
        self._times_of_all = joined.timeline.index.asi8.astype("<i8")
        self._of_symbols = [[c.to_numpy() for _, c in f.items()] for f in joined.frames.values()]
        self.bars = joined.moments

    def one_by_one(self) -> Iterator[Frame]:
        """A request for each moment, ready to be posted."""
        rows = [
            zip(*(column.tolist() for column in columns), strict=True)
            for columns in self._of_symbols
        ]
        for moment in range(self.bars):
            due = self._due[moment]
            values = [list(next(rows[number])) for number in due]
            nonce, time = self._wire.nonce(), self._moments[moment]
            over, members = self._over[moment], self._members.get(moment)
            yield self._wire.frame(MarketMoment(nonce, time, due, values, over, members))

    def portion(self, start: int, end: int) -> None:
        """Send the moments from `start` on, `end` not included. Raises as `Wire`."""
        each = sum(8 * len(columns) + 12 for columns in self._of_symbols)
        most = max(1, min(BARS_A_FRAME, FRAME_BYTES // each))
        for at in range(start, end, most):
            self._wire.send(self._block(at, min(at + most, end)))
            self._wire.reply()

    def _block(self, start: int, end: int) -> MomentBlock:
        symbols = []
        for places, columns in zip(self._places, self._of_symbols, strict=True):
            part = slice(*np.searchsorted(places, (start, end)).tolist())
            times = self._times_of_all[places[part]].tobytes()
            raw = [np.ascontiguousarray(column[part]).tobytes() for column in columns]
            symbols.append(SymbolBlock((places[part] - start).astype("<i4").tobytes(), times, raw))
        over = [(at - start, n) for at in range(start, end) for n in self._over[at]]
        members = [(at - start, who) for at, who in self._members.items() if start <= at < end]
        return MomentBlock(self._wire.nonce(), end - start, symbols, over, members)


@dataclass
class WholeOrders:
    """What a run on many bars asked for.

    Attributes:
        start: first bar on which it traded; `first`: orders made in init().
        ops: bar -> orders of next().
        raised: the author's exception that ended it, at bar `ended`; drawn: see `WholeRun`.
    """

    start: int = 0
    first: list[Op] = field(default_factory=list)
    ops: dict[int, list[Op]] = field(default_factory=dict)
    raised: str = ""
    ended: int = 0
    drawn: str = ""

    def asked(self, low: int = 0) -> dict[int, list[Op]]:
        """All that it asked for at bars from `low` on; orders of init() at the first of all."""
        every = asked(self.first, self.start, self.ops)
        return {bar: ops for bar, ops in every.items() if bar >= low}


def take_whole(wire: Wire, bars: int, *, replay: bool = False) -> WholeOrders:
    """Have the guest run on the bars that it has; `bars`: how many these are. Raises as `Wire`."""
    wire.send(RunWhole(wire.nonce(), replay))
    orders = take_orders(wire, 0, bars)
    if orders.start < 1:
        raise BadAnswer("orders that belong to no bar")
    return orders


def take_orders(wire: Wire, low: int, bars: int) -> WholeOrders:
    """The answer: orders at bars from `low` on and below `bars`. Raises as `Wire`."""
    found, count = WholeOrders(), 0
    while True:
        answer = wire.whole()
        _merge(found, answer, low, bars)
        count += len(answer.first) + sum(len(ops) for ops in answer.ops)
        if count > MAX_OPS_IN_ALL:
            raise TooManyOrders(f"more than {MAX_OPS_IN_ALL} requests in one run")
        if not answer.more:
            found.start, found.first = answer.start, answer.first
            found.raised, found.ended, found.drawn = answer.raised, answer.ended, answer.drawn
            return found


def _merge(found: WholeOrders, answer: WholeRun, low: int, bars: int) -> None:
    last = next(reversed(found.ops), 0)
    if len(answer.bars) != len(answer.ops):
        raise BadAnswer("orders that belong to no bar")
    for bar, ops in zip(answer.bars, answer.ops, strict=True):
        if not max(low, last) <= bar < bars or bar in found.ops:
            raise BadAnswer("orders out of order")
        check_count(ops)
        found.ops[bar] = ops
        last = bar
