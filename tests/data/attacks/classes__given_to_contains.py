import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
class E:
    def __contains__(self, o):
        self.x = o(4, 'i8', np.zeros(1), -64)
        return True

class S(Strategy):
    def init(self):
        self.x = type(np.zeros(1)) in E()
    def next(self):
        pass
