import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
class E:
    def __ror__(self, o):
        return o(4, 'i8', np.zeros(1), -64)

class S(Strategy):
    def init(self):
        self.x = type(np.zeros(1)) | E()
    def next(self):
        pass
