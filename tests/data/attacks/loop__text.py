from backtesting import Strategy


class S(Strategy):
    def init(self):
        while 'go':
            pass

    def next(self):
        pass
