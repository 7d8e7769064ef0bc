from enum import IntFlag, Flag, unique, auto
from backtesting import Strategy
class Filter(IntFlag):
    NONE = 0
    TREND = auto()
    VOLUME = auto()
    ALL = TREND | VOLUME
class S(Strategy):
    need = Filter.ALL
    def flags(self):
        f = Filter.NONE
        if self.data.Close[-1] > self.data.Close[-2]: f |= Filter.TREND
        if self.data.Volume[-1] > self.data.Volume[-2]: f |= Filter.VOLUME
        return f
    def init(self): self.names = [m.name for m in Filter]
    def next(self):
        if self.need in self.flags() and self.flags() & Filter.TREND: self.buy()
