from backtesting.lib import SignalStrategy, TrailingStrategy
from backtesting.test import SMA
import pandas as pd


class SmaSignal(SignalStrategy, TrailingStrategy):
    n1 = 10
    n2 = 25

    def init(self):
        super().init()
        sma1 = self.I(SMA, self.data.Close, self.n1)
        sma2 = self.I(SMA, self.data.Close, self.n2)
        signal = (pd.Series(sma1) > sma2).astype(int).diff().fillna(0)
        signal = signal.replace(-1, 0)
        self.set_signal(entry_size=signal * 0.95)
        self.set_trailing_sl(2)
        self.set_atr_periods(14)

    def next(self):
        super().next()
