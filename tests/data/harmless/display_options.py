import warnings

import numpy as np
import pandas as pd
from backtesting import Strategy

warnings.filterwarnings("ignore", category=FutureWarning)
warnings.simplefilter("ignore")
pd.set_option("display.max_rows", 500, "display.width", 1000)
pd.set_option("display.max_columns", None)
pd.set_option("display.float_format", lambda x: "%.3f" % x)
pd.set_option("mode.chained_assignment", None)
pd.options.mode.copy_on_write = True
pd.options.display.float_format = "{:.2f}".format
pd.options.display.precision = 4
np.set_printoptions(precision=4, suppress=True, linewidth=np.inf)
np.seterr(divide="ignore", invalid="ignore")
OLD = np.seterr(all="ignore")
np.seterr(**OLD)


class S(Strategy):
    def init(self):
        with np.errstate(divide="ignore", invalid="ignore"):
            self.ratio = self.I(lambda c: np.log(c) / np.sqrt(c), self.data.Close)
        with pd.option_context("display.max_rows", 10):
            pass
        with np.printoptions(precision=2):
            pass

    @np.errstate(all="ignore")
    def score(self):
        return np.float64(1) / self.data.Close[-1]

    def next(self):
        if self.score() > 0:
            self.buy()
