from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        log = logging.getLogger('k')
        log.kept = list(self.data.Close)

    def next(self):
        pass
