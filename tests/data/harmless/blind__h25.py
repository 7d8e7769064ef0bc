from backtesting import Strategy
class Params:
    fast = 12
    slow = 26
    @classmethod
    def items(cls): return ((k, v) for k, v in (("fast", cls.fast), ("slow", cls.slow)))
    def __iter__(self): return iter(self.items())
    def __len__(self): return 2
    def __contains__(self, k): return k in dict(self.items())
    def __getitem__(self, k): return dict(self.items())[k]
class S(Strategy):
    def init(self):
        p = Params()
        for k, v in p: setattr(self, "p_" + k, v)
    def next(self):
        if self.p_fast < self.p_slow: self.buy()
