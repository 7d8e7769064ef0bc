import pandas as pd
from backtesting import Strategy
from backtesting.lib import OHLCV_AGG, TRADES_AGG, resample_apply

WEEKLY = dict(OHLCV_AGG)
MONTHLY = {**OHLCV_AGG, "Volume": "sum"}
BOTH = OHLCV_AGG | {"Turnover": "sum"}
COLUMNS = list(OHLCV_AGG)


class S(Strategy):
    def init(self):
        weekly = self.data.df.resample("W").agg(OHLCV_AGG).dropna()
        self.n = len(weekly)
        self.high = OHLCV_AGG["High"]
        self.names = [name for name in OHLCV_AGG if name in COLUMNS]
        for name, how in OHLCV_AGG.items():
            MONTHLY[name] = how
        self.sma = resample_apply("W-FRI", lambda c: pd.Series(c).rolling(5).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.sma[-1]:
            self.buy()
