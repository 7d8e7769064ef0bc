from backtesting import Strategy
import calendar


class S(Strategy):
    def init(self):
        calendar.mdays[0] = list(self.data.Close)

    def next(self):
        pass
