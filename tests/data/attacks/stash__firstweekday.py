from backtesting import Strategy
import calendar


class S(Strategy):
    def init(self):
        calendar.setfirstweekday(int(self.data.Close[-1]) % 7)

    def next(self):
        pass
