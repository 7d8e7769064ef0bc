"""The package's own loop on all data at once: for audited runs and for the look at leaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting.backtesting import _OutOfMoneyError

from components.sandbox.guest.lookahead.differences import asked, first_difference
from components.sandbox.guest.replay.declared import attributes, names_of, series_of, warmup
from components.sandbox.guest.replay.trial import drawn

if TYPE_CHECKING:
    from backtesting import Strategy

    from components.protocol.messages import Op, Spec
    from components.sandbox.guest.replay.indicators import Declarations
    from components.sandbox.guest.replay.market import AnyTape


@dataclass
class Whole:
    """What a run on all data did.

    Attributes:
        start: first bar on which it traded; `first`: orders made in init().
        ops: bar -> what next() did there.
        series: declared indicators as init() left them, by their order.
        names: what to call them.
        drawn: names the state of the global random generators after init().
        raised: the author's exception that ended it, with `ended` the bar.
    """

    start: int
    first: list[Op]
    series: list[np.ndarray[Any, Any]]
    names: list[str]
    drawn: str
    ops: dict[int, list[Op]] = field(default_factory=dict)
    raised: Exception | None = None
    ended: int = 0

    @property
    def asked(self) -> dict[int, list[Op]]:
        """All that it asked for, by bar."""
        return asked(self.first, self.start, self.ops)

    def like(self, other: Whole, bar: int) -> bool:
        """Whether another run did the same up to `bar`, which may be its last one."""
        failed = self.raised is not None and self.ended <= bar
        same = first_difference(self.asked, other.asked, bar + 1) is None
        return same and failed == (other.raised is not None)


def run_whole(
    kind: type[Strategy],
    spec: Spec,
    tape: AnyTape,
    length: int,
    declarations: Declarations,
) -> Whole:
    """Run a strategy on the first `length` bars as `Backtest.run` does.

    Raises:
        Exception: the author's, from init(). One from next() is kept in `raised`.
    """
    data = tape.whole(length)
    market = tape.whole(length) if spec.delay else data
    mirror = tape.mirror(market, spec)
    declarations.begin(lean=True)
    strategy = kind(mirror, data, dict(spec.parameters))
    strategy.init()
    data._update()  # noqa: SLF001  # as the package does after init()
    run = Whole(
        start=1 + warmup(strategy) + spec.delay,
        first=mirror.take(),
        series=series_of(strategy),
        names=names_of(strategy),
        drawn=drawn(),
    )
    indicators = list(attributes(strategy))
    with np.errstate(invalid="ignore"):
        for bar in range(run.start, length):
            run.ended, seen = bar, bar + 1 - spec.delay
            data._set_length(seen)  # noqa: SLF001  # the package's own loop
            if market is not data:
                market._set_length(bar + 1)  # noqa: SLF001  # as above
            for attribute, indicator in indicators:
                setattr(strategy, attribute, indicator[..., :seen])
            if not _step(strategy, mirror, run, bar):
                break
    return run


def _step(strategy: Strategy, mirror: Any, run: Whole, bar: int) -> bool:
    try:
        mirror.work(bar)
        strategy.next()
    except _OutOfMoneyError:
        return False
    except Exception as error:  # noqa: BLE001  # the author's; the caller decides what it means
        run.raised = error
        return False
    if mirror.ops:
        run.ops[bar] = mirror.take()
    return True
