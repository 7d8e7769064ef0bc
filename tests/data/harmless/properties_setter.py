from functools import cached_property

from backtesting import Strategy


class S(Strategy):
    def init(self):
        self._risk = 0.02
        self._trail = None

    @property
    def risk(self):
        return self._risk

    @risk.setter
    def risk(self, value):
        self._risk = min(max(value, 0.0), 0.1)

    @risk.deleter
    def risk(self):
        self._risk = 0.0

    @cached_property
    def history(self):
        return []

    @classmethod
    def named(cls):
        return cls.__name__

    def next(self):
        self.risk = 0.05
        self.history.append(self.equity)
        if not self.position:
            self.buy(size=0.5, sl=self.data.Close[-1] * (1 - self.risk))
