"""The package's own loop on all data at once: for audited runs and for the look at leaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting._util import _indicator_warmup_nbars, _strategy_indicators
from backtesting.backtesting import _OutOfMoneyError

from components.sandbox.guest.lookahead.differences import asked, first_difference
from components.sandbox.guest.replay.market import WholeData
from components.sandbox.guest.replay.recorder import StrategyBroker
from components.sandbox.guest.replay.trial import drawn

if TYPE_CHECKING:
    from backtesting import Strategy

    from components.protocol.messages import Op, Spec
    from components.sandbox.guest.replay.indicators import Declarations
    from components.sandbox.guest.replay.market import Tape


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
    tape: Tape,
    length: int,
    declarations: Declarations,
) -> Whole:
    """Run a strategy on the first `length` bars as `Backtest.run` does.

    Raises:
        Exception: the author's, from init(). One from next() is kept in `raised`.
    """
    data = WholeData(tape.frame(0, length))
    data._Data__pip = tape.pip  # noqa: SLF001  # what a prefix's own closes would not tell
    market = WholeData(tape.frame(0, length)) if spec.delay else data
    mirror = StrategyBroker(market, spec.account, length, tape.told, late=spec.delay > 0)
    declarations.begin(lean=True)
    strategy = kind(mirror, data, dict(spec.parameters))
    strategy.init()
    data._update()  # noqa: SLF001  # as the package does after init()
    run = Whole(
        start=1 + int(_indicator_warmup_nbars(strategy)) + spec.delay,
        first=mirror.take(),
        series=[np.array(indicator) for indicator in strategy._indicators],  # noqa: SLF001
        names=names_of(strategy),
        drawn=drawn(),
    )
    indicators = list(_strategy_indicators(strategy))
    with np.errstate(invalid="ignore"):
        for bar in range(run.start, length):
            run.ended, seen = bar, bar + 1 - spec.delay
            market._set_length(bar + 1)  # noqa: SLF001  # the package's own loop
            data._set_length(seen)  # noqa: SLF001  # as above
            for attribute, indicator in indicators:
                setattr(strategy, attribute, indicator[..., :seen])
            if not _step(strategy, mirror, run, bar):
                break
    return run


def _step(strategy: Strategy, mirror: StrategyBroker, run: Whole, bar: int) -> bool:
    try:
        mirror.next()
        strategy.next()
    except _OutOfMoneyError:
        return False
    except Exception as error:  # noqa: BLE001  # the author's; the caller decides what it means
        run.raised = error
        return False
    if mirror.ops:
        run.ops[bar] = mirror.take()
    return True


def names_of(strategy: Strategy) -> list[str]:
    """What to call each declared indicator: its attribute, else its own name."""
    attributes = {id(value): name for name, value in vars(strategy).items()}
    for name, value in vars(strategy).items():
        base = getattr(value, "base", None)
        if base is not None and isinstance(value, np.ndarray):
            attributes.setdefault(id(base), name)
    names = []
    for number, indicator in enumerate(strategy._indicators, start=1):  # noqa: SLF001
        own = indicator.name if isinstance(indicator.name, str) else " ".join(indicator.name or [])
        names.append(attributes.get(id(indicator)) or own or f"indicator {number}")
    return names
