"""What a strategy wants after a bar: the same whether that bar is the last one or not."""

from dataclasses import replace

import pytest
from engine_strategies import HEAD, strategy
from engine_support import ForkingSandbox, write_data

from components.engine.run import run_backtest
from components.ports import BacktestJob
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Limits, Status

pytestmark = pytest.mark.filterwarnings("ignore")
BRACKETS = HEAD + strategy(
    "self.a = self.I(SMA, self.data.Close, 5)",
    """
close = self.data.Close[-1]
if not self.position and not self.orders:
    if close > self.a[-1]:
        self.buy(size=.5, sl=close * .9, tp=close * 1.1, tag="in")
    else:
        self.buy(size=3, limit=close * .97, tag="dip")
        self.sell(size=2, stop=close * .9, limit=close * .89)
elif len(self.data) % 9 == 0:
    self.position.close()
""",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


def job(source, **more):
    return BacktestJob(
        strategy="Test",
        files={"strategy.py": source.encode()},
        rules="",
        parameters={},
        config=BacktestConfig(),
        symbol="GOOG",
        interval="1d",
        start="2010-01-04",
        end="2010-06-30",
        limits=Limits(),
        sheets_since=0,
        **more,
    )


def sheets(wanted, data):
    result = run_backtest(wanted, ForkingSandbox(), data)
    assert result.status is Status.PASSED, (result.message, result.traceback)
    assert result.metrics is None
    return result.sheets


def test_sheet_of_the_last_bar_is_the_one_that_a_longer_run_has_at_that_bar(data):
    whole = sheets(job(BRACKETS), data)
    kinds = {(o.kind, o.purpose) for sheet in whole for o in sheet.orders}
    assert kinds == {
        ("market", "open"),
        ("limit", "open"),
        ("stop_limit", "open"),
        ("market", "close"),
        ("stop", "stop_loss"),
        ("limit", "take_profit"),
    }
    for bar in (4, 5, 17, 40, 81, len(whole) - 2):
        until = replace(job(BRACKETS), end=whole[bar].time[:10], sheets_since=1 << 62)
        assert sheets(until, data) == (whole[bar],)


def test_audited_and_streamed_runs_want_the_same(data):
    assert sheets(job(BRACKETS), data) == sheets(job(BRACKETS, causality="audited"), data)


def test_share_of_the_money_is_filled_with_about_the_size_that_the_sheet_told(data):
    buys = HEAD + strategy("", "if not self.position: self.buy(size=.5)")
    told = sheets(job(buys), data)
    wanted, filled = told[0].orders[0] if told[0].orders else told[1].orders[0], told[3].position
    assert wanted.share == 0.5
    assert abs(wanted.size - filled) <= 1
    assert told[3].equity != told[0].equity


def test_parts_of_a_unit_are_told_in_units_of_the_asset(data):
    buys = HEAD + strategy("", "if not self.position and not self.orders: self.buy(size=7)")
    whole = sheets(job(buys), data)
    parts = sheets(job(buys, unit=0.001), data)
    assert {o.size for sheet in whole for o in sheet.orders} == {7.0}
    assert {o.size for sheet in parts for o in sheet.orders} == {0.007}
    assert parts[-1].position == 0.007
    assert parts[-1].data == whole[-1].data


def test_account_that_ran_dry_has_no_sheet_from_there_on(data):
    ruin = HEAD + strategy("", "if not self.position: self.buy(size=.99)")
    config = BacktestConfig(margin=0.01)
    told = sheets(replace(job(ruin), config=config), data)
    whole = sheets(job(HEAD + strategy("", "pass")), data)
    assert 0 < len(told) < len(whole)
    assert whole[-1].orders == ()
    assert whole[-1].equity == 10_000


@pytest.mark.parametrize("more", [{}, {"trade_on_close": True}, {"hedging": True}])
def test_fills_of_the_sheets_are_the_trades_of_the_backtest(data, more):
    config = BacktestConfig(commission=0.002, slippage=0.001, finalize_trades=True, **more)
    wanted = replace(job(BRACKETS), config=config, end="2011-06-30")
    told = sheets(wanted, data)
    whole = run_backtest(replace(wanted, sheets_since=None), ForkingSandbox(), data)
    fills = [fill for sheet in told for fill in sheet.fills]
    left = abs(told[-1].position)
    entered = sum(fill.size for fill in fills if fill.opens)
    assert entered == pytest.approx(sum(abs(trade.size) for trade in whole.trades))
    assert entered - sum(fill.size for fill in fills if not fill.opens) == pytest.approx(left)
    signed = sum(fill.size * (1 if fill.side == "buy" else -1) for fill in fills)
    assert signed == pytest.approx(told[-1].position)
    entries = {(fill.time, fill.price) for fill in fills if fill.opens}
    assert entries == {(trade.entry_time, trade.entry_price) for trade in whole.trades}
    money = sum(f.size * f.price * (1 if f.side == "sell" else -1) - f.fee for f in fills)
    close = told[-1].prices["Close"]
    assert 10_000 + money + told[-1].position * close == pytest.approx(told[-1].equity)
    later = sheets(replace(wanted, sheets_since=told[200].at), data)
    assert later == told[200:]
    for fill in fills:
        paid = abs(fill.price / fill.quoted - 1)
        assert paid == pytest.approx(0.001 if fill.opens else 0.0)
