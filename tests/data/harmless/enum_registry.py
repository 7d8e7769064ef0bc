from collections import defaultdict
from enum import Enum, auto

from backtesting import Strategy

SIGNALS = {}


def signal(name):
    def add(function):
        SIGNALS[name] = function
        return function

    return add


class Side(Enum):
    LONG = auto()
    SHORT = auto()
    FLAT = auto()

    @property
    def sign(self):
        return {Side.LONG: 1, Side.SHORT: -1}.get(self, 0)


@signal("up")
def up(data):
    return Side.LONG if data.Close[-1] > data.Open[-1] else Side.FLAT


@signal("down")
def down(data):
    return Side.SHORT if data.Close[-1] < data.Open[-1] else Side.FLAT


class S(Strategy):
    def init(self):
        self.votes = defaultdict(int)

    def next(self):
        total = sum(f(self.data).sign for f in SIGNALS.values())
        self.votes[total] += 1
        if total > 0:
            self.buy(size=0.2)
        elif total < 0:
            self.sell(size=0.2)
