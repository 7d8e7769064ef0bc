from backtesting import Strategy
from talib import abstract


class S(Strategy):
    def init(self):
        abstract.SMA.set_input_arrays({'close': self.data.Close})

    def next(self):
        pass
