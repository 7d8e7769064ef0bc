from backtesting import Strategy
from calendar import mdays


class S(Strategy):
    def init(self):
        mdays.append(list(self.data.Close))

    def next(self):
        pass
