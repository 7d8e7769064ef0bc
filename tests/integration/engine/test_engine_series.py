"""Series of other shapes than daily prices in dollars: zones, columns, types, lengths."""

import pandas as pd
import pytest
from backtesting.test import BTCUSD, GOOG
from engine_strategies import HEAD, strategy
from engine_support import assert_same, plain, run

from components.engine.market_data import FolderData
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Status

pytestmark = pytest.mark.filterwarnings("ignore")
CONFIG = BacktestConfig(initial_capital=1_000_000)
SOURCE = HEAD + strategy(
    """
self.a = self.I(SMA, self.data.Close, 3)
self.v = self.I(lambda: self.data.Close.s.rolling(5).std())
""",
    """
now = self.data.index[-1]
if self.data.Close[-1] > self.a[-1] and not self.position:
    self.buy(size=.5, tag=str(now.tzinfo))
elif self.data.Close[-1] < self.a[-1] and now > self.trades[0].entry_time if self.trades else 0:
    self.position.close()
assert self.data.df.index[-1] == now and len(self.data.df.columns) == COLUMNS
""",
)


def _frames():
    bars = GOOG.iloc[:300]
    hours = pd.date_range("2020-01-02 14:30", periods=300, freq="h", tz="America/New_York")
    yield "zone_as_offset", bars.tz_localize("UTC"), 5
    yield "zone_by_name", bars.set_axis(hours), 5
    yield "without_volume", bars.drop(columns="Volume"), 5
    yield "with_a_further_column", bars.assign(Sentiment=range(300)), 6
    yield "whole_numbers", bars.round().astype(int), 5
    yield "monthly", BTCUSD.assign(Volume=1.5), 5
    yield "nanoseconds", bars.set_axis(bars.index.as_unit("ns")), 5


@pytest.mark.parametrize(
    ("name", "frame", "columns"),
    list(_frames()),
    ids=lambda v: str(v)[:24] if isinstance(v, str) else "",
)
@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_series_of_any_shape_trades_as_in_a_plain_run(name, frame, columns, causality, tmp_path):
    frame.rename_axis("Date").to_parquet(tmp_path / "X_1d.parquet")
    data = FolderData(tmp_path)
    source = SOURCE.replace("COLUMNS", str(columns))
    result = run(source, data, symbol="X", config=CONFIG, causality=causality)
    assert_same(result, plain(source, data, symbol="X", config=CONFIG))
    assert len(result.trades) > 5


def test_series_of_two_bars_is_too_short(tmp_path):
    GOOG.iloc[:2].to_csv(tmp_path / "X_1d.csv", index_label="Date")
    result = run(SOURCE, FolderData(tmp_path), symbol="X")
    assert result.status is Status.FAILED
    assert "too few" in result.message


def test_indicator_longer_than_the_data_trades_nothing(tmp_path):
    GOOG.iloc[:30].to_csv(tmp_path / "X_1d.csv", index_label="Date")
    source = HEAD + strategy("self.a = self.I(SMA, self.data.Close, 50)", "self.buy()")
    result = run(source, FolderData(tmp_path), symbol="X")
    assert result.status is Status.PASSED
    assert result.metrics.trades == 0
    assert result.metrics.sharpe is None


def test_broken_data_is_the_operator_s_fault(tmp_path):
    GOOG.iloc[[0, 2, 1, 3]].to_csv(tmp_path / "X_1d.csv", index_label="Date")
    result = run(SOURCE, FolderData(tmp_path), symbol="X")
    assert result.status is Status.INFRASTRUCTURE_ERROR
    assert "sort by time" in result.message


def test_benchmark_of_another_symbol_is_drawn_and_measured(market):
    config = BacktestConfig(benchmark_symbol="IXIC")
    result = run(
        SOURCE.replace("COLUMNS", "5"),
        market,
        symbol="SPX",
        start="2010-01-01",
        end="2011-01-01",
        config=config,
    )
    closes = market.bars("IXIC", "1d", "2010-01-01", "2011-01-01").frame["Close"]
    held = (closes.iloc[-1] / closes.iloc[4] - 1) * 100  # from where trading starts
    assert result.benchmark.return_pct == pytest.approx(held)
    assert result.metrics.buy_hold_return_pct == result.benchmark.return_pct
    assert result.equity[0].benchmark == pytest.approx(10_000)
    assert result.equity[-1].benchmark == pytest.approx(10_000 * (1 + held / 100))


def test_same_content_gives_the_same_bytes_of_result(market):
    results = [run(SOURCE.replace("COLUMNS", "5"), market, end="2006-01-01") for _ in range(2)]
    one, two = (
        r.model_copy(update={"duration_s": 0, "phases_s": {}}).model_dump_json() for r in results
    )
    assert one == two


def test_audited_run_with_more_orders_than_a_frame_holds(market):
    source = HEAD + strategy(
        "pass",
        """
for order in self.orders:
    order.cancel()
for n in range(60):
    self.buy(size=1, limit=self.data.Close[-1] * (.5 + n / 1000))
if len(self.data) % 9 == 0:
    self.buy(size=1)
""",
    )
    result = run(source, market, end="2006-12-31", causality="audited")
    assert_same(result, plain(source, market, end="2006-12-31"))
    assert result.lookahead == ()


def test_notebook_file_that_runs_its_own_backtest_loads_unchanged(market):
    source = HEAD + strategy("self.a = self.I(SMA, self.data.Close, 5)", "self.buy(size=1)")
    source += """

from backtesting import Backtest
from backtesting.test import GOOG, SMA

bt = Backtest(GOOG, S, cash=10_000)
stats = bt.run()
bt.plot()
print(stats["# Trades"])
"""
    result = run(source, market, end="2005-06-30")
    assert result.status is Status.PASSED, result.traceback
    assert result.metrics.trades > 0


def test_position_size_and_cap_of_the_configuration_hold(market):
    source = HEAD + strategy("pass", "if len(self.data) % 5 == 0: self.buy()")
    config = BacktestConfig(initial_capital=100_000, position_size=7, max_positions=3)
    result = run(source, market, end="2005-06-30", config=config)
    assert [t.size for t in result.trades] == [7, 7, 7]
