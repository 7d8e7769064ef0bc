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
        logging.getLogger('k').setLevel(level=int(self.data.Close[-1]))
    def next(self):
        pass
