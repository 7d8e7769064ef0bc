from backtesting import Strategy
from copy import deepcopy
class Memento:
    def __init__(self, **state): self.__dict = deepcopy(state)
    def __getitem__(self, k): return self.__dict[k]
    def __setitem__(self, k, v): self.__dict[k] = v
    def __len__(self): return len(self.__dict)
    def items(self): return self.__dict.items()
class S(Strategy):
    def init(self): self.m = Memento(high=0.0, low=float("inf"))
    def next(self):
        self.m["high"] = max(self.m["high"], self.data.High[-1]); self.m["low"] = min(self.m["low"], self.data.Low[-1])
        if self.data.Close[-1] == self.m["high"] and len(self.m) == 2: self.buy()
