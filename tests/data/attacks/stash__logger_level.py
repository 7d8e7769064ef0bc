from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        logging.getLogger('k').level = int(self.data.Close[-1])

    def next(self):
        pass
