"""Drives one guest through one backtest: bars go out, orders come in, the ledger counts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.engine.audit import Audit, AuditProcesses, Coverage, Picked, pick, pick_replays
from components.engine.feed import Feed, MomentFeed, WholeOrders, take_whole
from components.engine.forecast import Forecast
from components.engine.joined import JoinedBars
from components.engine.wire import BadAnswer, Wire
from components.protocol.messages import (
    Diagnose,
    Diagnosis,
    End,
    Hello,
    OfSymbol,
    Op,
    PlaceOrder,
    Spec,
    Weights,
)

if TYPE_CHECKING:
    import pandas as pd

    from components.engine.ledger import Ledger
    from components.engine.portfolio_ledger import PortfolioLedger
    from components.ports import Guest

    AnyLedger = Ledger | PortfolioLedger


@dataclass
class Course:
    """How far a run came.

    Attributes:
        phases_s: seconds by phase.
        diagnosis: what the look for future bars found; None: not asked for or not finished.
        order_bars: bars at which the strategy asked for something, by what it asked for: who
            peeks and finds nothing there does one thing or the other, but always the same.
        picked: bars that an audited run was looked at on.
    """

    phases_s: dict[str, float] = field(default_factory=dict)
    diagnosis: Diagnosis | None = None
    order_bars: dict[str, list[int]] = field(default_factory=dict)
    picked: Picked | None = None
    _since: float = field(default_factory=time.perf_counter)

    def phase(self, name: str) -> None:
        """The phase that ends now."""
        now = time.perf_counter()
        self.phases_s[name] = round(self.phases_s.get(name, 0.0) + now - self._since, 6)
        self._since = now


class Drive:
    """One conversation with a guest about one frame of bars, or those of several symbols.

    All methods raise GuestGone, GuestLate, GuestBroke (see ports), BadAnswer, AuthorFault (see
    wire), Impossible and TooManyOrders (see ledger).
    """

    def __init__(self, guest: Guest, bars: pd.DataFrame | JoinedBars, course: Course) -> None:
        self._guest = guest
        self._wire = Wire(guest)
        self._feed = (
            MomentFeed(self._wire, bars) if isinstance(bars, JoinedBars) else Feed(self._wire, bars)
        )
        self._whole = WholeOrders()
        self.course = course

    def hello(self) -> None:
        """Have the strategy loaded."""
        self._wire.send(Hello(self._wire.nonce()))
        self._wire.reply()
        self.course.phase("load")

    def stream(self, ledger: AnyLedger, cpu_s: float | None = None) -> None:
        """Send bar after bar; a bar is sent when the orders of the one before are in.

        Args:
            ledger: fills the orders.
            cpu_s: CPU seconds that this may take; None: no bound of its own.

        Raises:
            TooDear: it would take longer.
        """
        wire, live = self._wire, False
        forecast = Forecast(self._guest, self._feed.bars, cpu_s)
        frames = self._feed.one_by_one()
        frame = next(frames)
        for bar in range(self._feed.bars):
            if live and ledger.detailed:  # the guest fills as the finer bars tell: they go first
                answers = ledger.bar(bar)
                frame = self._feed.told(bar, answers) if answers else frame
            wire.post(frame)
            if live and not ledger.detailed:
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
            forecast.look(bar + 1)
        self.course.phase("run")

    def _goes_live(self, ledger: AnyLedger, bar: int, first: list[Op]) -> bool:
        if bar < 1:
            raise BadAnswer("trading can't start on the first bar")
        ledger.begin(bar, first)
        ledger.bar(bar, alone=True)
        return True

    def _take(self, ledger: AnyLedger, bar: int, ops: list[Op], *, live: bool) -> None:
        if ops:
            if not live:
                raise BadAnswer("orders before trading started")
            ledger.apply(ops)
            for kind in {_kind(op) for op in ops}:
                self.course.order_bars.setdefault(kind, []).append(bar)
        ledger.end_bar(bar)
        self._guest.watch()

    def whole(self, ledger: AnyLedger) -> None:
        """Send all bars, take all orders, then fill them bar by bar."""
        self._feed.portion(0, self._feed.bars)
        self._whole = take_whole(self._wire, self._feed.bars)
        self.course.phase("run")
        self._fill(ledger, self._whole)
        self.course.phase("fill")

    def _fill(self, ledger: AnyLedger, orders: WholeOrders) -> None:
        if orders.start >= self._feed.bars:
            return
        ledger.begin(orders.start, orders.first)
        bar, end = orders.start, self._feed.bars
        asking = (at for at in orders.ops if at >= bar)
        until = next(asking, end)
        while (bar := ledger.rest(bar, until)) < end:
            ledger.bar(bar)
            if ledger.broke:
                return
            self._take(ledger, bar, orders.ops.get(bar, []), live=True)
            bar += 1
            if bar > until:
                until = next(asking, end)

    def ask_diagnosis(self, start: int | None) -> None:
        """All orders of a streamed run are in: have the guest look for future bars."""
        picked = pick(self._feed.bars, start, self.course.order_bars, Coverage())
        self._wire.send(Diagnose(self._wire.nonce(), picked.cuts))

    def diagnosis(self) -> None:
        """Wait for what `ask_diagnosis` asked for."""
        self.course.diagnosis = self._wire.diagnosis()
        self.course.phase("lookahead")

    def audit(self, spec: Spec, seed: int, start: int | None, coverage: Coverage) -> None:
        """All orders of a run on all data are in: look for future bars, in fresh processes."""
        picked = pick(self._feed.bars, start, self.course.order_bars, coverage)
        replays = pick_replays(self._feed.bars, start, self.course.order_bars)
        audit = Audit(AuditProcesses(self._guest, self._wire, self._feed, spec, seed), self._whole)
        self.course.diagnosis = audit.look(picked.cuts, replays)
        self.course.picked = picked
        self.course.phase("lookahead")

    def end(self) -> None:
        """Nothing more is wanted."""
        self._wire.send(End(self._wire.nonce()))


def _kind(op: Op) -> str:
    if isinstance(op, OfSymbol):
        return _kind(op.op)
    if isinstance(op, Weights):
        return "target"
    if isinstance(op, PlaceOrder):
        return "buy" if op.size > 0 else "sell"
    return "leave"
