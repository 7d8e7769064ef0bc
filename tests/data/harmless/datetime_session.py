import datetime as dt
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from backtesting import Strategy

NY = ZoneInfo("America/New_York")
OPEN = time(9, 30)


class S(Strategy):
    def init(self):
        self.start = dt.datetime(2020, 1, 1)
        self.holidays = {date(2020, 12, 25), date(2021, 1, 1)}

    def next(self):
        now = self.data.index[-1]
        if now.weekday() == 4 or now.date() in self.holidays:
            self.position.close()
        elif now - timedelta(days=5) > datetime(2020, 1, 6) and now.time() >= time(0, 0):
            self.buy()
        self.stamp = now.strftime("%Y-%m-%d") + now.isoformat()
        self.utc = timezone.utc
