"""Parts of a unit: the same trades, equity and statistics as `backtesting.lib.FractionalBacktest`."""

import types
import warnings
from dataclasses import replace

import pandas as pd
import pytest
from backtesting.lib import FractionalBacktest
from backtesting.test import BTCUSD
from engine_support import ForkingSandbox, assert_same, run, write_data

from components.engine.market_data import FolderData
from components.engine.run import run_backtest, run_smoke
from components.sandbox.guest.runtime import loading
from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.results.values import Limits, Severity, Status
from tests.engine_requests import tasks_of

HEAD = "import talib\nimport numpy as np\nfrom backtesting import Strategy\nfrom backtesting.lib import crossover\n"
CROSS = (
    HEAD
    + """
class Cross(Strategy):
    def init(self):
        self.a = self.I(talib.SMA, self.data.Close, 5)
        self.b = self.I(talib.SMA, self.data.Close, 12)
    def next(self):
        price = self.data.Close[-1]
        if crossover(self.a, self.b):
            self.buy(sl=price * .8, tp=price * 1.4)
        elif crossover(self.b, self.a):
            self.position.close()
            self.sell(size=.3, sl=price * 1.2)
"""
)
ENTRIES = (
    HEAD
    + """
class Entries(Strategy):
    def init(self):
        self.range = self.I(lambda h, l: (h - l) / l, self.data.High, self.data.Low)
    def next(self):
        price, wide = self.data.Close[-1], self.range[-1]
        if not self.orders and not self.position:
            self.buy(size=.5, limit=price * (1 - wide / 4), sl=price * (1 - wide))
            self.buy(size=7, stop=price * (1 + wide / 4), tp=price * (1 + wide))
        elif len(self.data) % 9 == 0:
            for order in self.orders:
                order.cancel()
            for trade in self.trades:
                trade.close(.5)
"""
)
TRAILING = (
    HEAD
    + """
class Trailing(Strategy):
    def init(self):
        self.s = self.I(talib.ATR, self.data.High, self.data.Low, self.data.Close, 5)
    def next(self):
        for trade in self.trades:
            trade.sl = max(trade.sl or -np.inf, self.data.Close[-1] - self.s[-1] / 2)
        if not self.position and len(self.data) % 4 == 0 and self.data.Volume[-1] > 0:
            self.buy(size=.9, sl=self.data.Close[-1] * .7)
"""
)
COSTS = BacktestConfig(
    initial_capital=1_000, commission=CommissionScheme(fixed=0.1, pct=0.002), slippage=0.001
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("units")
    write_data(folder)
    BTCUSD.to_csv(folder / "BTC_1mo.csv", index_label="Date")
    dear = BTCUSD.assign(
        **{name: BTCUSD[name] * 1_000 for name in ("Open", "High", "Low", "Close")}
    )
    dear.to_csv(folder / "DEAR_1mo.csv", index_label="Date")
    return FolderData(folder)


def fractional(source, data, symbol, interval, config, unit):
    module = types.ModuleType("strategy")
    exec(compile(source, "strategy.py", "exec"), module.__dict__)
    scheme = config.commission
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return FractionalBacktest(
            data.bars(symbol, interval, None, None).frame,
            loading.choose(module, ""),
            cash=config.initial_capital,
            spread=config.slippage,
            commission=(scheme.fixed, scheme.pct),
            margin=config.margin,
            trade_on_close=config.trade_on_close,
            finalize_trades=True,
            fractional_unit=unit,
        ).run()


@pytest.mark.parametrize("source", [CROSS, ENTRIES, TRAILING], ids=["cross", "entries", "trailing"])
@pytest.mark.parametrize(
    ("symbol", "interval", "unit", "more"),
    [
        ("BTC", "1mo", 1e-6, {}),
        ("BTC", "1mo", 1e-8, {"trade_on_close": True}),
        ("GOOG", "1d", 0.01, {"margin": 0.5}),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning:backtesting")
def test_parts_of_a_unit_trade_as_in_fractional_backtest(
    source, symbol, interval, unit, more, data
):
    config = COSTS.model_copy(update=more)
    stats = fractional(source, data, symbol, interval, config, unit)
    assert len(stats["_trades"]) > 5
    asked = config.model_copy(update={"unit": unit})
    ours = run(source, data, symbol=symbol, interval=interval, config=asked)
    if ours.fill_differences is None:
        assert_same(ours, stats)
    else:  # what plain backtesting.py fills otherwise, with whole units too
        assert source is ENTRIES
    assert ours.unit == unit
    assert any(trade.size % 1 for trade in ours.trades)
    assert ours.order_findings == () or "unit-chosen" not in {f.rule for f in ours.order_findings}


def task_of(data, symbol, **keys):
    (task,), findings, rules = tasks_of(data, symbol=symbol, interval="1mo", **keys)
    assert findings == ()
    return task, rules


def ran(data, source, symbol, **keys):
    task, rules = task_of(data, symbol, **keys)
    files = {} if rules else {"strategy.py": source.encode()}
    return run_backtest(task.job("Test", files, rules, Limits(), ""), ForkingSandbox(), data)


def test_dear_unit_is_traded_in_parts_and_noted(data):
    ours = ran(data, CROSS, "DEAR", backtest={"initial_capital": 10_000})
    assert (ours.status, ours.unit) == (Status.PASSED, 1e-6)
    assert ours.metrics.trades > 5
    note = next(f for f in ours.order_findings if f.rule == "unit-chosen")
    assert note.severity is Severity.INFO
    assert "one unit costs 5,550, more than a tenth of the capital of 10,000" in note.message
    assert "`backtest: {unit: 0.000001}`, or `unit: 1`" in note.hint
    assert ours.provenance.data_hash == data.data_hash("DEAR", "1mo", None, None)


def test_asset_declared_whole_stays_whole(data):
    ours = ran(data, CROSS, "DEAR", backtest={"initial_capital": 10_000, "unit": 1})
    assert ours.unit == 1
    said = {f.rule: f for f in ours.order_findings}
    assert "unit-chosen" not in said
    assert "unit: 1e-6" in said["price-above-capital"].hint


def test_asset_that_only_later_gets_dear_tells_the_strategy_nothing(data):
    assert data.bars("BTC", "1mo", None, None).frame["Close"].max() > 1_000
    task, _ = task_of(data, "BTC", backtest={"initial_capital": 1_000})
    assert task.unit is None


def test_orders_for_numbers_of_units_are_warned_of_where_the_unit_was_chosen(data):
    ours = ran(data, ENTRIES, "DEAR", backtest={"initial_capital": 10_000})
    note = next(f for f in ours.order_findings if f.rule == "unit-chosen")
    assert note.severity is Severity.WARNING
    assert "orders name a number of units, and each of these is 0.000001" in note.message


def test_smoke_run_sees_the_same_units(data):
    source = CROSS + "        assert self.data.Close[-1] < 100, self.data.Close[-1]\n"
    task, _ = task_of(data, "DEAR", backtest={"initial_capital": 10_000})
    job = task.smoke("Test", {"strategy.py": source.encode()}, "", Limits(), "")
    assert run_smoke(job, ForkingSandbox(), data).status is Status.PASSED


RULES = {
    "indicators": {"s": {"type": "SMA", "timeperiod": 3}},
    "entry_rules": ["close > s and close > 100000 and volume > 10"],
    "exit_rules": ["close < s and position > 0.5"],
}


def test_rules_see_the_asset_s_own_prices_and_sizes(data):
    sized = {**RULES, "position_sizing": {"method": "fixed_units", "value": 2}}
    rich = {"initial_capital": 1e9}
    whole = ran(data, "", "DEAR", **sized, backtest=rich)
    parts = ran(data, "", "DEAR", **sized, backtest={**rich, "unit": 1e-6})
    assert (whole.unit, parts.unit) == (1.0, 1e-6)
    assert len(whole.trades) > 2
    rows = [(t.entry_bar, t.exit_bar, t.size) for t in whole.trades]
    assert [(t.entry_bar, t.exit_bar, round(t.size, 6)) for t in parts.trades] == rows
    assert parts.metrics.return_pct == pytest.approx(whole.metrics.return_pct)


def test_default_size_of_a_definition_is_in_units_of_the_asset(data):
    source = CROSS.replace("self.sell(size=.3, sl=price * 1.2)", "pass")
    keys = {"initial_capital": 1e9, "position_size": 3}
    parts = ran(data, source, "DEAR", backtest={**keys, "unit": 0.01})
    whole = ran(data, source, "DEAR", backtest=keys)
    assert {round(t.size, 9) for t in parts.trades} == {t.size for t in whole.trades} == {3.0}


def test_further_runs_keep_the_unit_of_the_whole(data):
    """A part of the data that starts where the asset is cheap, or dear, is no other asset."""
    task, _ = task_of(data, "DEAR", backtest={"initial_capital": 10_000})
    job = replace(
        task.job("Test", {"strategy.py": CROSS.encode()}, "", Limits(), ""), start="2017-01-01"
    )
    assert run_backtest(job, ForkingSandbox(), data).unit == 1e-6
    assert pd.Timestamp("2017-01-01") < data.bars("DEAR", "1mo", None, None).frame.index[-1]
