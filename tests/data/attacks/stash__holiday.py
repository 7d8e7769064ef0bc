from backtesting import Strategy
from pandas.tseries.holiday import AbstractHolidayCalendar, get_calendar
class K(AbstractHolidayCalendar):
    rules = []
    kept = []


class S(Strategy):
    def init(self):
        self.x = get_calendar('K').kept

    def next(self):
        pass
