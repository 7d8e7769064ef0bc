import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy

class S(Strategy):
    def init(self):
        self.x = functools.partial(type(np.zeros(1)), 4)()
    def next(self):
        pass
