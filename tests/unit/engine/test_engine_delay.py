"""Every order one bar later: what the exchange does is held to plain runs that decide later."""

import pytest

from components.engine.costs import delay_keep
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Status
from tests.engine_support import assert_same, plain, run, write_data

CROSS = """
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA
import pandas as pd


def late(values):
    return pd.Series(values).shift({shift}).to_numpy()


class Test(Strategy):
    def init(self):
        self.fast = self.I(lambda: late(SMA(self.data.Close, 10)), name="fast")
        self.slow = self.I(lambda: late(SMA(self.data.Close, 20)), name="slow")

    def next(self):
        if not self.position and self.fast[-1] > self.slow[-1]:
            self.buy(size=20)
        elif self.position and self.fast[-1] < self.slow[-1]:
            self.position.close()
"""
BRACKETS = """
from backtesting import Strategy


class Test(Strategy):
    def init(self):
        pass

    def next(self):
        price = self.data.Close[-1]
        for order in self.orders:
            if not order.is_contingent:
                order.cancel()
        if not self.position:
            self.buy(size=10, limit=price * 0.995, sl=price * 0.985, tp=price * 1.01)
        elif len(self.data) % 3 == 0:
            self.trades[0].sl = price * 0.97
        if len(self.data) % 50 == 0:
            self.buy(size=3, sl=price * 0.999)
"""
OWN_BARS = """
from backtesting import Strategy


class Test(Strategy):
    def init(self):
        pass

    def next(self):
        print(len(self.data), self.data.index[-1].date(), self.data.Close[-1])
        if len(self.data) == 3:
            self.buy(size=1)
"""
REFUSES = """
from backtesting import Strategy


class Test(Strategy):
    def init(self):
        if len(self.data) < 40:
            raise ValueError("too few bars")

    def next(self):
        if not self.position and self.data.Close[-1] > self.data.Close[-2]:
            self.buy(size=1)
        elif self.position and self.data.Close[-1] < self.data.Close[-2]:
            self.position.close()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("causality", ["streamed", "audited"])
@pytest.mark.parametrize("at_close", [False, True])
def test_orders_one_bar_later_are_those_of_a_strategy_that_decides_a_bar_late(
    data, causality, at_close
):
    config = BacktestConfig(slippage=0.001, trade_on_close=at_close, initial_capital=100_000)
    on = {"config": config, "end": "2008-12-31"}
    found = run(CROSS.format(shift=0), data, causality=causality, delay=1, **on)
    assert not found.lookahead
    assert found.looked_at
    assert found.metrics.trades > 20
    assert_same(found, plain(CROSS.format(shift=1), data, **on))


def test_delayed_run_comes_to_the_same_streamed_and_audited_and_knows_nothing_too_early(data):
    """Limits, stops that move, cancels, and orders whose stop the market has passed by then."""
    config = BacktestConfig(initial_capital=100_000)
    runs = [
        run(BRACKETS, data, config=config, causality=mode, delay=1, end="2006-12-31")
        for mode in ("streamed", "audited")
    ]
    assert [one.status for one in runs] == [Status.PASSED] * 2, [one.message for one in runs]
    assert runs[0].metrics == runs[1].metrics
    assert runs[0].orders_sha256 == runs[1].orders_sha256
    assert runs[0].metrics.trades > 20
    assert not any(one.lookahead for one in runs)
    prompt = run(BRACKETS, data, config=config, end="2006-12-31")
    assert prompt.orders_sha256 != runs[0].orders_sha256


def test_init_that_refuses_the_first_bars_is_told_the_same_with_a_delay(data):
    prompt, late = (run(REFUSES, data, delay=delay, end="2005-02-28") for delay in (0, 1))
    assert [one.status for one in (prompt, late)] == [Status.PASSED] * 2
    assert [f.rule for f in late.lookahead] == [f.rule for f in prompt.lookahead]
    assert [f.severity for f in late.lookahead] == [f.severity for f in prompt.lookahead]


@pytest.mark.parametrize("delay", [0, 1])
def test_init_that_refuses_few_bars_is_streamed_where_an_audit_can_not_end(data, delay):
    """The audit asks it to work on fewer bars than it takes, and has found no look ahead."""
    audited, streamed = (
        run(REFUSES, data, causality=mode, delay=delay, end="2005-02-28")
        for mode in ("audited", "streamed")
    )
    assert audited.status is Status.PASSED, audited.message
    assert audited.provenance.causality == "streamed"
    assert audited.orders_sha256 == streamed.orders_sha256
    assert audited.lookahead == streamed.lookahead


def test_strategy_sees_each_bar_once_in_order_and_its_order_is_filled_two_bars_after(data):
    prompt, late = (run(OWN_BARS, data, delay=delay, end="2004-09-30") for delay in (0, 1))
    seen, before = late.stdout.splitlines(), prompt.stdout.splitlines()
    assert seen == before[: len(seen)]
    assert len(before) - len(seen) == 1
    times = [line.split()[1] for line in before]
    bars = data.bars("GOOG", "1d", None, None).frame
    decided = bars.index.get_loc(times[1])  # len(data) is 3 at the second of the lines
    assert prompt.trades[0].entry_bar == decided + 1
    assert late.trades[0].entry_bar == decided + 2


@pytest.mark.parametrize("pair", [(None, 1.0), (1.0, None), (0.0, 0.5), (-0.3, 0.4)])
def test_nothing_to_keep_is_undefined_and_passes_no_gate(pair):
    assert delay_keep(*pair) is None


def test_share_that_is_kept_may_be_a_loss_or_a_gain():
    assert delay_keep(0.8, 0.4) == 0.5
    assert delay_keep(0.8, -0.4) == -0.5
    assert delay_keep(0.4, 0.6) == pytest.approx(1.5)
