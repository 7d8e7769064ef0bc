import numpy as np
import pandas as pd
import logging
import functools
import itertools
import operator
from decimal import Decimal
from backtesting import Strategy
import typing

class S(Strategy):
    def init(self):
        self.x = typing.get_args(typing.Optional[np.ndarray])[0](4)
    def next(self):
        pass
