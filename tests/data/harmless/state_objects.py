from dataclasses import dataclass, field
from types import SimpleNamespace

from backtesting import Strategy


@dataclass
class Leg:
    state: str = "flat"
    data: list = field(default_factory=list)
    shape: tuple = ()
    stop: float = 0.0


class Node:
    def __init__(self, data):
        self.data = data
        self.next = None


class Machine:
    def __init__(self):
        self.state = "idle"

    def set_state(self, state):
        self.state = state


def walk(node, legs):
    node.data = 1
    for leg in legs:
        leg.state = "open"
        leg.stop = 1.0
    return node


class S(Strategy):
    def init(self):
        self.legs = [Leg(), Leg("long")]
        self.machine = Machine()
        self.ns = SimpleNamespace(count=0)
        self.node = Node(0)

    def next(self):
        self.machine.set_state("long")
        self.machine.state = "short"
        self.ns.count += 1
        self.ns.last = self.data.Close[-1]
        walk(self.node, self.legs)
        self.legs[0].state = "done"
        for trade in self.trades:
            trade.sl = max(trade.sl or 0, self.data.Close[-1] * 0.9)
            trade.tp = None
        if not self.position:
            self.buy()
