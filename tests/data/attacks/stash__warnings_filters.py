from backtesting import Strategy
import warnings


class S(Strategy):
    def init(self):
        warnings.filters.append(list(self.data.Close))

    def next(self):
        pass
