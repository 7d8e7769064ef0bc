import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
import collections.abc

class S(Strategy):
    def init(self):
        collections.abc.Sized.register(S)
    def next(self):
        pass
