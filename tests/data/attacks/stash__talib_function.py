from backtesting import Strategy
from talib.abstract import Function


class S(Strategy):
    def init(self):
        f = Function('SMA')
        f.parameters = {'timeperiod': int(self.data.Close[-1])}

    def next(self):
        pass
