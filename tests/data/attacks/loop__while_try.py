from backtesting import Strategy


class S(Strategy):
    def init(self):
        while True:
            try:
                self.buy()
            except Exception:
                pass

    def next(self):
        pass
