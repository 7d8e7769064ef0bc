from backtesting import Strategy


class S(Strategy):
    def init(self):
        while 'a' in 'abc':
            pass

    def next(self):
        pass
