"""The same strategy written as rules and by hand gives the same trades under backtesting.py."""

import warnings

import numpy as np
import pandas as pd
import pytest
import talib
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

from components.sandbox.guest.rules.strategy import build_strategy

GOLDEN_CROSS = """
name: GoldenCross
description: long while the fast average is above the slow one
parameters:
  fast: {default: 20, min: 5, max: 50}
  slow: {default: 60, min: 50, max: 200}
indicators:
  fast_sma: {type: SMA, timeperiod: $fast}
  slow_sma: {type: SMA, timeperiod: $slow}
entry_rules: ["crossover(fast_sma, slow_sma)"]
exit_rules: ["crossunder(fast_sma, slow_sma)"]
"""


class GoldenCross(Strategy):
    fast, slow = 20, 60

    def init(self):
        self.fast_sma = self.I(talib.SMA, self.data.Close, self.fast)
        self.slow_sma = self.I(talib.SMA, self.data.Close, self.slow)

    def next(self):
        if self.position:
            if crossover(self.slow_sma, self.fast_sma):
                self.position.close()
        elif crossover(self.fast_sma, self.slow_sma):
            self.buy()


PULLBACK = """
name: Pullback
description: buys dips of a rising market, with a stop and a target
parameters: {oversold: 35}
indicators:
  rsi: {type: RSI, period: 5}
  trend: {type: EMA, timeperiod: 100}
entry_rules: [rsi < oversold, close > trend, "not falling(trend, 3)"]
exit_rules: ["rsi > 70 or close < trend"]
position_sizing: {method: equity_fraction, value: 0.5}
risk_limits: {stop_loss_pct: 4, take_profit_pct: 9}
"""


class Pullback(Strategy):
    def init(self):
        self.rsi = self.I(talib.RSI, self.data.Close, 5)
        self.trend = self.I(talib.EMA, self.data.Close, 100)

    def next(self):
        close = self.data.Close[-1]
        if self.position:
            if self.rsi[-1] > 70 or close < self.trend[-1]:
                self.position.close()
            return
        t = self.trend
        fell = len(t) >= 4 and t[-1] < t[-2] < t[-3] < t[-4]
        known = len(t) >= 4 and not np.isnan(t[-4])
        if self.rsi[-1] < 35 and close > t[-1] and known and not fell:
            self.buy(size=0.5, sl=close * 0.96, tp=close * 1.09)


MACD_BOTH_WAYS = """
name: MacdBothWays
description: always on the side of the histogram
indicators:
  macd: {type: MACD, fast: 12, slow: 26, signal: 9}
entry_rules:
  - crossover(macd, macd.signal)
  - "short: crossunder(macd, macd.signal)"
exit_rules:
  - crossunder(macd, macd.signal)
  - "short: crossover(macd, macd.signal)"
position_sizing: {method: fixed_units, value: 3}
"""


class MacdBothWays(Strategy):
    def init(self):
        self.macd = self.I(talib.MACD, self.data.Close, 12, 26, 9)

    def next(self):
        line, signal = self.macd[0], self.macd[1]
        if crossover(line, signal):
            self.position.close()
            self.buy(size=3)
        elif crossover(signal, line):
            self.position.close()
            self.sell(size=3)


BREAKOUT = """
name: Breakout
description: new highs with a trailing stop, sized by risk
indicators:
  atr: {type: ATR, timeperiod: 14}
entry_rules:
  - close > highest(high, 40)[-1]
  - atr / close < 0.03
exit_rules: ["close < lowest(low, 20)[-1]"]
position_sizing: {method: risk_percent, value: 1}
risk_limits: {trailing_stop_pct: 8}
"""


class Breakout(Strategy):
    def init(self):
        self.atr = self.I(talib.ATR, self.data.High, self.data.Low, self.data.Close, 14)

    def next(self):
        close = self.data.Close[-1]
        for trade in self.trades:
            trade.sl = max(trade.sl or -np.inf, close * (1 - 8 / 100))
        if self.trades:
            if len(self.data) > 20 and close < self.data.Low[-21:-1].min():
                self.position.close()
            return
        calm = self.atr[-1] / close < 0.03
        if len(self.data) > 40 and close > self.data.High[-41:-1].max() and calm:
            stop = close * (1 - 8 / 100)
            size = int(self.equity * 1 / 100 // (close - stop))
            if size:
                self.buy(size=size, sl=stop)


BANDS = """
name: Bands
description: scales into weakness on both sides
indicators:
  bands: {type: BBANDS, length: 20, std: 2}
  volume_mean: {type: SMA, source: volume, timeperiod: 20}
entry_rules:
  - close < bands.lower
  - volume > volume_mean * 0.8
  - "short: close > bands.upper and close[-1] > bands.upper[-1]"
  - "short: barssince(close < bands.lower) > 10"
exit_rules:
  - close > bands.middle
  - "short: close < bands.middle"
position_sizing: {method: equity_fraction, value: 0.2}
risk_limits: {max_positions: 3, take_profit_pct: 12}
"""


class Bands(Strategy):
    def init(self):
        self.bands = self.I(talib.BBANDS, self.data.Close, 20, 2, 2)
        self.volume_mean = self.I(talib.SMA, self.data.Volume.astype(float), 20)
        self.since = float("inf")

    def next(self):
        _, middle, lower = self.bands
        close = self.data.Close
        if len(self.data) == self.first():
            self.since = self.look_back()
        self.since = 0 if close[-1] < lower[-1] else self.since + 1
        if self.position.is_long and close[-1] > middle[-1]:
            self.position.close()
            return self.short()
        if self.position.is_short and close[-1] < middle[-1]:
            self.position.close()
            return self.long()
        if not self.position.is_short and len(self.trades) < 3 and self.long():
            return None
        if not self.position.is_long and len(self.trades) < 3:
            self.short()
        return None

    def first(self):
        return len(self.data) if not hasattr(self, "begun") else -1

    def look_back(self):
        self.begun = True
        lower, close = self.bands[2], self.data.Close
        hits = [i for i in range(len(close) - 1) if close[i] < lower[i]]
        return len(close) - 2 - hits[-1] if hits else float("inf")

    def long(self):
        if self.data.Close[-1] < self.bands[2][-1] and (
            self.data.Volume[-1] > self.volume_mean[-1] * 0.8
        ):
            self.buy(size=0.2, tp=self.data.Close[-1] * 1.12)
            return True
        return False

    def short(self):
        upper, close = self.bands[0], self.data.Close
        if close[-1] > upper[-1] and close[-2] > upper[-2] and self.since > 10:
            self.sell(size=0.2, tp=close[-1] * 0.88)


PAIRS = [
    (GOLDEN_CROSS, GoldenCross),
    (PULLBACK, Pullback),
    (MACD_BOTH_WAYS, MacdBothWays),
    (BREAKOUT, Breakout),
    (BANDS, Bands),
]
SETTINGS = [
    {"cash": 10_000},
    {"cash": 1_000_000, "commission": (1.0, 0.001), "spread": 0.0005, "trade_on_close": True},
]


def trades_of(frame: pd.DataFrame, strategy: type[Strategy], settings: dict, **params):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        stats = Backtest(frame, strategy, finalize_trades=True, **settings).run(**params)
    columns = ["Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "SL", "TP", "PnL"]
    return stats["_trades"][columns], stats["Equity Final [$]"]


@pytest.mark.parametrize("settings", SETTINGS, ids=["plain", "costs-on-close"])
@pytest.mark.parametrize("data", ["goog", "spx"])
@pytest.mark.parametrize(("text", "code"), PAIRS, ids=lambda v: getattr(v, "__name__", ""))
def test_same_strategy_in_rules_and_in_code_gives_same_trades(
    text, code, data, settings, check, request
):
    frame = request.getfixturevalue(data)
    checked = check(text)
    assert checked.passed, checked.findings
    by_code, equity = trades_of(frame, code, settings)
    by_rules, rules_equity = trades_of(frame, build_strategy(checked.rules), settings)
    assert len(by_code) >= 10
    pd.testing.assert_frame_equal(by_rules, by_code, check_exact=True)
    assert rules_equity == equity


def test_parameter_override_by_the_engine_changes_both_alike(check, goog):
    rules = build_strategy(check(GOLDEN_CROSS).rules)
    by_code, _ = trades_of(goog, GoldenCross, SETTINGS[0], fast=10, slow=100)
    by_rules, _ = trades_of(goog, rules, SETTINGS[0], fast=10, slow=100)
    default, _ = trades_of(goog, rules, SETTINGS[0])
    pd.testing.assert_frame_equal(by_rules, by_code, check_exact=True)
    assert len(default) != len(by_rules)
