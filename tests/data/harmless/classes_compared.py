import numpy as np
import pandas as pd
from backtesting import Strategy

SCALES = {int: 1, float: 2, np.float64: 3}


class Level:
    STEP = 2

    def __init__(self, price):
        self.price = price

    def __eq__(self, other):
        return type(other) is type(self) and self.price == other.price

    def __hash__(self):
        return hash((type(self), self.price))

    def raised(self):
        return type(self)(self.price + type(self).STEP)


class S(Strategy):
    def init(self):
        kind = type(self.data.Close)
        self.name = kind.__name__
        if kind not in (list, pd.Series) or not kind:
            print("an array of kind", kind, f"{type(self.data)!r}", "%s" % type(self.data))
        self.scale = SCALES[type(self.data.Close[-1])]
        self.level = Level(10).raised()

    def next(self):
        if type(self.data.Close[-1]) in (int, float, np.float64) and self.level == Level(12):
            self.buy()
        assert type(self.orders) != str, type(self.orders).__name__
