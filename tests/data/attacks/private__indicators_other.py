from backtesting import Strategy
class S(Strategy):
    def init(self):
        self._indicators.clear()
    def next(self):
        pass
