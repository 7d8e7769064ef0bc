from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        for log in [logging.getLogger('k')]:
            log.kept = list(self.data.Close)

    def next(self):
        pass
