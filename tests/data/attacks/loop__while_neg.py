from backtesting import Strategy


class S(Strategy):
    def init(self):
        while -1:
            pass

    def next(self):
        pass
