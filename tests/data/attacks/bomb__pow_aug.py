from backtesting import Strategy


class S(Strategy):
    def init(self):
        x = 7
        x **= 10**9

    def next(self):
        pass
