from backtesting import Strategy


def typical(open, high, low, close):
    return (open + high + low + close) / 4


class S(Strategy):
    def init(self):
        self.tp = self.I(typical, self.data.Open, self.data.High, self.data.Low, self.data.Close)

    def next(self):
        open = self.data.Open[-1]
        close = self.data.Close[-1]
        input = close - open
        vars = {"open": open, "close": close}
        dir = 1 if input > 0 else -1
        for compile in (1, 2):
            dir *= compile
        if vars["close"] > open and dir > 0:
            self.buy()
