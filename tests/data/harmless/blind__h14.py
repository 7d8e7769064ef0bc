# strategy with non-English comments: Стратегия пересечения, 移動平均, façade
from backtesting import Strategy
class Überkreuz(Strategy):
    schnell = 5
    langsam = 20
    def init(self):
        self.größe = 0.5
        self.naïve = "“ja”"
    def next(self):
        preis = self.data.Close[-1]
        if preis > sum(self.data.Close[-self.langsam:]) / self.langsam: self.buy(size=self.größe)
