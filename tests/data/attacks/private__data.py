from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.future = self._data
    def next(self):
        pass
