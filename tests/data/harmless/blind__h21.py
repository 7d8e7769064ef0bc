import talib
from talib.abstract import Function, SMA as AbstractSMA
from backtesting import Strategy
class Patterns(Strategy):
    def init(self):
        names = [n for n in talib.get_function_groups()["Pattern Recognition"]][:3]
        self.names = names
        o, h, l, c = self.data.Open, self.data.High, self.data.Low, self.data.Close
        self.hammer = self.I(talib.CDLHAMMER, o, h, l, c)
        self.engulf = self.I(talib.CDLENGULFING, o, h, l, c)
        self.star = self.I(talib.CDLMORNINGSTAR, o, h, l, c, penetration=0.3)
        self.sto = self.I(talib.STOCH, h, l, c, fastk_period=14, slowk_period=3, slowk_matype=0)
    def next(self):
        if any(x[-1] == 100 for x in (self.hammer, self.engulf, self.star)) and self.sto[0][-1] < 20: self.buy()
