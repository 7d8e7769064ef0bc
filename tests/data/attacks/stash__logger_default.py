import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
def f(l=logging.getLogger('k')):
    l.kept = 5

class S(Strategy):
    def init(self):
        f()
    def next(self):
        pass
