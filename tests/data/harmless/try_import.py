from backtesting import Strategy

try:
    import talib
except ImportError:
    talib = None

try:
    from numpy import bool_
except ImportError:
    bool_ = bool


class S(Strategy):
    def init(self):
        if talib is not None:
            self.ma = self.I(talib.SMA, self.data.Close, 20)
        else:
            self.ma = self.data.Close
        self.kind = bool_

    def next(self):
        if talib and self.data.Close[-1] > self.ma[-1]:
            self.buy()
