from backtesting import Strategy
import logging


class S(Strategy):
    def init(self):
        logging.getLogger('k').getChild('x').kept = list(self.data.Close)

    def next(self):
        pass
