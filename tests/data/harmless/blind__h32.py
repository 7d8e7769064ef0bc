from zoneinfo import ZoneInfo
import calendar
from datetime import datetime as dt
from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.tz = ZoneInfo("UTC")
        self.cal = calendar.monthrange(2020, 2)[1]
        self.cut = dt(2010, 1, 1, tzinfo=self.tz)
        self.parsed = dt.strptime("2010-01-01", "%Y-%m-%d")
    def next(self):
        ts = self.data.index[-1].to_pydatetime().replace(tzinfo=self.tz)
        third_friday = max(w[calendar.FRIDAY] for w in calendar.monthcalendar(ts.year, ts.month)[:3])
        if ts > self.cut and ts.day == third_friday: self.buy()
