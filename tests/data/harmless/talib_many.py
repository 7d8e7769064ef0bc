import talib
from talib import MA_Type, abstract
from backtesting import Strategy


class S(Strategy):
    n = 14

    def init(self):
        h, l, c, v = self.data.High, self.data.Low, self.data.Close, self.data.Volume
        self.rsi = self.I(talib.RSI, c, timeperiod=self.n)
        self.atr = self.I(talib.ATR, h, l, c, self.n)
        self.up, self.mid, self.low = self.I(talib.BBANDS, c, 20, 2, 2, MA_Type.EMA)
        self.adx = self.I(talib.ADX, h, l, c, self.n)
        self.obv = self.I(talib.OBV, c, v.astype(float))
        self.doji = self.I(talib.CDLDOJI, self.data.Open, h, l, c)
        self.ema = self.I(abstract.EMA, c, 10)
        self.mom = self.I(getattr(talib, "MOM"), c, 10)

    def next(self):
        if self.rsi[-1] < 30 and self.adx[-1] > 20:
            self.buy(sl=self.data.Close[-1] - 2 * self.atr[-1])
        elif self.rsi[-1] > 70:
            self.position.close()
