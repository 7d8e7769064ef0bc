import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
def log():
    return logging.getLogger('k')

class S(Strategy):
    def init(self):
        log().kept = list(self.data.Close)
    def next(self):
        pass
