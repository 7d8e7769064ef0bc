import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
@functools.singledispatch
def f(x):
    return x
f.register(np.ndarray)(lambda x: 1)

class S(Strategy):
    def init(self):
        self.x = list(f.registry)[1](4)
    def next(self):
        pass
