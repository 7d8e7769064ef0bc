import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
import warnings

class S(Strategy):
    def init(self):
        warnings.filterwarnings('ignore', message=str(list(self.data.Close)))
    def next(self):
        pass
