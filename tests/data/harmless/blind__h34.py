from backtesting import Strategy
from dataclasses import dataclass
@dataclass(eq=True, order=True)
class Zone:
    low: float
    high: float
    touches: int = 0
    def __contains__(self, p: float) -> bool: return self.low <= p <= self.high
    def merge(self, other: "Zone") -> "Zone": return Zone(min(self.low, other.low), max(self.high, other.high), self.touches + other.touches)
    @classmethod
    def around(cls, p: float, width: float = .01): return cls(p * (1 - width), p * (1 + width))
class SupportResistance(Strategy):
    def init(self): self.zones: list[Zone] = []
    def next(self):
        p = self.data.Close[-1]
        hit = next((z for z in self.zones if p in z), None)
        if hit is None: self.zones.append(Zone.around(p))
        else:
            hit.touches += 1
            if hit.touches > 3: self.buy(sl=hit.low * .99)
        self.zones = sorted(self.zones, reverse=True)[:20]
