from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        self.x = logging.getLogger('k').filters[0]

    def next(self):
        pass
