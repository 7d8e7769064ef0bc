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
        LOG.addFilter(lambda r, v=list(self.data.Close): v)
    def next(self):
        pass
