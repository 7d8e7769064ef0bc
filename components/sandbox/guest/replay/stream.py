"""Bars arrive one at a time; the strategy sees what has arrived and answers with orders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from backtesting.backtesting import _OutOfMoneyError

from components.sandbox.guest.replay.graft import Graft
from components.sandbox.guest.replay.history import IndicatorHistory
from components.sandbox.guest.replay.trial import TooFewBars, Trial

if TYPE_CHECKING:
    from backtesting import Strategy

    from components.protocol.messages import Op, Spec
    from components.sandbox.guest.replay.indicators import Declarations
    from components.sandbox.guest.replay.market import AnyTape


class Stream:
    """One streamed run.

    Attributes:
        ops: bar -> what the strategy asked for there; `first`: what it asked for in init().
        start: first bar on which it traded.
        history: newest values of its indicators at each bar.
    """

    def __init__(
        self,
        kind: type[Strategy],
        spec: Spec,
        tape: AnyTape,
        declarations: Declarations,
        folder: str,
    ) -> None:
        self._spec = spec
        self._tape = tape
        self._folder = folder
        self._trial = Trial(kind, spec, tape, declarations)
        self._data = tape.view()
        self._market = tape.view() if spec.delay else self._data
        self._mirror = tape.mirror(self._market, spec)
        np.seterr(invalid="ignore")  # as the package's own loop does: NaN >= 3 is just False
        self._living: Strategy | None = None
        self._graft: Graft | None = None
        self._broke = False
        self._warm = sys.maxsize
        self.history = IndicatorHistory()
        self.first: list[Op] = []
        self.start = 0
        self.ops: dict[int, list[Op]] = {}

    @property
    def live(self) -> bool:
        """Whether trading has started."""
        return self._living is not None

    @property
    def refusal(self) -> TooFewBars | None:
        """See `Trial`."""
        return self._trial.refusal

    def rehearse(self) -> None:
        """See `Trial.rehearse`."""
        self._trial.rehearse()

    def step(self) -> tuple[list[Op], list[Op]]:
        """Work on the newest bar: (orders of init() on the first live bar, orders of next())."""
        if self._broke:
            return [], []
        bar = self._tape.length - 1
        length = self._tape.length - self._spec.delay
        if length < 1:
            return [], []
        self._market.show(bar + 1)
        if self._living is not None and self._graft is not None:
            self._renew(self._graft, length)
        elif self._is_warm(length):
            self.first, self.start = self._begin(length), bar
            return self.first, self._next(bar)
        else:
            return [], []
        return [], self._next(bar)

    def _is_warm(self, length: int) -> bool:
        fresh, warm = self._trial.cold(length)
        if fresh is None:
            return False
        self.history.note(fresh, length - 1)
        if warm is None:
            return False
        if self._spec.lookback:  # the window moves on, the first bar with all values does not
            warm = self._warm = min(self._warm, warm)
        return 1 + warm < length

    def _begin(self, length: int) -> list[Op]:
        self._data.show(length)
        self._living = self._trial.living(self._mirror, self._data)
        self._graft = Graft(self._living, self._folder, self._spec.lookback)
        first: list[Op] = self._mirror.take()
        return first

    def _renew(self, graft: Graft, length: int) -> None:
        self._data.show(length)
        fresh = self._trial.fresh(length)
        self.history.note(fresh, length - 1)
        graft.take(fresh, length)
        self._data.adopt(self._trial.data)

    def _next(self, bar: int) -> list[Op]:
        assert self._living is not None  # noqa: S101  # set by _begin before any bar comes here
        try:
            self._mirror.work(bar)
        except _OutOfMoneyError:
            self._broke = True
            return []
        self._living.next()
        if not self._mirror.ops:
            return []
        ops: list[Op] = self._mirror.take()
        self.ops[bar] = ops
        return ops
