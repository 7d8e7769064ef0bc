"""What became of orders: cancelled ones are counted, and a run without trades says why."""

import pandas as pd
import pytest

from components.engine.market_data import FolderData
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Status
from tests.engine_support import run

HEAD = "import talib\nimport numpy as np\nfrom backtesting import Strategy\nfrom backtesting.lib import crossover\n"
STRATEGY = (
    HEAD
    + """
class Orders(Strategy):
    def init(self):
        self.a = self.I({indicator})
    def next(self):
        {next}
"""
)
MEAN = "talib.SMA, self.data.Close, 5"
EVERY_TENTH = "self.buy({0}) if len(self.data) % 10 == 0 else None"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    close = [100.0 + (i * 7) % 13 for i in range(120)]
    frame = pd.DataFrame(
        {
            "Open": close,
            "High": [c + 2 for c in close],
            "Low": [c - 2 for c in close],
            "Close": close,
        },
        index=pd.date_range("2020-01-01", periods=120, name="Date"),
    )
    frame.assign(Volume=1000.0).to_csv(folder / "FULL_1d.csv")
    frame.assign(Volume=0.0).to_csv(folder / "NOVOL_1d.csv")
    (frame * 700).assign(Volume=1000.0).to_csv(folder / "DEAR_1d.csv")
    return FolderData(folder)


def found(data, indicator, next_, symbol="FULL", causality="streamed", **config):
    config = BacktestConfig(initial_capital=10_000, **config)
    source = STRATEGY.format(indicator=indicator, next=next_)
    ours = run(source, data, symbol=symbol, config=config, causality=causality)
    assert ours.status is Status.PASSED, ours.message
    return {f.rule: f for f in ours.order_findings}


@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_orders_cancelled_for_margin_are_counted_with_the_first_bar(data, causality):
    said = found(data, MEAN, EVERY_TENTH.format("size=1000"), causality=causality)
    assert "11 orders were cancelled: not enough margin" in said["orders-cancelled"].message
    assert "first at 2020-01-11T00:00:00 (bar 10)" in said["orders-cancelled"].message
    assert "11 of 12 orders were too large" in said["no-trades"].message


def test_unit_dearer_than_the_capital_is_named(data):
    said = found(data, MEAN, EVERY_TENTH.format("size=0.5"), symbol="DEAR")
    dear = said["price-above-capital"].message
    assert "one unit costs more than the capital of 10,000 in 120 of 120 bars" in dear
    assert "initial_capital" in said["no-trades"].hint
    assert "initial_capital" in said["orders-cancelled"].hint


def test_strategy_without_a_signal_is_told_so(data):
    said = found(data, MEAN, "self.buy() if self.data.Close[-1] < 0 else None")
    assert set(said) == {"no-trades"}
    assert "no signal" in said["no-trades"].message


def test_indicator_that_never_has_a_value_is_the_reason(data):
    said = found(data, "talib.SMA, self.data.Close, 500", "self.buy()")
    assert "an indicator never had a value on these 120 bars" in said["no-trades"].message


def test_empty_column_is_the_reason(data):
    said = found(
        data,
        "talib.SMA, self.data.Volume, 5",
        "self.buy() if self.data.Volume[-1] > self.a[-1] else None",
        symbol="NOVOL",
    )
    assert "the data has no values in Volume" in said["no-trades"].message


def test_limit_that_no_bar_reaches_is_the_reason(data):
    said = found(data, MEAN, EVERY_TENTH.format("limit=1"))
    assert "12 orders were placed and none was filled" in said["no-trades"].message


def test_open_trades_are_named_where_they_are_not_closed(data):
    said = found(data, MEAN, EVERY_TENTH.format("size=1"), finalize_trades=False)
    assert "11 trades are still open at the end" in said["trades-open"].message
    assert "no-trades" not in said


def test_stop_and_target_inside_the_entry_s_own_bar_are_counted(data):
    said = found(
        data, MEAN, EVERY_TENTH.format("stop=self.data.Close[-1] + 1, sl=self.data.Close[-1] - 1")
    )
    assert "6 trades hang on what one bar can't tell" in said["orders-in-one-bar"].message
    assert "between -47.98 % and -33.64 %" in said["orders-in-one-bar"].message


def test_run_with_nothing_to_say_says_nothing(data):
    assert found(data, MEAN, EVERY_TENTH.format("size=1"), finalize_trades=True) == {}
