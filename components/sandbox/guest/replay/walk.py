"""A run that gets its bars in portions: at the end of each, no later bar is at hand.

Between the ends it trades as a run on all data does, with the last portion's end as the end of the
data. So one run shows what a strategy asks for at hundreds of bars when it can't know the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting._util import _Indicator
from backtesting.backtesting import _OutOfMoneyError

from components.sandbox.guest.replay.declared import first_valid, names_of, series_of
from components.sandbox.guest.replay.graft import Graft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backtesting import Strategy

    from components.protocol.messages import Op, Spec
    from components.sandbox.guest.replay.market import AnyTape
    from components.sandbox.guest.replay.trial import Trial


@dataclass
class Portion:
    """What came of one portion of bars.

    Attributes:
        start: first bar on which it would trade, as far as these bars tell; 0: none yet.
        series: declared indicators on these bars, with their `names`.
        first: orders made in init(), where trading began with this portion.
        ops: bar -> what next() did there.
        raised: the author's exception that ended the trading, at bar `ended`.
    """

    start: int = 0
    series: list[np.ndarray[Any, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    first: list[Op] = field(default_factory=list)
    ops: dict[int, list[Op]] = field(default_factory=dict)
    raised: Exception | None = None
    ended: int = 0


class Walk:
    """One such run.

    Args:
        trial: fresh instances on prefixes.
        spec, tape: the backtest's; of the tape only the bars stepped to are used.
        folder: the author's.
    """

    def __init__(self, trial: Trial, spec: Spec, tape: AnyTape, folder: str) -> None:
        self._trial = trial
        self._folder = folder
        self._delay = spec.delay
        self._data = tape.view()
        self._market = tape.view() if spec.delay else self._data
        self._mirror = tape.mirror(self._market, spec)
        self._living: Strategy | None = None
        self._graft: Graft | None = None
        self._bar = 0
        self._over = False

    def step(self, start: int, length: int) -> Portion:
        """Go on to the first `length` bars; trade from bar `start` on.

        Raises:
            Exception: the author's, from an init() on bars that it has to work on.
        """
        try:
            fresh = self._trial.fresh(length)
        except Exception:
            if length > start:
                raise
            return Portion()  # too few bars for init(): trading starts later
        portion = Portion(names=names_of(fresh))
        portion.series = series_of(fresh)
        warm = first_valid(fresh, frozenset())
        portion.start = 0 if warm is None else warm + 1 + self._delay
        if length > start and not self._over:
            with np.errstate(invalid="ignore"):  # as the package's own loop does
                self._trade(portion, fresh, start, length)
        return portion

    def _trade(self, portion: Portion, fresh: Strategy, start: int, length: int) -> None:
        self._show(length, length)
        if self._living is None or self._graft is None:
            self._living = self._trial.living(self._mirror, self._data)
            self._graft = Graft(self._living, self._folder)
            portion.first = self._mirror.take()
            self._bar = start
        else:
            self._graft.take(fresh, length)
        living = self._living
        cut = [(n, getattr(living, n)) for n in _indicators(fresh) if n in vars(living)]
        for bar in range(self._bar, length):
            seen = bar + 1 - self._delay
            self._show(seen, bar + 1)
            self._data.adopt(self._trial.data)
            for name, value in cut:
                setattr(living, name, value[..., :seen])
            if self._over or not self._next(living, portion, bar):
                break
        for name, value in cut:
            setattr(living, name, value)
        self._bar = length

    def _show(self, seen: int, worked: int) -> None:
        self._data.show(seen)
        if self._market is not self._data:
            self._market.show(worked)

    def _next(self, living: Strategy, portion: Portion, bar: int) -> bool:
        try:
            self._mirror.work(bar)
            living.next()
        except _OutOfMoneyError:
            self._over = True
        except Exception as error:  # noqa: BLE001  # the author's; the caller decides what it means
            portion.raised, portion.ended, self._over = error, bar, True
        if self._mirror.ops and not self._over:
            portion.ops[bar] = self._mirror.take()
        return not self._over


def _indicators(strategy: Strategy) -> Iterator[str]:
    return (name for name, value in vars(strategy).items() if isinstance(value, _Indicator))
