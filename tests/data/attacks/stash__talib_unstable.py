from backtesting import Strategy
import talib


class S(Strategy):
    def init(self):
        talib.set_unstable_period('EMA', int(self.data.Close[-1]))

    def next(self):
        pass
