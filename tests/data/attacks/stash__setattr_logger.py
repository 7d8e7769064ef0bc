from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        setattr(logging.getLogger('k'), 'kept', list(self.data.Close))

    def next(self):
        pass
