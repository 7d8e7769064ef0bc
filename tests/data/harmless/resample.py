import pandas as pd
from backtesting import Strategy
from backtesting.lib import OHLCV_AGG, resample_apply
from backtesting.test import SMA


class S(Strategy):
    def init(self):
        self.weekly = resample_apply("W-FRI", SMA, self.data.Close, 10)
        self.daily = resample_apply("D", SMA, self.data.Close, 10, agg="last")
        monthly = self.data.df.resample("ME", label="right").agg(OHLCV_AGG).dropna()
        weekly = self.data.df.resample("W").agg({
            "Open": "first", "High": "max", "Low": "min", "Close": "last", "Volume": "sum",
        })
        self.width = len(monthly) + len(weekly)
        self.trend = self.data.Close.s.resample("2D").last().ffill().reindex(self.data.index, method="ffill")

    def next(self):
        if self.weekly[-1] > self.daily[-1]:
            self.buy()
