from backtesting import Strategy


def make_stop(mult):
    count = 0

    def stop(price):
        nonlocal count
        count += 1

        def inner(x):
            return x * mult
        return price - inner(count)
    return stop


TRADES = 0


class S(Strategy):
    def init(self):
        self.stop = make_stop(0.5)

    def next(self):
        global TRADES
        TRADES += 1
        if not self.position:
            self.buy(sl=self.stop(self.data.Close[-1]))
