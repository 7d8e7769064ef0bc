from dataclasses import dataclass
from backtesting import Strategy


@dataclass
class Signal:
    side: str
    strength: float


class S(Strategy):
    def init(self):
        self.queue = []

    def decide(self):
        change = self.data.Close[-1] - self.data.Close[-2]
        match change:
            case 0:
                return None
            case float() | int() if change > 1:
                return Signal("long", change)
            case x if x < -1:
                return Signal(side="short", strength=-x)
            case _:
                return {"kind": "flat", "change": change}

    def next(self):
        match self.decide():
            case Signal(side="long", strength=s) if s > 2:
                self.buy()
            case Signal("short", _):
                self.sell()
            case {"kind": "flat", **rest}:
                self.queue.append(rest)
            case [first, *others]:
                self.queue.extend([first, others])
            case None:
                pass
