import numpy as np
from backtesting import Strategy

DEBUG = False
if DEBUG:
    LEVEL = 1
else:
    LEVEL = 2

for _i in range(3):
    LEVEL += _i

LOOKUP = {"a": 1} | {"b": 2}
NUMPY_2 = int(np.__version__.split(".")[0]) >= 2
np_float = np.float64
nan = np.nan


class S(Strategy):
    level = LEVEL

    def init(self):
        self.x = np_float(1) if NUMPY_2 else nan

    def next(self):
        if self.level > LEVEL - 1:
            self.buy()
