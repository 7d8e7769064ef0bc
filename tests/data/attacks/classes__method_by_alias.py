import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
class E:
    def f(self):
        return type(self)(4, 'i8', np.zeros(1), -64)
F = E

class S(Strategy):
    def init(self):
        self.x = F.f(np.zeros(1))
    def next(self):
        pass
