from backtesting import Strategy
class S(Strategy):
    def _broker(self):
        return None
    def init(self):
        pass
    def next(self):
        pass
