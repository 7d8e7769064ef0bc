"""Strategies over the whole order API, each with what it is run on: for parity with plain runs."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from components.schema.definition.backtest import BacktestConfig, CommissionScheme

HEAD = """
import math
import numpy as np
import pandas as pd
import talib
from backtesting import Strategy
from backtesting.lib import (
    SignalStrategy, TrailingStrategy, barssince, cross, crossover, quantile, resample_apply,
)


def SMA(values, n):
    return pd.Series(values).rolling(n).mean()

"""
GOOG = {"symbol": "GOOG", "start": "2006-09-01", "end": "2007-10-31"}
SPX = {"symbol": "SPX", "start": "2008-09-01", "end": "2009-05-31"}
IXIC = {"symbol": "IXIC", "start": "1999-01-01", "end": "1999-10-31"}
EURUSD = {"symbol": "EURUSD", "interval": "1h", "end": "2017-06-15"}
MORE_GOOG = {**GOOG, "end": "2008-12-31"}
MORE_IXIC = {**IXIC, "end": "2000-12-31"}
LONG_GOOG = {**GOOG, "end": "2010-12-31"}
LONG_SPX = {**SPX, "end": "2011-12-31"}
LONG_IXIC = {**IXIC, "end": "2002-06-30"}
LONG_EURUSD = {**EURUSD, "end": "2017-08-31"}
"""For those that trade seldom, or would order at the last bar of a shorter run, which the package
fills in its past."""


@dataclass(frozen=True)
class Case:
    name: str
    source: str
    on: dict = field(default_factory=lambda: GOOG)
    config: BacktestConfig = field(default_factory=BacktestConfig)
    parameters: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    unlike: tuple = ()
    """Metrics in which a plain run follows what next() wrote into an indicator afterwards."""


def case(name, source, on=GOOG, parameters=None, files=None, unlike=(), **config):
    return Case(
        name,
        HEAD + textwrap.dedent(source),
        on,
        BacktestConfig(**config),
        parameters or {},
        files or {},
        unlike,
    )


def strategy(init, after, head=""):
    body = ["class S(Strategy):"]
    body += [f"    {line}" for line in textwrap.dedent(head).strip().splitlines()]
    body += ["    def init(self):"]
    body += [f"        {line}" for line in textwrap.dedent(init).strip().splitlines() or ["pass"]]
    body += ["    def next(self):"]
    body += [f"        {line}" for line in textwrap.dedent(after).strip().splitlines()]
    return "\n".join(body)


CROSS = """
self.a = self.I(SMA, self.data.Close, 10)
self.b = self.I(SMA, self.data.Close, 25)
"""

CASES = [
    case(
        "sma_cross_market_orders",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.position.close()
    self.buy()
elif crossover(self.b, self.a):
    self.position.close()
    self.sell()
""",
        ),
        commission=0.002,
    ),
    case(
        "exclusive_orders",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.buy()
elif crossover(self.b, self.a):
    self.sell()
""",
        ),
        SPX,
        commission=0.001,
        exclusive_orders=True,
    ),
    case(
        "trade_on_close",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.buy(size=.5)
elif crossover(self.b, self.a):
    self.position.close()
""",
        ),
        trade_on_close=True,
        commission=0.001,
    ),
    case(
        "hedging_both_ways",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.buy(size=10, tag="up")
elif crossover(self.b, self.a):
    self.sell(size=5, tag="down")
if len(self.trades) > 4:
    self.trades[0].close()
""",
        ),
        hedging=True,
        initial_capital=50_000,
    ),
    case(
        "no_hedging_netting",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.buy(size=10)
elif crossover(self.b, self.a):
    self.sell(size=7)
""",
        ),
        initial_capital=50_000,
        slippage=0.001,
    ),
    case(
        "limit_orders",
        strategy(
            "pass",
            """
if not self.position and not self.orders:
    self.buy(limit=self.data.Close[-1] * 0.98, size=.9)
elif self.position and self.data.Close[-1] > self.trades[0].entry_price * 1.05:
    self.position.close()
""",
        ),
        commission=0.001,
        on=LONG_GOOG,
    ),
    case(
        "stop_entry_orders",
        strategy(
            "self.h = self.I(talib.MAX, self.data.High, 20)",
            """
if not self.position:
    for o in self.orders:
        o.cancel()
    self.buy(stop=self.h[-1] * 1.001, sl=self.data.Close[-1] * .93, size=.8)
""",
        ),
        SPX,
    ),
    case(
        "stop_limit_orders",
        strategy(
            "pass",
            """
c = self.data.Close[-1]
if len(self.data) % 10 == 0 and len(self.data) > 70:
    for o in self.orders:
        if not o.is_contingent:
            o.cancel()
    self.buy(size=3, stop=c * 1.01, limit=c * 1.02)
    self.sell(size=2, stop=c * .99, limit=c * .985)
""",
        ),
        LONG_EURUSD,
        margin=0.1,
    ),
    case(
        "brackets",
        strategy(
            CROSS,
            """
c = self.data.Close[-1]
if not self.position and crossover(self.a, self.b):
    self.buy(sl=c * .95, tp=c * 1.1)
elif not self.position and crossover(self.b, self.a):
    self.sell(sl=c * 1.05, tp=c * .9)
""",
        ),
        IXIC,
        commission=0.0005,
    ),
    case(
        "bracket_moved_later",
        strategy(
            CROSS,
            """
c = self.data.Close[-1]
if not self.position and self.a[-1] > self.b[-1]:
    self.buy(size=.7, sl=c * .9, tp=c * 1.3)
for t in self.trades:
    if t.pl_pct > .05:
        t.sl = max(t.sl or 0, t.entry_price * 1.01)
    if t.pl_pct > .1:
        t.tp = None
    if len(self.data) - t.entry_bar > 40:
        t.sl = None
        t.close()
""",
        ),
        MORE_GOOG,
    ),
    case(
        "sl_set_after_entry",
        strategy(
            "pass",
            """
if not self.position:
    self.buy(size=.5)
for t in self.trades:
    if not t.sl:
        t.sl = t.entry_price * .96
        t.tp = t.entry_price * 1.06
""",
        ),
        SPX,
    ),
    case(
        "partial_closes",
        strategy(
            CROSS,
            """
if not self.position and crossover(self.a, self.b):
    self.buy(size=60)
for t in self.trades:
    if t.pl_pct > .03 and t.size > 15:
        t.close(.5)
    elif t.pl_pct < -.05:
        t.close()
""",
        ),
        initial_capital=40_000,
        commission=0.001,
    ),
    case(
        "partial_closes_with_brackets",
        strategy(
            CROSS,
            """
c = self.data.Close[-1]
if not self.position and crossover(self.a, self.b):
    self.buy(size=41, sl=c * .9, tp=c * 1.4)
if self.position and len(self.data) % 7 == 0:
    self.position.close(.33)
""",
        ),
        initial_capital=40_000,
    ),
    case(
        "close_twice_in_a_bar",
        strategy(
            CROSS,
            """
if not self.position and crossover(self.a, self.b):
    self.buy(size=20)
elif crossover(self.b, self.a):
    self.position.close(.5)
    self.position.close(.7)
""",
        ),
        initial_capital=40_000,
    ),
    case(
        "cancel_everything",
        strategy(
            "pass",
            """
c = self.data.Close[-1]
if len(self.data) % 3 == 0:
    self.buy(size=2, limit=c * .99)
    self.buy(size=1, stop=c * 1.01)
if len(self.data) % 8 == 0:
    for order in self.orders:
        order.cancel()
if len(self.trades) > 3:
    self.position.close()
""",
        ),
        initial_capital=50_000,
    ),
    case(
        "commission_fixed_and_relative",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.buy(size=.3)
elif crossover(self.b, self.a):
    self.position.close()
""",
        ),
        SPX,
        commission=CommissionScheme(fixed=5, pct=0.001),
    ),
    case(
        "margin_and_spread",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.position.close()
    self.buy(size=.5)
elif crossover(self.b, self.a):
    self.position.close()
    self.sell(size=.5)
""",
        ),
        EURUSD,
        margin=0.05,
        slippage=0.0002,
    ),
    case(
        "out_of_money",
        strategy(
            CROSS,
            """
if not self.position:
    self.sell(size=.99)
""",
        ),
        GOOG,
        margin=0.1,
        initial_capital=5_000,
    ),
    case(
        "cash_too_small",
        strategy(
            "pass",
            """
if not self.position:
    self.buy()
""",
        ),
        SPX,
        initial_capital=100,
    ),
    case(
        "open_trades_left_open",
        strategy(
            CROSS,
            """
if not self.position and crossover(self.a, self.b):
    self.buy(size=5)
    self.buy(size=3, sl=self.data.Close[-1] * .5)
""",
        ),
        MORE_GOOG,
        finalize_trades=False,
    ),
    case(
        "short_selling",
        strategy(
            "self.r = self.I(talib.RSI, self.data.Close, 14)",
            """
if self.r[-1] > 70 and not self.position.is_short:
    self.position.close()
    self.sell(size=.4, sl=self.data.Close[-1] * 1.08)
elif self.r[-1] < 35 and self.position.is_short:
    self.position.close()
""",
        ),
        IXIC,
    ),
    case(
        "macd_two_rows_unpacked",
        strategy(
            "self.m, self.s, _ = self.I(talib.MACD, self.data.Close)",
            """
if crossover(self.m, self.s):
    self.position.close(); self.buy()
elif crossover(self.s, self.m):
    self.position.close(); self.sell()
""",
        ),
        LONG_SPX,
        commission=0.001,
    ),
    case(
        "two_dimensional_indicator",
        strategy(
            "self.bands = self.I(talib.BBANDS, self.data.Close, 20, name=['u', 'm', 'l'])",
            """
u, m, l = self.bands[0][-1], self.bands[1, -1], self.bands[2][-1]
if self.data.Close[-1] < l and not self.position:
    self.buy(size=.6, tp=u)
elif self.data.Close[-1] > m:
    self.position.close()
""",
        ),
    ),
    case(
        "dataframe_indicator",
        strategy(
            """
def channel(high, low, n):
    return pd.DataFrame({"u": pd.Series(high).rolling(n).max(), "l": pd.Series(low).rolling(n).min()})
self.channel = self.I(channel, self.data.High, self.data.Low, 20)
""",
            """
if self.data.High[-1] >= self.channel[0, -1]:
    self.buy(size=.2)
elif self.data.Low[-1] <= self.channel[1, -1]:
    self.position.close()
""",
        ),
        LONG_IXIC,
        finalize_trades=False,  # an order of the last bar is filled by the package, in its past
    ),
    case(
        "array_with_bars_as_rows",
        strategy(
            """
def both(close):
    s = pd.Series(close)
    return np.column_stack([s.rolling(5).mean(), s.rolling(15).mean(), s.rolling(30).mean()])
self.x = self.I(both, self.data.Close)
""",
            """
if self.x[0][-1] > self.x[1][-1] > self.x[2][-1] and not self.position:
    self.buy()
elif self.x[0][-1] < self.x[2][-1]:
    self.position.close()
""",
        ),
    ),
    case(
        "three_rows_without_warm_up",
        strategy(
            """
self.hlc = self.I(lambda: (self.data.High * 1.0, self.data.Low * 1.0, self.data.Close * 1.0))
""",
            """
if self.hlc[2][-1] > (self.hlc[0][-1] + self.hlc[1][-1]) / 2 and not self.position:
    self.buy(size=.5)
elif self.hlc[2][-1] < self.hlc[1][-2]:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "lambda_over_precomputed",
        strategy(
            """
close = pd.Series(self.data.Close)
z = (close - close.rolling(20).mean()) / close.rolling(20).std()
self.z = self.I(lambda: z.values, name="z", plot=False)
""",
            """
if self.z[-1] < -1.5 and not self.position:
    self.buy()
elif self.z[-1] > 1 and self.position:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "series_accessor",
        strategy(
            """
close = self.data.Close.s
self.e = self.I(lambda: close.ewm(span=12).mean(), overlay=True, color="red")
self.f = self.I(lambda x: x.ewm(span=26).mean(), close, name="slow {}")
""",
            """
if crossover(self.e, self.f): self.buy()
elif crossover(self.f, self.e): self.position.close()
""",
        ),
        EURUSD,
    ),
    case(
        "frame_accessor",
        strategy(
            """
def atr(df, n):
    tr = pd.concat([df.High - df.Low, (df.High - df.Close.shift()).abs(),
                    (df.Low - df.Close.shift()).abs()], axis=1).max(axis=1)
    return tr.rolling(n).mean()
self.atr = self.I(atr, self.data.df, 14)
self.slow = self.I(SMA, self.data.Close.s, 40)
""",
            """
c = self.data.Close[-1]
if c > self.slow[-1] and not self.position:
    self.buy(size=.9, sl=c - 3 * self.atr[-1])
for t in self.trades:
    t.sl = max(t.sl or 0, c - 3 * self.atr[-1])
""",
        ),
    ),
    case(
        "column_added_to_frame",
        strategy(
            """
df = self.data.df
df["Fast"] = df.Close.rolling(8).mean()
df["Slow"] = df.Close.rolling(30).mean()
""",
            """
f, s = self.data.Fast, self.data["Slow"]
if len(self.data) > 31 and f[-1] > s[-1] and not self.position:
    self.buy(size=.5)
elif f[-1] < s[-1]:
    self.position.close()
""",
        ),
    ),
    case(
        "no_indicators",
        strategy(
            "pass",
            """
if len(self.data) % 20 == 5:
    self.buy(size=1)
if len(self.data) % 60 == 0:
    self.position.close()
""",
        ),
        EURUSD,
    ),
    case(
        "weekday_and_time",
        strategy(
            "pass",
            """
if self.data.index[-1].weekday() == 0 and not self.position:
    self.buy(size=.5)
elif self.data.index[-1].weekday() == 4:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "entry_time_and_closed_trades",
        strategy(
            CROSS,
            """
lost = [t for t in self.closed_trades[-3:] if t.pl < 0]
size = .2 if len(lost) >= 2 else .8
if not self.position and crossover(self.a, self.b):
    self.buy(size=size)
for t in self.trades:
    if (self.data.index[-1] - t.entry_time).days > 30 or t.pl_pct > .12:
        t.close()
if self.closed_trades and self.closed_trades[-1].exit_time == self.data.index[-1]:
    self.sell(size=1)
""",
        ),
        commission=0.001,
    ),
    case(
        "equity_drawdown_guard",
        strategy(
            """
self.a = self.I(SMA, self.data.Close, 5)
self.peak = 0
""",
            """
self.peak = max(self.peak, self.equity)
if self.equity < self.peak * .9:
    self.position.close()
    self.peak = self.equity
elif not self.position and self.data.Close[-1] > self.a[-1]:
    self.buy(size=.5)
""",
        ),
        LONG_IXIC,
    ),
    case(
        "state_between_bars",
        strategy(
            """
self.a = self.I(SMA, self.data.Close, 20)
self.count = 0
self.seen = []
self.levels = {"high": 0.0}
""",
            """
self.count += 1
self.seen.append(self.data.Close[-1])
self.levels["high"] = max(self.levels["high"], self.data.High[-1])
if self.count % 15 == 0 and self.seen[-1] > np.mean(self.seen[-50:]):
    self.buy(size=3)
if self.data.Close[-1] < self.levels["high"] * .9:
    self.position.close()
    self.levels["high"] = self.data.Close[-1]
""",
        ),
        initial_capital=30_000,
    ),
    case(
        "indicators_in_a_list",
        strategy(
            """
self.all = [self.I(SMA, self.data.Close, n) for n in (5, 20, 50)]
""",
            """
i = len(self.data) - 1
if i < 50:
    return
f, m, s = (x[i] for x in self.all)
if f > m > s and not self.position:
    self.buy()
elif f < m:
    self.position.close()
""",
        ),
    ),
    case(
        "indicators_in_a_dict_and_tuple",
        strategy(
            """
self.by = {"f": self.I(SMA, self.data.Close, 7)}
self.pair = (np.asarray(self.data.Close), SMA(self.data.Close, 30).values)
self.m = self.I(SMA, self.data.Close, 30)
""",
            """
i = len(self.data) - 1
if self.by["f"][i] > self.pair[1][i] and not self.position:
    self.buy(size=.4)
elif self.pair[0][i] < self.pair[1][i]:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "closure_over_full_arrays",
        strategy(
            """
close = np.asarray(self.data.Close)
mean = pd.Series(close).rolling(15).mean().values
self.above = lambda i: close[i] > mean[i]
""",
            """
i = len(self.data) - 1
if i > 20 and self.above(i) and not self.position:
    self.buy(size=.5)
elif i > 20 and not self.above(i):
    self.position.close()
""",
        ),
        on=LONG_GOOG,
    ),
    case(
        "own_helper_object",
        """
class Trend:
    def __init__(self, close, n):
        self.values = pd.Series(close).rolling(n).mean().values
        self.calls = 0

    def up(self, i):
        self.calls += 1
        return i > 0 and self.values[i] > self.values[i - 1]

class S(Strategy):
    def init(self):
        self.trend = Trend(self.data.Close, 12)
    def next(self):
        i = len(self.data) - 1
        if self.trend.up(i) and not self.position:
            self.buy(size=.5)
        elif self.trend.calls % 9 == 0:
            self.position.close()
""",
    ),
    case(
        "arrays_written_in_next",
        strategy(
            """
self.a = self.I(SMA, self.data.Close, 10)
self.signal = np.zeros(len(self.data))
self.line = self.I(lambda: np.full(len(self.data), np.nan), name="stop line")
""",
            """
i = len(self.data) - 1
self.signal[i] = 1 if self.data.Close[-1] > self.a[-1] else -1
self.line[-1] = self.data.Close[-1] * .95
if i > 15 and self.signal[i - 3:i + 1].sum() == 4 and not self.position:
    self.buy(size=.5, sl=self.line[-1])
elif self.signal[i - 2:i + 1].sum() == -3:
    self.position.close()
""",
        ),
        unlike=("buy_hold_return_pct", "alpha"),
    ),
    case(
        "bool_and_int_indicators",
        strategy(
            """
self.up = self.I(lambda c, o: (c > o), self.data.Close, self.data.Open)
self.n = self.I(lambda c: np.where(pd.Series(c).diff() > 0, 1, 0), self.data.Close)
""",
            """
if self.up[-1] and self.up[-2] and self.n[-1] == 1 and not self.position:
    self.buy(size=.3)
elif not self.up[-1]:
    self.position.close()
""",
        ),
        MORE_IXIC,
    ),
    case(
        "array_truth_and_float",
        strategy(
            CROSS,
            """
if self.data.Close > self.b and not self.position:
    self.buy()
elif float(self.data.Close) < float(self.b):
    self.position.close()
""",
        ),
    ),
    case(
        "signal_strategy",
        """
class S(SignalStrategy):
    def init(self):
        super().init()
        a, b = SMA(self.data.Close, 10), SMA(self.data.Close, 25)
        up = (a > b).astype(int).diff().fillna(0)
        self.set_signal(up.replace(-1, 0) * .95, up.replace(1, 0).abs())
""",
        commission=0.001,
    ),
    case(
        "signal_and_trailing",
        """
class S(SignalStrategy, TrailingStrategy):
    n1 = 50
    n2 = 110
    def init(self):
        super().init()
        a, b = self.I(SMA, self.data.Close, self.n1), self.I(SMA, self.data.Close, self.n2)
        signal = (pd.Series(a) > b).astype(int).diff().fillna(0).replace(-1, 0)
        self.set_signal(entry_size=signal * .95)
        self.set_trailing_sl(2)
""",
        LONG_SPX,
        commission=0.002,
    ),
    case(
        "trailing_strategy",
        """
class S(TrailingStrategy):
    def init(self):
        super().init()
        self.set_atr_periods(20)
        self.set_trailing_sl(3)
        self.r = self.I(talib.SMA, self.data.Close, 40)
    def next(self):
        super().next()
        if not self.position and self.data.Close[-1] > self.r[-1]:
            self.buy(size=.9)
""",
        IXIC,
    ),
    case(
        "barssince_cross_quantile",
        strategy(
            "self.a = self.I(SMA, self.data.Close, 30)",
            """
if barssince(self.data.Close < self.a) == 3 and not self.position:
    self.buy(size=.5)
elif cross(self.data.Close, self.a) and self.position:
    self.position.close()
elif quantile(self.data.Close[-20:], .1) > self.data.Close[-1]:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "parameters_overridden",
        strategy(
            """
self.a = self.I(talib.EMA, self.data.Close, timeperiod=self.fast)
self.b = self.I(talib.EMA, self.data.Close, timeperiod=self.slow)
""",
            """
if crossover(self.a, self.b): self.buy(size=self.share)
elif crossover(self.b, self.a): self.position.close()
""",
            head="fast = 10\nslow = 30\nshare = .9\nTABLE = {'x': 1}",
        ),
        parameters={"fast": 7, "share": 0.4},
    ),
    case(
        "inheritance_and_super",
        """
class Base(Strategy):
    n = 10
    def init(self):
        self.m = self.I(SMA, self.data.Close, self.n)
    def signal(self):
        return self.data.Close[-1] > self.m[-1]
    def next(self):
        if self.signal() and not self.position:
            self.enter()
        elif not self.signal():
            self.position.close()
    def enter(self):
        self.buy(size=.5)

class Final(Base):
    n = 35
    def init(self):
        super().init()
        self.r = self.I(talib.RSI, self.data.Close)
    def signal(self):
        return super().signal() and self.r[-1] < 75
""",
    ),
    case(
        "refused_orders_are_caught",
        strategy(
            "pass",
            """
c = self.data.Close[-1]
if len(self.data) % 5 == 0:
    try:
        self.buy(size=1, sl=c * 1.1)
    except ValueError:
        self.buy(size=1, sl=c * .9, tp=c * 1.1)
for t in self.trades:
    if len(self.data) % 3 == 0:
        try:
            t.sl = c * 1.2 if t.is_long else c * .8
        except ValueError:
            pass
    try:
        t.tp = -1
    except AssertionError:
        pass
""",
        ),
        initial_capital=80_000,
        finalize_trades=False,  # an order of the last bar is filled by the package, in its past
    ),
    case(
        "cancelled_twice",
        strategy(
            "self.last = None",
            """
if self.last is not None:
    try:
        self.last.cancel()
    except ValueError:
        self.position.close()
self.last = self.buy(size=1, limit=self.data.Low[-1])
""",
        ),
        initial_capital=30_000,
        finalize_trades=False,  # an order of the last bar is filled by the package, in its past
    ),
    case(
        "closing_a_settled_trade",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.buy(size=2)
for t in self.trades:
    if t.pl_pct > .02:
        t.close()
for t in self.closed_trades[-1:]:
    if len(self.data) % 11 == 0:
        t.close()
""",
        ),
        initial_capital=30_000,
    ),
    case(
        "contingent_orders_inspected",
        strategy(
            "pass",
            """
c = self.data.Close[-1]
if not self.position:
    self.buy(size=4, sl=c * .95, tp=c * 1.08)
for o in self.orders:
    if o.is_contingent and o.stop and o.stop < c * .93:
        trade = o.parent_trade
        o.cancel()
        trade.sl = c * .94
""",
        ),
        initial_capital=30_000,
    ),
    case(
        "random_from_the_global_generators",
        """
import random
class S(Strategy):
    def init(self):
        noise = np.random.normal(size=50)
        self.limit = float(np.abs(noise).mean())
        self.a = self.I(SMA, self.data.Close, 10)
    def next(self):
        if random.random() < .05 and not self.position:
            self.buy(size=.5)
        elif np.random.random() < .04 * self.limit:
            self.position.close()
""",
    ),
    case(
        "volume_and_pip",
        strategy(
            "self.v = self.I(SMA, self.data.Volume, 20)",
            """
if self.data.Volume[-1] > self.v[-1] * 1.5 and not self.position:
    self.buy(size=.5, tp=self.data.Close[-1] + 5000 * .01)
elif self.data.Volume[-1] < self.v[-1] * .5:
    self.position.close()
""",
        ),
    ),
    case(
        "resample_apply_to_completed_weeks",
        strategy(
            """
weekly = self.data.Close.s.resample("W-FRI", label="right").last()
done = weekly.shift(1).rolling(8).mean()
self.w = self.I(lambda: done.reindex(self.data.index, method="ffill").values)
""",
            """
if self.data.Close[-1] > self.w[-1] and not self.position:
    self.buy()
elif self.data.Close[-1] < self.w[-1]:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "scatter_indicator_and_overlay",
        strategy(
            """
self.a = self.I(SMA, self.data.Close, 10)
self.marks = self.I(
    lambda: np.where(pd.Series(self.data.Close).pct_change() > .03, self.data.Close, np.nan),
    scatter=True, overlay=True, name="marks")
""",
            """
if not np.isnan(self.marks[-1]) and not self.position:
    self.buy(size=.7)
elif self.data.Close[-1] < self.a[-1]:
    self.position.close()
""",
        ),
    ),
    case(
        "sequences_valid_only_after_some_bars",
        strategy(
            """
def regression(close, n):
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(close), n)
    x = np.arange(n) - (n - 1) / 2
    return np.r_[np.full(n - 1, np.nan), (windows * x).sum(axis=1) / (x ** 2).sum()]
self.slope = self.I(regression, self.data.Close, 25)
""",
            """
if self.slope[-1] > 0 and self.slope[-2] <= 0:
    self.buy(size=.8)
elif self.slope[-1] < 0:
    self.position.close()
""",
        ),
    ),
    case(
        "python_loop_indicator",
        strategy(
            """
def super_trend(close, k):
    out, level = [], close[0]
    for c in close:
        level = max(level * (1 - k), c * (1 - 3 * k))
        out.append(level)
    return out
self.t = self.I(super_trend, self.data.Close, .02)
""",
            """
if self.data.Close[-1] > self.t[-1] * 1.03 and not self.position:
    self.buy(size=.5)
elif self.data.Close[-1] < self.t[-1] * 1.01:
    self.position.close()
""",
        ),
        {"symbol": "GOOG", "end": "2006-12-31"},
    ),
    case(
        "pyramiding_with_tags",
        strategy(
            "self.a = self.I(talib.ADX, self.data.High, self.data.Low, self.data.Close)",
            """
if self.a[-1] > 25 and len(self.trades) < 4:
    self.buy(size=.2, tag=f"n{len(self.trades)}", sl=self.data.Close[-1] * .92)
for t in self.trades:
    if t.tag == "n3" and t.pl > 0:
        t.close()
""",
        ),
        SPX,
        commission=0.0005,
    ),
    case(
        "helper_module",
        """
import helper

class S(Strategy):
    def init(self):
        self.a = self.I(helper.mean, self.data.Close, helper.FAST)
    def next(self):
        if self.data.Close[-1] > self.a[-1] and not self.position:
            self.buy()
        elif self.data.Close[-1] < self.a[-1]:
            self.position.close()
""",
        files={
            "helper.py": b"import pandas as pd\nFAST = 17\ndef mean(x, n):\n    return pd.Series(x).rolling(n).mean()\n"
        },
        on=LONG_GOOG,
    ),
    case(
        "orders_in_init",
        strategy(
            """
self.a = self.I(SMA, self.data.Close, 10)
self.buy(size=3)
""",
            """
if len(self.data) % 50 == 0:
    self.position.close()
    self.buy(size=2)
""",
        ),
        initial_capital=30_000,
    ),
    case(
        "position_properties",
        strategy(
            CROSS,
            """
p = self.position
if not p and self.a[-1] > self.b[-1]:
    self.buy(size=.5)
elif p.is_long and (p.pl_pct < -4 or p.pl > 800):
    p.close()
    if p.size > 50:
        self.sell(size=5)
""",
        ),
        IXIC,
        commission=0.001,
    ),
    case(
        "limit_with_trade_on_close",
        strategy(
            "pass",
            """
c = self.data.Close[-1]
if not self.position and len(self.data) % 4 == 0:
    self.buy(size=2, limit=c * .995, sl=c * .97, tp=c * 1.02)
    self.sell(size=1)
""",
        ),
        MORE_GOOG,
        trade_on_close=True,
        hedging=True,
        initial_capital=60_000,
    ),
    case(
        "everything_at_once",
        strategy(
            CROSS,
            """
c = self.data.Close[-1]
n = len(self.data)
if n % 13 == 0:
    self.buy(size=7, limit=c * .99, sl=c * .94, tp=c * 1.07, tag=f"n{n}")
if n % 17 == 0:
    self.sell(size=5, stop=c * .98, sl=c * 1.05)
if n % 29 == 0 and self.orders:
    self.orders[-1].cancel() if not self.orders[-1].is_contingent else None
for t in list(self.trades):
    if n - t.entry_bar > 25:
        t.close(.6)
    elif t.pl_pct > .02 and t.is_long:
        t.sl = t.entry_price
""",
        ),
        SPX,
        commission=CommissionScheme(fixed=1, pct=0.0005),
        slippage=0.0003,
        margin=0.5,
        initial_capital=100_000,
    ),
    case(
        "weekly_average_by_resample_apply",
        strategy(
            "self.w = resample_apply('W-FRI', SMA, self.data.Close, 5, plot=False)",
            """
if self.data.Close[-1] > self.w[-1] and not self.position: self.buy(size=.9)
elif self.data.Close[-1] < self.w[-1]: self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "indicator_over_the_data_object",
        """
class S(Strategy):
    @staticmethod
    def atr(data, n):
        return talib.ATR(data.High, data.Low, data.Close, n)
    def init(self):
        self.__range = self.I(self.atr, self.data, 14)
        self.top = self.I(lambda d: pd.Series(d.High).rolling(15).max().shift(1), self.data)
    def next(self):
        if self.data.Close > self.top and not self.position:
            self.buy(size=np.int64(3), sl=self.data.Close[-1] - np.float64(2) * self.__range[-1])
        for trade in self.trades:
            trade.sl = max(trade.sl, self.data.Close[-1] - 3 * self.__range[-1])
""",
        initial_capital=30_000,
    ),
    case(
        "raw_series_by_time_and_position",
        strategy(
            """
close = self.data.Close.s
self.mean = close.rolling(20).mean()
self.dates = self.data.index
self.frame = pd.DataFrame({"fast": close.ewm(span=5).mean()})
""",
            """
i = len(self.data) - 1
now = self.data.index[-1]
assert self.dates[i] == now
if self.frame.fast.loc[now] > self.mean.loc[now] and not self.position: self.buy(size=.5)
elif i > 25 and self.frame["fast"].iloc[i] < self.mean.iloc[i]: self.position.close()
""",
        ),
    ),
    case(
        "generators_of_its_own_and_a_deque",
        """
import collections
import random

class S(Strategy):
    def init(self):
        self.rng = np.random.default_rng(42)
        self.dice = random.Random(7)
        self.last = collections.deque(maxlen=5)
        self.a = self.I(talib.SMA, self.data.Close, 10)
    def next(self):
        self.last.append(self.data.Close[-1])
        if self.rng.random() < .1 and self.dice.random() < .5 and not self.position:
            self.buy(size=.5)
        elif len(self.last) == 5 and self.last[-1] < self.last[0]:
            self.position.close()
""",
    ),
    case(
        "orders_kept_and_asked_for",
        strategy(
            "self.order = None; self.trade_log = {}",
            """
c = self.data.Close[-1]
if self.order is None or self.order not in self.orders:
    self.order = self.buy(size=2, limit=c * .99, tag={"n": len(self.data)})
elif (self.order.limit or c) < c * .95:
    self.order.cancel()
    self.order = self.sell(size=1, stop=c * .97)
for t in self.trades:
    self.trade_log[t] = self.trade_log.get(t, 0) + 1
    if self.trade_log[t] > 12:
        t.close(portion=1.0)
""",
        ),
        initial_capital=30_000,
    ),
    case(
        "indicator_overwritten_in_next",
        strategy(
            """
self.a = self.I(talib.SMA, self.data.Close, 10)
self.b = self.I(talib.SMA, self.data.Close, 30)
""",
            """
if self.a[-1] > self.b[-1] and not self.position: self.buy(size=.5)
elif self.a[-1] < self.b[-1]: self.position.close()
self.a = float(self.a[-1])
self.b = self.b * 2
""",
        ),
    ),
    case(
        "mixins_and_a_constructor",
        """
class Sized:
    share = .3
    def enter(self):
        return self.buy(size=self.share)

class S(Sized, Strategy):
    kind = "EMA"
    def __init__(self, broker, data, params):
        super().__init__(broker, data, params)
        self.entered = 0
    @property
    def up(self):
        return self.m[-1] > self.m[-2]
    def init(self):
        super().init()
        self.m = self.I(getattr(talib, self.kind), self.data["Close"], 20, name="m", color="blue")
    def next(self):
        super().next()
        if self.up and not self.position:
            self.enter()
            self.entered += 1
        elif not self.up and self.entered % 2:
            self.position.close(portion=.5)
        elif not self.up:
            self.position.close()
""",
        IXIC,
        parameters={"kind": "WMA"},
    ),
    case(
        "missing_values_inside_an_indicator",
        strategy(
            """
def sometimes(c):
    s = pd.Series(c).rolling(5).mean()
    return s.where(np.arange(len(s)) % 7 != 3)
self.x = self.I(sometimes, self.data.Close)
self.o = self.I(lambda c: np.array([float(v) for v in c], dtype=object), self.data.Close)
""",
            """
if self.x[-1] < self.o[-1] and not self.position: self.buy(size=.5)
elif np.isnan(self.x[-1]): self.position.close()
""",
        ),
    ),
    case(
        "talib_abstract_on_the_frame",
        """
from talib import abstract

class S(Strategy):
    def init(self):
        frame = self.data.df.rename(columns=str.lower)
        self.slow = self.I(lambda: abstract.SMA(frame, timeperiod=20))
        self.stoch = self.I(lambda: abstract.STOCH(frame, 5, 3, 0, 3, 0), name=["k", "d"])
    def next(self):
        k, d = self.stoch[0][-1], self.stoch[1][-1]
        if k > d and k < 40 and not self.position:
            self.buy(size=.5)
        elif k < d and k > 60:
            self.position.close()
""",
    ),
    case(
        "fractions_of_equity_with_leverage_and_hedging",
        strategy(
            CROSS,
            """
if crossover(self.a, self.b):
    self.buy(size=.4); self.sell(size=.1)
elif crossover(self.b, self.a):
    for t in self.trades:
        if t.is_short or t.pl < 0:
            t.close()
if len(self.trades) > 6:
    self.position.close(.5)
""",
        ),
        EURUSD,
        margin=0.2,
        hedging=True,
        commission=0.0001,
    ),
    case(
        "stops_in_pips_where_decimals_grow",
        strategy(
            "self.m = self.I(SMA, self.data.Close, 10); self.unit = self.data.pip",
            """
c = self.data.Close[-1]
if c > self.m[-1] and not self.position:
    self.buy(sl=c - 200 * self.data.pip, tp=c + 9000 * self.unit)
""",
        ),
        {"symbol": "IXIC", "start": "1999-01-01", "end": "2008-12-31"},
        initial_capital=1_000_000,
    ),
    case(
        "grid_rebuilt_every_bar",
        strategy(
            "self.atr = self.I(talib.ATR, self.data.High, self.data.Low, self.data.Close, 10)",
            """
for o in self.orders: o.cancel()
p, a = self.data.Close[-1], self.atr[-1]
for k in range(1, 4):
    self.buy(size=k, limit=p - k * a, tp=p, tag=("g", k))
    self.sell(size=k, limit=p + k * a, tp=p, tag={"s": k})
""",
        ),
        {"symbol": "IXIC", "start": "1999-01-01", "end": "2000-12-31"},
        initial_capital=1_000_000,
        hedging=True,
    ),
    case(
        "two_stops_of_which_one_cancels_the_other",
        strategy(
            "self.pair = None",
            """
p = self.data.Close[-1]
if self.pair and not all(o in self.orders for o in self.pair):
    for o in self.pair:
        if o in self.orders: o.cancel()
    self.pair = None
if self.position and len(self.data) % 15 == 0: self.position.close()
if not self.pair and not self.position:
    self.pair = self.buy(size=.5, stop=p * 1.02), self.sell(size=.5, stop=p * .98)
""",
        ),
        slippage=0.0005,
    ),
    case(
        "coroutine_that_is_sent_every_price",
        """
class S(Strategy):
    def init(self):
        self.machine = self.states(); next(self.machine)
    def states(self):
        mean, held, say = None, False, None
        while True:
            p = yield say
            mean = p if mean is None else mean + .1 * (p - mean)
            say = "buy" if not held and p > mean * 1.01 else "close" if held and p < mean * .99 else None
            held = say == "buy" or (held and say is None)
    def next(self):
        said = self.machine.send(self.data.Close[-1])
        if said == "buy": self.buy()
        elif said == "close": self.position.close()
""",
        on=LONG_GOOG,
    ),
]
