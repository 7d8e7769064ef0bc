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
        
        try:
            raise ValueError(type(np.zeros(1)))
        except ValueError as e:
            self.x = e.args[0](4, 'i8', np.zeros(1), -64)
    def next(self):
        pass
