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
        self.x = pd.Series(self.data.Close).rolling(5, win_type='__builtins__').mean()
    def next(self):
        pass
