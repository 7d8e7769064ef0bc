from typing import Callable, Dict
from backtesting import Strategy

REGISTRY: Dict[str, Callable] = {}

def register(name):
    def wrap(fn):
        REGISTRY[name] = fn
        fn.label = name
        return fn
    return wrap

@register("sma")
def sma(x, n=10):
    return sum(x[-n:]) / n

@register("max")
def highest(x, n=10):
    return max(x[-n:])

class Plug(Strategy):
    kind = "sma"
    def init(self):
        self.fn = REGISTRY[self.kind]
    def next(self):
        if self.data.Close[-1] > self.fn(self.data.Close) and self.fn.__name__ != self.fn.label:
            self.buy()
