import datetime
from backtesting import Strategy
class Turnaround(Strategy):
    day = 1
    def init(self): self.first = self.data.index[0]
    def next(self):
        ts = self.data.index[-1]
        d = datetime.date(ts.year, ts.month, ts.day)
        if d.isoweekday() == self.day and not self.position: self.buy()
        elif (ts - self.first) % datetime.timedelta(days=7) == datetime.timedelta(0): self.position.close()
        self.stamp = f"{ts:%Y-%m-%d} {d:%a} {datetime.datetime.combine(d, datetime.time.min).isoformat()}"
