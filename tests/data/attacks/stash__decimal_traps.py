import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
import decimal

class S(Strategy):
    def init(self):
        decimal.getcontext().traps[decimal.Inexact] = True
    def next(self):
        pass
