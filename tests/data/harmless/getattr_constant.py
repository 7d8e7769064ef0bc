from backtesting import Strategy
import talib


class S(Strategy):
    n1 = 10

    def init(self):
        for n in (5, 10, 20):
            setattr(self, f"sma_{n}", self.I(talib.SMA, self.data.Close, n))
        self.period = getattr(self, "n1", 14)
        self.flag = hasattr(self, "_missing")
        for name in ("fast", "slow"):
            setattr(self, name, 1)

    def next(self):
        if getattr(self, f"sma_{5}")[-1] > self.sma_20[-1] and getattr(self, "sma_" + str(10))[-1]:
            self.buy()
