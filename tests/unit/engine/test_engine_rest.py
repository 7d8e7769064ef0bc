"""Bars in which no order waits are worked on in one step: the account is the package's all the same."""

import numpy as np
import pandas as pd
import pytest
from backtesting.backtesting import _Broker
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components.engine.broker import LedgerBroker
from components.engine.drive import Course, Drive
from components.engine.feed import WholeOrders
from components.engine.ledger import Ledger
from components.protocol.messages import Close, PlaceOrder
from components.schema.definition.backtest import BacktestConfig
from tests.engine_strategies import CASES
from tests.engine_support import run, write_data

BARS = 160


class _EachBar(LedgerBroker):
    """As the package works on bars: each of them in full."""

    next = _Broker.next

    def rest(self, first, closes):
        return 0


class _Guest:
    """Nobody to talk to."""

    def watch(self):
        """There is time."""


def _frame(random, step):
    close = 100 * np.exp(np.cumsum(random.normal(0, step, BARS)))
    opened = close * np.exp(random.normal(0, step / 2, BARS))
    high = np.maximum(opened, close) * (1 + step / 2)
    low = np.minimum(opened, close) * (1 - step / 2)
    columns = {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": 1.0}
    return pd.DataFrame(columns, index=pd.date_range("2020-01-01", periods=BARS))


def _asked(random, close):
    """Something to ask for at a close, or nothing."""
    if random.random() < 0.9:
        return None
    size = float(random.choice((-0.9, -7, 0.4, 0.9, 30, 400)))
    side = np.sign(size)
    away = [float(close * (1 + k * side * random.uniform(0.001, 0.05))) for k in (-1, 1)]
    stop, target = ((away[i] if random.random() < 0.3 else None) for i in (0, 1))
    return PlaceOrder(size, None, None, stop, target, None)


def _by_each_bar(ledger, start, frame, random):
    """Run an account bar by bar with orders made up on the way; what was asked for, by bar."""
    ledger._broker.__class__ = _EachBar
    ledger.begin(start, [])
    ops = {}
    for bar in range(start, BARS):
        ledger.bar(bar)
        if ledger.broke:
            break
        asked = _asked(random, frame.Close.iloc[bar])
        if asked is not None and ledger._broker.trades and random.random() < 0.5:
            asked = Close(0, False, 1.0)  # noqa: FBT003  # the message's order
        if asked is not None:
            ops[bar] = [asked]
            ledger.apply(ops[bar])
    return ops


def _state(ledger):
    broker = ledger._broker
    stats = ledger.settle()
    ends = [None if end is None else end["Equity Final [$]"] for end in ledger.ends()]
    return broker._i, broker._cash, broker._equity.tolist(), ledger.broke, repr(ends), stats


@given(st.integers(0, 2**32 - 1), st.sampled_from((0.001, 0.02, 0.1)), st.sampled_from((1, 0.02)))
@example(7, 0.1, 0.02)
@settings(max_examples=30)
def test_account_is_the_same_whether_quiet_bars_are_worked_on_one_by_one_or_not(seed, step, margin):
    random = np.random.default_rng(seed)
    frame = _frame(random, step)
    config = BacktestConfig(margin=margin, commission=0.0005, slippage=0.0002)
    start = int(random.integers(1, 20))
    slow, quick = Ledger(frame, config), Ledger(frame, config)
    ops = _by_each_bar(slow, start, frame, random)
    before = {start - 1: [Close(0, False, 1.0)]} if start > 1 else {}  # noqa: FBT003  # as above
    Drive(_Guest(), frame, Course())._fill(quick, WholeOrders(start, [], before | ops))
    *slow_state, slow_stats = _state(slow)
    *quick_state, quick_stats = _state(quick)
    np.testing.assert_equal(quick_state, slow_state)
    pd.testing.assert_frame_equal(quick_stats["_trades"], slow_stats["_trades"])
    assert quick.requests_sha256() == slow.requests_sha256()


def test_run_that_asks_for_little_is_not_worked_on_bar_by_bar(monkeypatch):
    frame = _frame(np.random.default_rng(1), 0.01)
    worked = []
    bar = Ledger.bar
    monkeypatch.setattr(
        Ledger, "bar", lambda self, at, **o: worked.append(at) or bar(self, at, **o)
    )
    ledger = Ledger(frame, BacktestConfig())
    ops = {20: [PlaceOrder(0.5, None, None, None, None, None)]}
    Drive(_Guest(), frame, Course())._fill(ledger, WholeOrders(5, [], ops))
    assert worked == [20, 21]
    assert len(ledger._broker.trades) == 1


def test_order_from_init_is_judged_by_the_bar_where_trading_starts_and_no_later_one():
    """Its stop-loss is below the market there; the last bars are below the stop-loss."""
    frame = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), [200.0] * 3 + [100.0]))
    ledger = Ledger(frame.set_index(pd.date_range("2020-01-01", periods=4)), BacktestConfig())
    ledger.begin(1, [PlaceOrder(1, None, None, 150, None, None)])
    ledger.bar(1)
    assert ledger.orders().trades == 1


@pytest.mark.parametrize("only", [{"causality": "audited", "look": False}, {}])
def test_brief_run_has_the_numbers_of_one_whose_report_is_made(tmp_path, only):
    data = write_data(tmp_path)
    asked = {**CASES[0].on, "name": "S", **only}
    whole = run(CASES[0].source, data, **asked)
    brief = run(CASES[0].source, data, **asked, brief=True)
    assert brief.metrics == whole.metrics
    assert brief.track == whole.track
    assert brief.evidence.moments == whole.evidence.moments
    assert brief.evidence.returns_sha256 == whole.evidence.returns_sha256
    assert (brief.lookahead, brief.looked_at) == (whole.lookahead, whole.looked_at)
    assert bool(brief.looked_at) is not bool(only)
    assert whole.trades
    assert (brief.trades, brief.equity, brief.band) == ((), (), None)
