import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
LOG = logging.getLogger('k')

class S(Strategy):
    def init(self):
        LOG.addHandler(logging.NullHandler(len(self.data.Close)))
    def next(self):
        pass
