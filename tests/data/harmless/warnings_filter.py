import warnings
warnings.filterwarnings("ignore", category=RuntimeWarning)

import numpy as np
import pandas as pd
from backtesting import Strategy

pd.set_option("display.max_rows", 20)
pd.set_option("mode.copy_on_write", True)
pd.options.display.float_format = "{:.2f}".format
pd.options.mode.chained_assignment = None
np.seterr(all="ignore")
np.set_printoptions(precision=3, suppress=True)


class S(Strategy):
    def init(self):
        pass

    def next(self):
        if self.data.Close[-1] > self.data.Open[-1]:
            self.buy()
