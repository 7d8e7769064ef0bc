import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
import talib.abstract

class S(Strategy):
    def init(self):
        talib.abstract.SMA.set_parameters({'timeperiod': int(self.data.Close[-1])}); self.x = talib.abstract.SMA.parameters
    def next(self):
        pass
