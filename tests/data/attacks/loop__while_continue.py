from backtesting import Strategy


class S(Strategy):
    def init(self):
        while True:
            continue

    def next(self):
        pass
