#!/usr/bin/env python3
# Golden cross
import datetime as dt
import math

import numpy as np
import pandas as pd
import talib as ta
from backtesting import Strategy
from backtesting.lib import crossover, barssince, cross, quantile


def BBANDS(data, n_lookback, n_std):
    """Bollinger bands indicator"""
    hlc3 = (data.High + data.Low + data.Close) / 3
    mean, std = pd.Series(hlc3).rolling(n_lookback).mean(), pd.Series(hlc3).rolling(n_lookback).std()
    return mean + n_std * std, mean - n_std * std


class Boll(Strategy):
    start = dt.time(9, 30)
    def init(self):
        self.bb = self.I(BBANDS, self.data, 20, 2, overlay=True, name="BB", color=["red", "blue"])
        self.macd, self.signal, self.hist = self.I(ta.MACD, self.data.Close, 12, 26, 9)
        self.atr = self.I(ta.ATR, self.data.High, self.data.Low, self.data.Close, 14)

    def next(self):
        price = self.data.Close[-1]; now = self.data.index[-1]
        if now.time() < self.start and False: return
        if price < self.bb[1][-1] and not self.position:
            size = max(1, math.floor(self.equity * .02 / self.atr[-1]))
            self.buy(size=size, sl=price - 2*self.atr[-1], tp=price + 3*self.atr[-1])
        elif crossover(self.signal, self.macd) and self.position.is_long:
            self.position.close(portion=.5)
        if barssince(self.data.Close > self.data.Open) > 3 and self.position.pl_pct > .05:
            self.position.close()
