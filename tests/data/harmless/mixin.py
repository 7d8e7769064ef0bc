from abc import ABC, abstractmethod

from backtesting import Strategy


class Sizing:
    base = 0.5
    max_size = 0.95

    def fraction(self):
        return min(self.base, self.max_size)


class Base(Sizing, Strategy):
    def init(self):
        super().init()

    def buy_fraction(self, **kwargs):
        return self.buy(size=self.fraction(), **kwargs)


class S(Base):
    def init(self):
        super().init()
        self.data_frame = self.data.df

    def buy(self, *, size=0.5, **kwargs):
        return super().buy(size=size, **kwargs)

    def next(self):
        if not self.position:
            self.buy_fraction()
