from collections import namedtuple, ChainMap, Counter
from typing import NamedTuple
from backtesting import Strategy
Bar = namedtuple("Bar", ["open", "high", "low", "close", "volume"], defaults=(0,))
class Pivot(NamedTuple):
    i: int
    price: float
    kind: str = "high"
    @property
    def is_high(self) -> bool: return self.kind == "high"
class S(Strategy):
    def init(self): self.cfg = ChainMap({"a": 1}, {"a": 2, "b": 3})
    def bar(self): return Bar(*(x[-1] for x in (self.data.Open, self.data.High, self.data.Low, self.data.Close)))
    def next(self):
        b = self.bar()._replace(volume=self.data.Volume[-1])
        p = Pivot(len(self.data), b.high)
        if p.is_high and b.open < b.close and Bar._fields and b._asdict()["volume"] > 0: self.buy()
