from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        (log := logging.getLogger('k')).kept = list(self.data.Close)

    def next(self):
        pass
