"""Drives one guest through one backtest: bars go out, orders come in, the ledger counts."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.ledger import TooManyOrders, check_count
from components.engine.wire import BadAnswer, Frame, Wire
from components.sandbox.guest.messages import (
    Bar,
    Bars,
    Diagnose,
    Diagnosis,
    End,
    Hello,
    Op,
    Place,
    RunWhole,
    WholeRun,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.engine.ledger import Ledger
    from components.ports import Guest

BARS_A_FRAME = 8_192
SAMPLED_BARS = 64
MOST_ORDER_BARS = 192
EARLY_BARS = 16
"""Bars before trading started at which it is asked whether it would have started."""

MAX_OPS_IN_ALL = 1_000_000
"""Requests of a whole run (audited mode), which are all kept before the first is worked on."""


@dataclass
class Course:
    """How far a run came.

    Attributes:
        phases_s: seconds by phase.
        diagnosis: what the look for future bars found; None: not asked for or not finished.
        order_bars: bars at which the strategy asked for something, by what it asked for: who
            peeks and finds nothing there does one thing or the other, but always the same.
    """

    phases_s: dict[str, float] = field(default_factory=dict)
    diagnosis: Diagnosis | None = None
    order_bars: dict[str, list[int]] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)

    def phase(self, name: str) -> None:
        """The phase that ends now."""
        now = time.perf_counter()
        self.phases_s[name] = round(self.phases_s.get(name, 0.0) + now - self._since, 6)
        self._since = now


class Drive:
    """One conversation with a guest about one frame of bars.

    All methods raise GuestGone, GuestLate, GuestBroke (see ports), BadAnswer, AuthorFault (see
    wire), Impossible and TooManyOrders (see ledger).
    """

    def __init__(self, guest: Guest, frame: pd.DataFrame, course: Course) -> None:
        self._wire = Wire(guest)
        self._guest = guest
        self._frame = frame
        self._times: list[int] = pd.DatetimeIndex(frame.index).asi8.tolist()
        self._columns = [column.to_numpy() for _, column in frame.items()]
        self.course = course

    def hello(self) -> None:
        """Have the strategy loaded."""
        self._wire.send(Hello(self._wire.nonce()))
        self._wire.reply()
        self.course.phase("load")

    def stream(self, ledger: Ledger) -> None:
        """Send bar after bar; a bar is sent when the orders of the one before are in."""
        wire, live = self._wire, False
        frames = self._frames()
        frame = next(frames)
        for bar in range(len(self._times)):
            wire.post(frame)
            if live:
                ledger.bar(bar)
            frame = next(frames, frame)  # made while the guest works, sent when its orders are in
            reply = wire.reply()
            if not live and reply.live:
                live = self._goes_live(ledger, bar, reply.first)
            elif reply.first or reply.live is not live:
                raise BadAnswer("an answer out of order")
            if ledger.broke:
                break
            self._take(ledger, bar, reply.ops, live=live)
        self.course.phase("run")

    def _frames(self) -> Iterator[Frame]:
        rows = zip(*(column.tolist() for column in self._columns), strict=True)
        for at, values in zip(self._times, rows, strict=True):
            yield self._wire.frame(Bar(self._wire.nonce(), at, list(values)))

    def _goes_live(self, ledger: Ledger, bar: int, first: list[Op]) -> bool:
        if bar < 1:
            raise BadAnswer("trading can't start on the first bar")
        ledger.begin(bar, first)
        ledger.bar(bar)
        return True

    def _take(self, ledger: Ledger, bar: int, ops: list[Op], *, live: bool) -> None:
        if ops:
            if not live:
                raise BadAnswer("orders before trading started")
            ledger.apply(ops)
            for kind in {_kind(op) for op in ops}:
                self.course.order_bars.setdefault(kind, []).append(bar)
        self._guest.watch()

    def whole(self, ledger: Ledger) -> None:
        """Send all bars, take all orders, then fill them bar by bar."""
        for at in range(0, len(self._times), BARS_A_FRAME):
            part = slice(at, at + BARS_A_FRAME)
            times = np.array(self._times[part], "<i8").tobytes()
            columns = [np.ascontiguousarray(column[part]).tobytes() for column in self._columns]
            self._wire.send(Bars(self._wire.nonce(), times, columns))
            self._wire.reply()
        self._wire.send(RunWhole(self._wire.nonce()))
        start, first, ops = self._orders()
        self.course.phase("run")
        self._fill(ledger, start, first, ops)
        self.course.phase("fill")

    def _orders(self) -> tuple[int, list[Op], dict[int, list[Op]]]:
        orders: dict[int, list[Op]] = {}
        count = 0
        while True:
            answer = self._wire.whole()
            self._merge(orders, answer)
            count += len(answer.first) + sum(len(ops) for ops in answer.ops)
            if count > MAX_OPS_IN_ALL:
                raise TooManyOrders(f"more than {MAX_OPS_IN_ALL} requests in one run")
            if not answer.more:
                return answer.start, answer.first, orders

    def _merge(self, orders: dict[int, list[Op]], answer: WholeRun) -> None:
        last = next(reversed(orders), 0)
        if len(answer.bars) != len(answer.ops) or answer.start < 1:
            raise BadAnswer("orders that belong to no bar")
        for bar, ops in zip(answer.bars, answer.ops, strict=True):
            if not max(answer.start, last) <= bar < len(self._times) or bar in orders:
                raise BadAnswer("orders out of order")
            check_count(ops)
            orders[bar] = ops
            last = bar

    def _fill(
        self, ledger: Ledger, start: int, first: list[Op], orders: dict[int, list[Op]]
    ) -> None:
        if start >= len(self._times):
            return
        ledger.begin(start, first)
        for bar in range(start, len(self._times)):
            ledger.bar(bar)
            if ledger.broke:
                return
            self._take(ledger, bar, orders.get(bar, []), live=True)

    def ask_diagnosis(self, start: int | None) -> None:
        """All orders are in: have the guest look for future bars, at bars that we pick now."""
        bars = len(self._times)
        low = min(start if start is not None else 1, bars - 1)
        picked = random.SystemRandom()
        sample = {low, *(picked.randrange(low, bars) for _ in range(SAMPLED_BARS))}
        if low > 1:
            sample |= {picked.randrange(1, low) for _ in range(EARLY_BARS)}
        kinds = self.course.order_bars
        placed = sorted({bar for of_a_kind in kinds.values() for bar in of_a_kind})
        if len(placed) > MOST_ORDER_BARS:
            placed = picked.sample(placed, MOST_ORDER_BARS)
        replays = [picked.randrange((low + bars) // 2, bars)]
        replays += [picked.choice(kinds[kind]) for kind in sorted(kinds)]
        request = Diagnose(self._wire.nonce(), sorted(sample | set(placed)), replays)
        self._wire.send(request)

    def diagnosis(self) -> None:
        """Wait for what `ask_diagnosis` asked for."""
        self.course.diagnosis = self._wire.diagnosis()
        self.course.phase("lookahead")

    def end(self) -> None:
        """Nothing more is wanted."""
        self._wire.send(End(self._wire.nonce()))


def _kind(op: Op) -> str:
    if isinstance(op, Place):
        return "buy" if op.size > 0 else "sell"
    return "leave"
