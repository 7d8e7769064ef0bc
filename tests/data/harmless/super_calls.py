from backtesting import Strategy


class Base(Strategy):
    risk = 0.02

    def init(self):
        super().init()
        self.entries = 0

    def next(self):
        super().next()

    def _size(self):
        return self.risk

    def __repr__(self):
        return f"<{type(self).__name__} risk={self.risk:.1%}>"


class Breakout(Base):
    lookback = 20

    def init(self):
        super().init()
        self.high = self.I(lambda x: x, self.data.High)

    def next(self):
        super().next()
        if self.data.Close[-1] > max(self.data.High[-self.lookback - 1:-1]):
            self.buy(size=super()._size())
            self.entries += 1
