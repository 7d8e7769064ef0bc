from backtesting import Strategy


class Skip(Exception):
    def __init__(self, bar):
        super().__init__(bar)
        self.bar = bar


class S(Strategy):
    def init(self):
        self.skipped = []

    def check(self):
        if self.data.Close[-1] < 1:
            error = Skip(len(self.data))
            error.note = "low"
            raise error

    def next(self):
        try:
            self.check()
            self.buy()
        except Skip as error:
            self.skipped.append((type(error).__name__, error.bar))
        except (ValueError, ZeroDivisionError) as error:
            print(type(error), error)
