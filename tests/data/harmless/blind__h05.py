import math
from backtesting import Strategy
class VolTarget(Strategy):
    target = 0.15
    window = 20
    def init(self): pass
    def realised(self):
        c = self.data.Close[-self.window - 1:]
        r = [math.log(b / a) for a, b in zip(c[:-1], c[1:])]
        if len(r) < 2: return None
        mu = sum(r) / len(r)
        return math.sqrt(sum((x - mu) ** 2 for x in r) / (len(r) - 1) * 252)
    def next(self):
        if (vol := self.realised()) is None or vol == 0: return
        w = round(min(.99, self.target / vol), 2)
        if not self.position and w > 0: self.buy(size=w)
        elif self.position and len(self.data) % 21 == 0: self.position.close()
