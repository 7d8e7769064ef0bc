from backtesting import Strategy


class Counter:
    total = 0

    def __init__(self):
        type(self).total += 1
        self.name = type(self).__name__

    def clone(self):
        return self.__class__()

    def same(self, other):
        return self.__class__ is other.__class__ or type(other) is type(self)

    def __repr__(self):
        return f"{self.__class__.__qualname__}({self.total})"


class S(Strategy):
    def init(self):
        self.counter = Counter().clone()

    def next(self):
        try:
            self.buy(size=2)
        except (ValueError, AssertionError) as e:
            self.error = f"{type(e).__name__}: {e} {e.args!r} {e.__class__.__name__}"
