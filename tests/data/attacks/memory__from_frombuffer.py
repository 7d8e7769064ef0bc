from backtesting import Strategy
from numpy import frombuffer


class S(Strategy):
    def init(self):
        self.a = frombuffer(bytearray(8), 'i8')

    def next(self):
        pass
