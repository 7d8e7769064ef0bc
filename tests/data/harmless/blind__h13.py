import statistics
from itertools import islice, tee
from backtesting import Strategy
def windowed(it, n):
    its = tee(it, n)
    for i, x in enumerate(its): next(islice(x, i, i), None)
    return zip(*its)
class S(Strategy):
    def init(self): self.med = []
    def next(self):
        last = list(self.data.Close[-10:])
        self.med = [statistics.median(w) for w in windowed(last, 3)]
        try:
            q1, *_, q3 = statistics.quantiles(last, n=4)
        except statistics.StatisticsError:
            return
        if last[-1] < q1: self.buy()
        elif last[-1] > q3 and self.position: self.position.close(.5)
