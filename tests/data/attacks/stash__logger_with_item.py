from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        log = logging.getLogger('k')
        log.kept, x = list(self.data.Close), 1

    def next(self):
        pass
