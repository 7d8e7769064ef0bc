from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        self.log = logging.getLogger('k')
        self.log.kept = list(self.data.Close)

    def next(self):
        pass
