"""`def prepare(df)` in strategy.py: columns made before init(), in the sandbox, on every prefix."""

import pytest
from backtesting import Backtest

from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Status
from tests.engine_support import assert_same, run, write_data

CONFIG = BacktestConfig(initial_capital=100_000, commission=0.001)
STRATEGY = """
import pandas as pd
from backtesting import Strategy
LENGTH = 20
def prepare(df: pd.DataFrame) -> pd.DataFrame:
    df["Mean"] = df.Close.rolling(LENGTH).mean()
    df["Signal"] = {signal}
    return df
class Columns(Strategy):
    def init(self):
        self.mean = self.I(lambda: self.data.Mean)
    def next(self):
        if self.data.Signal[-1] == 1 and not self.position:
            self.buy()
        elif self.data["Signal"][-1] == 0:
            self.position.close()
"""
CAUSAL = STRATEGY.format(signal="(df.Close > df.Mean).astype(int)")
PEEKING = STRATEGY.format(signal="(df.Close.shift(-1) > df.Close).astype(int)")
SPAN = {"start": "2004-08-19", "end": "2005-08-19"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


def plainly(source, data):
    module = {"__name__": "strategy"}
    exec(source, module)
    frame = data.bars("GOOG", "1d", SPAN["start"], SPAN["end"]).frame
    backtest = Backtest(
        module["prepare"](frame.copy()),
        module["Columns"],
        cash=CONFIG.initial_capital,
        commission=CONFIG.commission,
        finalize_trades=CONFIG.finalize_trades,
    )
    return backtest.run()


@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_prepared_columns_trade_as_a_frame_prepared_beforehand(data, causality):
    ours = run(CAUSAL, data, config=CONFIG, causality=causality, **SPAN)
    assert_same(ours, plainly(CAUSAL, data))
    assert len(ours.trades) > 3
    assert ours.lookahead == ()


@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_future_bars_in_prepare_are_found(data, causality):
    ours = run(PEEKING, data, config=CONFIG, causality=causality, **SPAN)
    assert ours.lookahead


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("df = df.dropna()", "keep every bar"),
        ("df = df.reset_index()", "keep every bar"),
        ("df['Close'] = df.Close * 2", "changed Close"),
        ("return", "is the return missing?"),
        ("return df.Mean", "found Series"),
    ],
)
def test_prepare_that_returns_something_else_is_told_what_to_return(data, line, words):
    source = CAUSAL.replace("    return df\n", f"    {line}\n    return df\n")
    ours = run(source, data, config=CONFIG, **SPAN)
    assert ours.status is Status.FAILED
    assert words in ours.message


@pytest.mark.parametrize("causality", ["streamed", "audited"])
@pytest.mark.parametrize("use", ["self.data.Signal", "self.data['Signal']"])
def test_missing_column_points_to_prepare(data, causality, use):
    source = f"""
from backtesting import Strategy
class Missing(Strategy):
    def init(self):
        self.signal = self.I(lambda: {use})
    def next(self):
        pass
"""
    ours = run(source, data, config=CONFIG, causality=causality, **SPAN)
    assert ours.status is Status.FAILED
    assert "Column 'Signal' not in data" in ours.message
    assert "def prepare(df)" in ours.message


def test_function_named_prepare_for_something_else_is_the_author_s_own(data):
    source = CAUSAL.replace("def prepare(df: pd.DataFrame)", "def prepare(a, b)")
    source = source.replace("self.data.Mean", "self.data.Close").replace(
        "Signal[-1] == 1", "Close[-1] > 0"
    )
    source = source.replace('self.data["Signal"][-1] == 0', "False")
    ours = run(source, data, config=CONFIG, **SPAN)
    assert ours.status is Status.PASSED, ours.message
