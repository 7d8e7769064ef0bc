from backtesting import Strategy


class S(Strategy):
    def init(self):
        while f'a':
            pass

    def next(self):
        pass
