from backtesting import Strategy
class Levels:
    def __init__(self, vals): self.__vals = list(vals); self._cursor = 0
    def __iter__(self): self._cursor = 0; return self
    def __next__(self):
        if self._cursor >= len(self.__vals): raise StopIteration
        self._cursor += 1
        return self.__vals[self._cursor - 1]
    def __eq__(self, other): return isinstance(other, Levels) and self.__vals == other.__vals
class S(Strategy):
    def init(self): self.levels = Levels([1, 2, 3])
    def next(self):
        if sum(self.levels) > 5 and self.levels == Levels((1, 2, 3)): self.buy()
