from backtesting import Strategy


class Lazy:
    def __init__(self, make):
        self.make = make

    def __set_name__(self, owner, name):
        self.slot = f"_{name}"

    def __get__(self, obj, kind=None):
        if obj is None:
            return self
        if not hasattr(obj, self.slot):
            setattr(obj, self.slot, self.make(obj))
        return getattr(obj, self.slot)


class S(Strategy):
    mean_close = Lazy(lambda s: sum(s.data.Close[-10:]) / 10)

    def init(self):
        pass

    def next(self):
        if self.data.Close[-1] > self.mean_close:
            self.buy()
