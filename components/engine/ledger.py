"""The one account that counts: the package's broker on the trusted side, and its statistics."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting._stats import compute_stats
from backtesting._util import _Data, _Indicator
from backtesting.backtesting import _OutOfMoneyError

from algoops.exchange.broker import Account
from algoops.exchange.undecided import nobody_knows
from components.engine.band import Ends
from components.engine.broker import MAX_WAITING, Label, LedgerBroker, TooManyOrders, check_count
from components.engine.order_findings import Orders
from components.engine.requests import Requests
from components.engine.units import of_units
from components.protocol.exchange import replay
from components.protocol.messages import Decided
from components.schema.definition.backtest import BacktestConfig, CommissionScheme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from algoops.exchange.fills import Correction
    from algoops.exchange.undecided import Answer, Question, UndecidedTrade
    from components.engine.broker import Watch
    from components.engine.detail import FinerBars
    from components.engine.sheets import Sheets
    from components.protocol.messages import Op


def _no_watch() -> None:
    """Nobody waits."""


def account_of(config: BacktestConfig, unit: float = 1.0) -> Account:
    """The broker's terms of a configuration; `unit`: what it counts whole numbers of."""
    scheme = config.commission
    if not isinstance(scheme, CommissionScheme):
        scheme = CommissionScheme(pct=scheme)
    return Account(
        cash=config.initial_capital,
        spread=config.slippage,
        commission_fixed=scheme.fixed,
        commission_pct=scheme.pct,
        margin=config.margin,
        trade_on_close=config.trade_on_close,
        hedging=config.hedging,
        exclusive_orders=config.exclusive_orders,
        position_size=of_units(config.position_size, unit),
        max_positions=config.max_positions,
    )


class Ledger:
    """Fills, equity and statistics of one run, by the package's own code.

    Args:
        frame: the bars, in the units that are traded.
        watch: asked before each piece of work that the strategy causes; it raises when the job's
            time is over.
        unit: what is traded whole numbers of, in units of the asset.
        detail: finer bars, where they decide what one bar can't.

    Attributes:
        sheets: notes what the strategy wants after each bar, where somebody asks for it.
        start: first bar on which the strategy traded, or None.
        broke: True when the account ran out of money; nothing happens after that.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        config: BacktestConfig,
        watch: Watch = _no_watch,
        unit: float = 1.0,
        detail: FinerBars | None = None,
    ) -> None:
        self._frame = frame
        self._config = config
        self._watch = watch
        self._data = _Data(frame.copy(deep=False))
        self._closes = frame["Close"].to_numpy()
        self._broker = LedgerBroker(self._data, account_of(config, unit), len(frame), watch)
        self._ends = Ends(nobody_knows if detail is None else detail.decide)
        self._detail = detail
        self._told: dict[Question, Answer] = {}
        self._heard: list[tuple[int, str]] = []
        self._requests = Requests()
        self.sheets: Sheets | None = None
        self.start: int | None = None
        self.broke = False

    def begin(self, bar: int, first: Sequence[Op]) -> None:
        """Trading starts at `bar`, with these orders from init()."""
        self.start = bar
        self._data._set_length(bar + 1)  # noqa: SLF001  # as the package's own loop does
        self.apply(first)

    @property
    def detailed(self) -> bool:
        """Whether finer bars decide."""
        return self._detail is not None

    def bar(self, bar: int, *, alone: bool = False) -> Sequence[Decided]:
        """Fill what can be filled in `bar` and log the equity.

        Args:
            bar: which one.
            alone: finer bars are not asked: the strategy has filled its orders already.

        Returns:
            What finer bars told of the trades in it.
        """
        self._told = {}
        self._broker.decide = nobody_knows if alone else self._ask
        if self._detail is not None:
            self._detail.at(bar)
        self._data._set_length(bar + 1)  # noqa: SLF001  # as the package's own loop does
        self._ends.before(self._broker)
        try:
            self._broker.next()
        except _OutOfMoneyError:
            self.broke = True
        self._ends.after(self._broker)
        if self._broker.heard:
            self._heard += [(bar, words) for words in self._broker.heard]
            self._broker.heard.clear()
        return [
            Decided(bool(q.long), _plain(q.entered), _plain(q.stop), _plain(q.target), answer)
            for q, answer in self._told.items()
        ]

    def rest(self, bar: int, until: int) -> int:
        """Work on the bars before `until`, at which the strategy asks for nothing, in one step.

        Returns:
            The first bar that is left: one in which an order waits, say, or `until`.
        """
        if self.sheets is not None or self._detail is not None or self._ends.ends:
            return bar
        end = bar + self._broker.rest(bar, self._closes[bar:until])
        if end > bar:
            self._data._set_length(end)  # noqa: SLF001  # as the package's own loop does
        return end

    def _ask(self, question: Question) -> Answer | None:
        answer = None if self._detail is None else self._detail.decide(question)
        if answer is not None:
            self._told[question] = answer
        return answer

    def apply(self, ops: Sequence[Op]) -> None:
        """Take a strategy's orders.

        Raises:
            Impossible: an order that no honest guest sends.
            TooManyOrders: more requests than `MAX_OPS`, or more wait than `MAX_WAITING`.
            GuestLate: the job's time is over.
        """
        check_count(ops)
        for op in ops:
            self._watch()
            self._requests.note(len(self._data), op)
            self._broker.number += 1
            for end in self._ends.ends:
                end.apply(op, self._broker)
            replay(self._broker, op)
            if len(self._broker.orders) > MAX_WAITING:
                raise TooManyOrders(f"more than {MAX_WAITING} orders wait at once")

    def end_bar(self, bar: int) -> None:
        """The fills of `bar` are made and its orders are in."""
        if self.sheets is not None:
            asked = self.requests_sha256()
            self.sheets.note(bar, [self._broker], self._broker.equity, asked)

    def settle(self) -> pd.Series[Any]:
        """Close what is open where the configuration says so; the package's statistics."""
        size = len(self._frame)
        for bar in range(self._broker._i + 1 if self._ends.ends else size, size):  # noqa: SLF001  # its last bar
            self._data._set_length(bar + 1)  # noqa: SLF001  # as the package's own loop does
            self._ends.after(self._broker)
        if self._config.finalize_trades and self.start is not None:
            self._ends.finish()
            if not self.broke:
                try:
                    self._broker.finish()
                except _OutOfMoneyError:
                    self.broke = True
        return self._statistics(self._broker)

    def _statistics(self, broker: LedgerBroker) -> pd.Series[Any]:
        for trade in broker.closed_trades:
            if isinstance(trade.tag, Label):
                trade._replace(tag=trade.tag.text)  # as the package's own code does
        equity = pd.Series(broker._equity).bfill().fillna(broker._cash).to_numpy()  # noqa: SLF001  # as the package
        start = self.start if self.start is not None else len(self._frame)
        with np.errstate(all="ignore"):
            stats: pd.Series[Any] = compute_stats(
                trades=broker.closed_trades,
                equity=equity,
                ohlc_data=self._frame,
                risk_free_rate=self._config.risk_free_rate,
                strategy_instance=_warmed_up(start),
            )
        return stats

    def undecided(self) -> Sequence[UndecidedTrade]:
        """What single bars left open, the first one first; to be asked for after `settle`."""
        return self._broker.asked

    def ends(self) -> tuple[pd.Series[Any] | None, ...]:
        """Statistics with stop-losses first and with take-profits first, where bars left it open.

        None where the other order of events could not be played. To be asked for after `settle`.
        """
        return tuple(None if end.lost else self._statistics(end.broker) for end in self._ends.ends)

    def orders(self) -> Orders:
        """What became of the orders; to be asked for after `settle`."""
        open_ones = len(self._broker.trades)
        return Orders(
            heard=tuple(self._heard),
            asked=self._requests.orders,
            counted=self._requests.counted,
            trades=open_ones + len(self._broker.closed_trades),
            left=open_ones,
            start=self.start,
        )

    def requests_sha256(self) -> str:
        """SHA-256 (hex) of all that the strategy asked for, each request with its bar."""
        return self._requests.sha256()

    def corrections(self) -> Sequence[Correction]:
        """Bars in which plain backtesting.py would have filled otherwise, the first one first."""
        return self._broker.corrections


def _plain(price: Any) -> float | None:
    return None if price is None else float(price)


def _warmed_up(start: int) -> Any:
    """Stands in for a strategy whose indicators have values from the bar before `start`."""
    values = np.append(np.full(start - 1, np.nan), 0.0)
    return SimpleNamespace(_indicators=[], warm=_Indicator(values, name="warm", scatter=False))
