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
        ls = [logging.getLogger('k')]; ls[0].kept = list(self.data.Close)
    def next(self):
        pass
