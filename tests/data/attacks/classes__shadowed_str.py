import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
def str(k):
    return k(4, 'i8', np.zeros(1), -64)

class S(Strategy):
    def init(self):
        self.x = str(type(np.zeros(1)))
    def next(self):
        pass
