from backtesting import Strategy

body = lambda open, close: abs(close - open)
ranges = [high - low for high, low in zip([1, 2], [0, 1])]
opens = {open: close for open, close in [(1, 2)]}


class S(Strategy):
    def init(self):
        self.body = self.I(lambda open, close: close - open, self.data.Open, self.data.Close)

    def next(self):
        if body(self.data.Open[-1], self.data.Close[-1]) > 1:
            self.buy()
