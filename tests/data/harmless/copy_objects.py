import copy

from backtesting import Strategy


class Config:
    def __init__(self, **kw):
        for key, value in kw.items():
            setattr(self, "opt_" + key, value)

    def clone(self):
        new = type(self)()
        new.opt_n = getattr(self, "opt_n", 1)
        return copy.deepcopy(new)

    def same(self, other):
        return type(self) is type(other) and isinstance(other, type(self))


class S(Strategy):
    def init(self):
        self.config = Config(n=3).clone()
        kind = type(self.config)
        self.kind = kind.__name__

    def next(self):
        if self.config.same(Config()):
            self.buy()
