from backtesting import Strategy
class S(Strategy):
    def init(self):
        del self._broker
    def next(self):
        pass
